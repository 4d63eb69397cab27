/**
 * What usage costs that was told after the fact: by the price book; where that has no price for the
 * model, by the prices of the label in the settings; where those are missing too, nobody knows, and
 * there is a ceiling instead of a price. Pure but for what it keeps of an immutable book.
 */
import {
  amountOf,
  charge,
  comparePrices,
  formatUsd,
  isTokenClass,
  TOKEN_CLASSES,
  totalTokens,
  unitPrice,
  type Charge,
  type PriceBook,
  type RateCard,
  type TokenClass,
  type UnitPrice,
  type Usage,
} from '@tollkeeper/core';
import { BASE_TIER, modelCard } from '../gateway/rate-cards.ts';
import type { LabelFacts } from '../config/model-labels.ts';
import type { PricedModel } from './named-model.ts';

/** Stands as `price_version` of entries that were priced by the settings. */
export const FALLBACK_VERSION = 'config-fallback';

/** What a price is asked for. */
export interface UsageToPrice {
  readonly org_id: string;
  readonly model: PricedModel;
  readonly region: string;
  /** When it was used, in milliseconds since the epoch. */
  readonly at: number;
  readonly usage: Usage;
  /** What the settings say of the label; undefined for one that they do not have. */
  readonly label: LabelFacts | undefined;
}

export interface UsagePrice {
  readonly charge: Charge;
  readonly price_version: string;
  /** Pico-USD; null when everything has a price. */
  readonly ceiling: bigint | null;
}

/** See the head of the file. */
export function priceUsage(book: PriceBook, asked: UsageToPrice): UsagePrice {
  const { org_id, model, region, at, usage, label } = asked;
  const listed = modelCard({ book, region, at, org_id }, model.model_id, model.scope, BASE_TIER);
  const fallback = listed === undefined && label !== undefined ? labelCard(label) : undefined;
  const charged = charge(listed ?? fallback, usage);
  const price_version = fallback === undefined ? book.version : FALLBACK_VERSION;
  if (charged.priced === 'yes') return { charge: charged, price_version, ceiling: null };
  const ceiling = charged.unpriced_ceiling ?? ceilingWithoutCard(book, charged, usage);
  return { charge: charged, price_version, ceiling };
}

/** Every token at the dearest price of any token in the book: nothing known costs more. */
function ceilingWithoutCard(book: PriceBook, charged: Charge, usage: Usage): bigint {
  const dearest = dearestOf(book);
  const most = dearest === null ? 0n : amountOf(totalTokens(usage), dearest);
  return most > charged.cost ? most : charged.cost;
}

const dearestByBook = new WeakMap<PriceBook, { readonly price: UnitPrice | null }>();

/** The dearest list price of a token under the tier that submissions are priced in. */
function dearestOf(book: PriceBook): UnitPrice | null {
  const known = dearestByBook.get(book);
  if (known !== undefined) return known.price;
  let price: UnitPrice | null = null;
  let about = 0;
  for (const { usage_class, tier, usd, per } of book.rows()) {
    if (tier !== BASE_TIER || !isTokenClass(usage_class)) continue;
    // Only what may be dearer is compiled and compared exactly.
    const roughly = Number(usd) / per;
    if (roughly < about * 0.999) continue;
    const candidate = unitPrice(usd, per);
    if (price !== null && comparePrices(candidate, price) <= 0) continue;
    price = candidate;
    about = roughly;
  }
  dearestByBook.set(book, { price });
  return price;
}

const cards = new WeakMap<LabelFacts, { readonly card: RateCard | undefined }>();

function labelCard(label: LabelFacts): RateCard | undefined {
  const known = cards.get(label);
  if (known !== undefined) return known.card;
  const card = compileLabelCard(label);
  cards.set(label, { card });
  return card;
}

/** The settings state input and output alone: other classes stay without a price. */
function compileLabelCard(label: LabelFacts): RateCard | undefined {
  const input = pricePerMillion(label.input_price_usd_micros_per_1m);
  const output = pricePerMillion(label.output_price_usd_micros_per_1m);
  const stated = [input, output].filter((price) => price !== null);
  if (stated.length === 0) return undefined;
  const prices: Record<TokenClass, UnitPrice | null> = {
    ...NO_PRICES,
    input,
    output,
  };
  const [first, second] = stated;
  const isSecondDearer =
    first !== undefined && second !== undefined && comparePrices(second, first) > 0;
  return {
    model_id: label.id,
    region: '',
    scope: 'in_region',
    tier: BASE_TIER,
    price_version: FALLBACK_VERSION,
    valid_from: 0,
    valid_until: Infinity,
    bands: [{ up_to: Infinity, prices }],
    units: new Map(),
    unit_bands: new Map(),
    priced: new Set(TOKEN_CLASSES.filter((each) => prices[each] !== null)),
    dearest: (isSecondDearer ? second : first) ?? null,
  };
}

const NO_PRICES: Readonly<Record<TokenClass, null>> = {
  input: null,
  output: null,
  cache_read: null,
  cache_write_5m: null,
  cache_write_1h: null,
  cache_write_30m: null,
};

const MILLION = 1_000_000;

function pricePerMillion(micros: number | null): UnitPrice | null {
  return micros === null ? null : unitPrice(formatUsd(BigInt(micros) * BigInt(MILLION)), MILLION);
}
