/**
 * The prices that a call is bounded and charged by: those of its model, of guardrail units, of a
 * prompt router's own fee, and of capacity that was paid before.
 */
import {
  GUARDRAIL_MODEL_ID,
  TOKEN_CLASSES,
  unitPrice,
  type PriceBook,
  type PriceScope,
  type RateCard,
  type TokenClass,
  type UnitPrice,
} from '@tollkeeper/core';

/** The tier that every other may fall back to. */
export const BASE_TIER = 'standard';

/** Under this model id an operator may set what one request through a prompt router costs. */
export const ROUTER_MODEL_ID = 'amazon.bedrock-prompt-router';
/** The unit of that fee; AWS's list states no price for it that is sourced here. */
export const ROUTER_UNIT = 'prompt_router_request';

/** What chooses prices beside the model. */
export interface PriceMoment {
  readonly book: PriceBook;
  readonly region: string;
  /** Moment of dispatch, milliseconds since the epoch. */
  readonly at: number;
  readonly org_id: string;
}

/** The prices of a model in a tier, or undefined when there are none. */
export function modelCard(
  { book, region, at, org_id }: PriceMoment,
  model_id: string,
  scope: PriceScope,
  tier: string,
): RateCard | undefined {
  return book.rateCard({ model_id, region, scope, tier, at, org_id });
}

/**
 * Every card by which a call may come to be priced: that of the tier asked for, and the standard
 * one, to which AWS may fall back. No card for the tier asked for: no price.
 */
export function cardsOf(
  moment: PriceMoment,
  modelId: string,
  scope: PriceScope,
  tier: string,
): readonly RateCard[] {
  const asked = modelCard(moment, modelId, scope, tier);
  if (asked === undefined) return [];
  if (tier === BASE_TIER) return [asked];
  const base = modelCard(moment, modelId, scope, BASE_TIER);
  return base === undefined ? [asked] : [asked, base];
}

/** The prices of guardrail units. */
export function guardrailCard(moment: PriceMoment): RateCard | undefined {
  return modelCard(moment, GUARDRAIL_MODEL_ID, 'in_region', BASE_TIER);
}

/** The price of one request through a prompt router. */
export function routerCard(moment: PriceMoment): RateCard | undefined {
  return modelCard(moment, ROUTER_MODEL_ID, 'in_region', BASE_TIER);
}

/**
 * The prices of capacity that is paid by the hour: what the operator set for the ARN (for every
 * tier that has no price of its own: the caller names the tier), else nothing for one more call.
 * Its lines state a unit price of 0, so that they are told from lines without a price.
 */
export function marginalCard(moment: PriceMoment, arn: string, tier: string): RateCard {
  const stated =
    modelCard(moment, arn, 'in_region', tier) ?? modelCard(moment, arn, 'in_region', BASE_TIER);
  if (stated !== undefined) return stated;
  return {
    model_id: arn,
    region: moment.region,
    scope: 'in_region',
    tier,
    price_version: moment.book.version,
    valid_from: 0,
    valid_until: Infinity,
    bands: FREE_BANDS,
    units: EVERY_UNIT_FREE,
    unit_bands: new Map(),
    priced: new Set(TOKEN_CLASSES),
    dearest: FREE,
  };
}

const FREE: UnitPrice = unitPrice('0', 1);
const FREE_BANDS: RateCard['bands'] = [
  {
    up_to: Infinity,
    prices: Object.fromEntries(TOKEN_CLASSES.map((name) => [name, FREE])) as Record<
      TokenClass,
      UnitPrice
    >,
  },
];

/** Has a price for every unit, whatever it is called. */
class EveryUnitFree extends Map<string, UnitPrice> {
  override get(): UnitPrice {
    return FREE;
  }
}
const EVERY_UNIT_FREE: ReadonlyMap<string, UnitPrice> = new EveryUnitFree();
