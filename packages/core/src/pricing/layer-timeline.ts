/**
 * The cards of one (model, region, scope, tier) over time, with the layers that lie over the list.
 * Time is cut at every day on which a price or a layer begins or ends; in between nothing changes,
 * so each piece is one card.
 */
import type { UnitPrice } from '../money/unit-price.ts';
import { unitPrice } from '../money/unit-price.ts';
import type { CardKey } from './layer-choice.ts';
import { overridesOn, percentOn } from './layer-choice.ts';
import type { OverrideLayer, PriceLayer } from './layer.ts';
import { asOverride, withPercent } from './layer.ts';
import type { PriceRow } from './price.ts';
import type { RateCard } from './rate-card.ts';
import { compileRateCard, isTokenClass, listPriceOf, parseContextBand } from './rate-card.ts';

/** All cards of a key, the latest first. `layers` are those that concern the key. */
export function compileTimeline(
  key: CardKey,
  rows: readonly PriceRow[],
  layers: readonly PriceLayer[],
  version: string,
): readonly RateCard[] {
  const days = daysOf(rows, layers);
  // Where bands overlap otherwise undecided, their order decides: it is always the same.
  const ordered = [...rows].sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
  const cards: RateCard[] = [];
  for (const [index, day] of days.entries()) {
    const next = days[index + 1];
    const { model_id, region, scope, tier } = key;
    const heading = {
      model_id,
      region,
      scope,
      tier,
      price_version: version,
      valid_from: startOfDay(day),
      valid_until: next === undefined ? Infinity : startOfDay(next),
    };
    const begun = ordered.filter((row) => row.effective_from <= day);
    const { inForce, priceOf } = laidOver(begun, layers, day);
    // A layer may end before the list has any price: then there is nothing to charge by.
    if (inForce.length > 0) cards.push(compileRateCard(heading, inForce, priceOf));
  }
  return cards.reverse();
}

/** The rows that stand for overrides on a day, so that a listing shows what counts. */
export function overrideRow(layer: OverrideLayer, effectiveFrom: string): PriceRow {
  const { model_id, region, scope, tier, usage_class, context_band, usd, per } = layer;
  return Object.freeze({
    model_id,
    region,
    scope,
    tier,
    usage_class,
    context_band,
    effective_from: effectiveFrom,
    usd,
    per,
    confidence: 'high' as const,
    sources: Object.freeze([`layer:${layer.layer_id}`]),
  });
}

function daysOf(rows: readonly PriceRow[], layers: readonly PriceLayer[]): readonly string[] {
  const days = new Set(rows.map((row) => row.effective_from));
  for (const { effective_from, effective_until } of layers) {
    days.add(effective_from);
    if (effective_until !== null) days.add(effective_until);
  }
  return [...days].sort();
}

/** What is in force on a day, and what each row of it costs. */
function laidOver(
  begun: readonly PriceRow[],
  layers: readonly PriceLayer[],
  day: string,
): { inForce: readonly PriceRow[]; priceOf: (row: PriceRow) => UnitPrice } {
  if (layers.length === 0) return { inForce: begun, priceOf: listPriceOf };
  const overrides = overridesOn(layers, day);
  const overridden = new Map<PriceRow, UnitPrice>();
  const left = begun.filter((row) => !overrides.some((layer) => replaces(layer, row)));
  for (const layer of overrides) {
    const list = latestOf(begun, layer);
    const price = asOverride(
      unitPrice(layer.usd, layer.per),
      layer.layer_id,
      list === undefined ? null : listPriceOf(list),
    );
    overridden.set(overrideRow(layer, day), price);
  }
  const discount = percentOn(layers, 'discount', day);
  const markup = percentOn(layers, 'markup', day);
  return {
    inForce: [...left, ...overridden.keys()],
    priceOf: (row) => {
      let price = overridden.get(row) ?? listPriceOf(row);
      if (discount !== null) price = withPercent(price, discount);
      if (markup !== null) price = withPercent(price, markup);
      return price;
    },
  };
}

/** An override takes the place of its own key, and of every narrower band of the same tokens. */
function replaces(layer: OverrideLayer, row: PriceRow): boolean {
  if (layer.usage_class !== row.usage_class) return false;
  if (layer.context_band === row.context_band) return true;
  if (!isTokenClass(row.usage_class)) return false;
  const outer = parseContextBand(layer.context_band);
  const inner = parseContextBand(row.context_band);
  if (outer === undefined || inner === undefined) return false;
  return inner.above >= outer.above && inner.up_to <= outer.up_to;
}

function latestOf(rows: readonly PriceRow[], layer: OverrideLayer): PriceRow | undefined {
  let latest: PriceRow | undefined;
  for (const row of rows) {
    if (row.usage_class !== layer.usage_class || row.context_band !== layer.context_band) continue;
    if (latest === undefined || latest.effective_from < row.effective_from) latest = row;
  }
  return latest;
}

function orderKey({ usage_class, context_band, effective_from }: PriceRow): string {
  return `${usage_class}|${context_band}|${effective_from}`;
}

function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
