/**
 * The part of the bound that is not tokens: named units at the dearest price that each can fall
 * into. A unit without a price is never free.
 */
import type { PicoUsd } from '../money/pico.ts';
import type { UnitPrice } from '../money/unit-price.ts';
import { amountAtMost } from '../money/unit-price.ts';
import type { Bound } from './bound.ts';
import type { RateCard } from './rate-card.ts';
import type { RequestShape } from './request-shape.ts';
import { dearestOfUnit, isGuardrailUnit } from './units.ts';

/**
 * The bound of a request that is billed in units alone: an image, a rerank, or the guardrail calls,
 * for which `cards` is the one card of `GUARDRAIL_MODEL_ID`. It holds no tokens. A request without
 * any unit is not free: what it would be billed for could not be told.
 */
export function boundOfUnits(
  units: RequestShape['units'],
  modelId: string,
  cards: readonly RateCard[],
  unitCard?: RateCard,
): Bound {
  if (cards.length === 0) return { kind: 'unpriced', message: noPriceFor(modelId) };
  const unpriced = unitWithoutPrice(units, modelId, cards, unitCard);
  if (unpriced !== null) return { kind: 'unpriced', message: unpriced };
  if (units === undefined || !Object.values(units).some((quantity) => quantity > 0)) {
    return { kind: 'unbounded', ...NO_UNITS };
  }
  const lines = cards.map((card) => ({ prompt: unitsCost(units, card, unitCard), output: null }));
  let usd = 0n;
  for (const { prompt } of lines) if (prompt > usd) usd = prompt;
  return {
    kind: 'bounded',
    input_tokens: 0,
    output_tokens: 0,
    amounts: { usd, tokens: 0n, requests: 1n },
    capped: false,
    max_output_tokens: null,
    lines,
  };
}

const NO_UNITS = Object.freeze({
  reason: 'no_units',
  message:
    'The body does not tell how many images, search units or other billed units this request ' +
    'causes, so its cost cannot be bounded.',
});

/** What is said where a model has no price at all. */
export function noPriceFor(modelId: string): string {
  return `There is no price for ${modelId} here.`;
}

/** Why a unit cannot be priced on one of the cards, or null when all can. */
export function unitWithoutPrice(
  units: RequestShape['units'],
  modelId: string,
  cards: readonly RateCard[],
  unitCard: RateCard | undefined,
): string | null {
  if (units === undefined) return null;
  for (const card of cards) {
    for (const [unit, quantity] of Object.entries(units)) {
      if (quantity === 0 || unitPriceAtMost(unit, card, unitCard) !== null) continue;
      return `There is no price for ${unit} with ${modelId} in tier ${card.tier}.`;
    }
  }
  return null;
}

function unitPriceAtMost(
  unit: string,
  card: RateCard,
  unitCard: RateCard | undefined,
): UnitPrice | null {
  if (!isGuardrailUnit(unit)) return dearestOfUnit(card, unit);
  return unitCard === undefined ? null : dearestOfUnit(unitCard, unit);
}

/**
 * What the units cost at most on a card. A unit without a price there counts nothing: ask
 * `unitWithoutPrice` first.
 */
export function unitsCost(
  units: Readonly<Record<string, number>>,
  card: RateCard,
  unitCard: RateCard | undefined,
): PicoUsd {
  let cost = 0n;
  for (const [unit, quantity] of Object.entries(units)) {
    if (quantity === 0) continue;
    // An incomplete name can be charged in as many lines as there are units.
    cost += amountAtMost(quantity, unitPriceAtMost(unit, card, unitCard), quantity);
  }
  return cost;
}
