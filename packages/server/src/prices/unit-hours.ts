/** What the operator has stated that a unit of provisioned capacity costs an hour. */
import { parseUsd, type Commitment, type PicoUsd, type UnitHourPrice } from '@tollkeeper/core';
import {
  unitHourDocument,
  type PoolRecord,
  type Term,
  type UnitHourPriceRecord,
  type UnitHourPriceStep,
} from '../catalog/pool-records.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';

const FOUNDATION = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+::foundation-model\//;
/** A size of context, such as `:28k`, names what is bought; mostly it costs the same without. */
const CONTEXT_SIZE = /:\d+k$/;

/** AWS's name of a commitment as the API spells it. */
export function termOf(commitment: Commitment | null): Term {
  if (commitment === null) return 'none';
  return commitment === 'OneMonth' ? 'one_month' : 'six_months';
}

/**
 * Prices of capacity over time, oldest first; none when nobody has stated any. A price of the ARN
 * comes before one of the model as bought, that before one of the model.
 */
export async function pricesOfPool(
  catalog: CatalogStore,
  pool: Pick<PoolRecord, 'arn' | 'model_id' | 'foundation_model_id' | 'commitment'>,
): Promise<readonly UnitHourPrice[]> {
  const { arn, model_id, foundation_model_id, commitment } = pool;
  const base = foundation_model_id === null ? [] : namesOf(foundation_model_id);
  return firstOf(catalog, [arn, ...namesOf(model_id), ...base], commitment);
}

/** What a unit of a model costs an hour now; null: nobody has stated it. */
export async function unitHourPriceNow(
  catalog: CatalogStore,
  modelId: string,
  commitment: Commitment | null,
  now: number,
): Promise<PicoUsd | null> {
  const prices = await firstOf(catalog, namesOf(modelId), termOf(commitment));
  return prices.findLast(({ from }) => from <= now)?.price ?? null;
}

/** The names of a model, the most particular one first. */
function namesOf(modelId: string): readonly string[] {
  const bought = modelId.replace(FOUNDATION, '');
  return [...new Set([modelId, bought, bought.replace(CONTEXT_SIZE, '')])];
}

async function firstOf(
  catalog: CatalogStore,
  names: readonly string[],
  commitment: Term,
): Promise<readonly UnitHourPrice[]> {
  for (const name of names) {
    const id = unitHourDocument(name, commitment);
    const item = await catalog.get<UnitHourPriceRecord>('unit_hour_price', id);
    if (item !== undefined) return item.value.prices.map(fromStep);
  }
  return [];
}

function fromStep({ effective_from, unit_hour_usd }: UnitHourPriceStep): UnitHourPrice {
  const price = parseUsd(unit_hour_usd);
  if (price === undefined) throw new Error(`A stored price cannot be read: ${unit_hour_usd}`);
  return { from: effective_from === null ? -Infinity : Date.parse(effective_from), price };
}

/**
 * The steps with one more. Without a moment it holds from `now` on, or from ever when it is the
 * first; a price that holds already changes nothing.
 */
export function withStep(
  steps: readonly UnitHourPriceStep[],
  unitHourUsd: string,
  effectiveFrom: string | null,
  now: string,
): readonly UnitHourPriceStep[] {
  const current = steps.findLast(({ effective_from: from }) => from === null || from <= now);
  if (effectiveFrom === null && current?.unit_hour_usd === unitHourUsd) return steps;
  const from = effectiveFrom ?? (steps.length === 0 ? null : now);
  const others = steps.filter((step) => step.effective_from !== from);
  const order = (step: UnitHourPriceStep): string => step.effective_from ?? '';
  return [...others, { effective_from: from, unit_hour_usd: unitHourUsd }].toSorted((one, other) =>
    order(one) < order(other) ? -1 : 1,
  );
}
