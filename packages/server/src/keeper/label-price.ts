/** What a label costs now: by the price book, and where that has no price, by the settings. */
import { amountOf, microUsd, type PriceBook, type PriceRow, type RateCard } from '@tollkeeper/core';
import { BASE_TIER, modelCard, type PriceMoment } from '../gateway/rate-cards.ts';
import { priceSourceOf, type PriceSource } from '../prices/price-source.ts';
import type { LabelFacts } from '../config/model-labels.ts';
import { calledModel, type PricedModel } from './named-model.ts';
import { FALLBACK_VERSION } from './usage-price.ts';

export interface LabelPrice {
  /** Micro-USD for a million tokens, of the smallest prompts; null: nothing tells it. */
  readonly input_price_usd_micros_per_1m: number | null;
  readonly output_price_usd_micros_per_1m: number | null;
  readonly version: string;
  readonly source: PriceSource;
}

const MILLION = 1_000_000;

/** `refresh`: how AWS's price list was last asked. */
export function labelPrice(
  moment: PriceMoment,
  label: LabelFacts,
  refresh: { readonly failing: boolean },
): LabelPrice {
  const { book } = moment;
  const model = calledModel(label.id);
  const card = modelCard(moment, model.model_id, model.scope, BASE_TIER);
  if (card === undefined) {
    const { input_price_usd_micros_per_1m, output_price_usd_micros_per_1m } = label;
    const stated =
      input_price_usd_micros_per_1m !== null || output_price_usd_micros_per_1m !== null;
    const version = stated ? FALLBACK_VERSION : book.version;
    return {
      ...{ input_price_usd_micros_per_1m, output_price_usd_micros_per_1m },
      ...{ version, source: 'CONFIG_FALLBACK' },
    };
  }
  const row = inputRow(moment, model);
  return {
    input_price_usd_micros_per_1m: perMillion(card, 'input'),
    output_price_usd_micros_per_1m: perMillion(card, 'output'),
    version: book.version,
    source: row === undefined ? 'CONFIG_FALLBACK' : priceSourceOf(row, refresh),
  };
}

function perMillion(card: RateCard, usageClass: 'input' | 'output'): number | null {
  const price = card.bands[0]?.prices[usageClass] ?? null;
  return price === null ? null : microUsd(amountOf(MILLION, price));
}

const DAY_MS = 86_400_000;
/** Rows looked for once a book and UTC day: a listing reads the whole book. */
const rows = new WeakMap<PriceBook, { day: number; found: Map<string, PriceRow | undefined> }>();

function inputRow({ book, region, at }: PriceMoment, model: PricedModel): PriceRow | undefined {
  const day = Math.floor(at / DAY_MS);
  let kept = rows.get(book);
  if (kept?.day !== day) {
    kept = { day, found: new Map() };
    rows.set(book, kept);
  }
  const { model_id, scope } = model;
  const name = `${region} ${scope} ${model_id}`;
  if (!kept.found.has(name)) {
    const listed = book.find({ model_id, region, at });
    const isInput = (row: PriceRow): boolean =>
      row.scope === scope && row.tier === BASE_TIER && row.usage_class === 'input';
    kept.found.set(name, listed.find(isInput));
  }
  return kept.found.get(name);
}
