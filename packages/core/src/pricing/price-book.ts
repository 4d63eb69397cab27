/**
 * The price book: rows by exact key, and the rate card that counts at a moment. A lookup on the
 * path of a call is four map lookups and a comparison of dates; cards are compiled on first use and
 * kept.
 */
import type { PriceQuery, PriceRow } from './price.ts';
import type { RateCard } from './rate-card.ts';
import { compileRateCard, isTokenClass, parseContextBand } from './rate-card.ts';
import { unitPrice } from '../money/unit-price.ts';

/** Narrows a listing of prices. `at` keeps only the row that counts at that moment for each key. */
export interface PriceFilter {
  readonly model_id?: string;
  readonly region?: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

/** An immutable set of prices under one version. */
export interface PriceBook {
  readonly version: string;
  /** The prices that count for this query, or undefined when the book has none. Never guesses. */
  rateCard(query: PriceQuery): RateCard | undefined;
  /** Every row, ordered by key and date. */
  rows(): readonly PriceRow[];
  /** The rows that a filter leaves, in the same order. */
  find(filter: PriceFilter): readonly PriceRow[];
}

/**
 * All cards of one (model, region, scope, tier): rows until they are first asked for, then cards.
 */
interface Timeline {
  readonly rows: PriceRow[];
  /** In descending order of `valid_from`, because nearly every query is about now. */
  cards: readonly RateCard[] | null;
}

type ByTier = Map<string, Timeline>;
type ByScope = Map<string, ByTier>;
type ByRegion = Map<string, ByScope>;

/**
 * Makes a book. Throws RangeError naming the row for a bad price, date or band, or a repeated key.
 */
export function priceBook(rows: readonly PriceRow[], version: string): PriceBook {
  const sorted = rows
    .map((row) => ({ row, key: fullKey(row) }))
    .sort((a, b) => order(a.key, b.key));
  const models = new Map<string, ByRegion>();
  let previous = '';
  for (const { row, key } of sorted) {
    if (key === previous) throw new RangeError(`price ${key}: repeated`);
    previous = key;
    checkRow(row, key);
    const regions = getOrAdd(models, row.model_id, () => new Map<string, ByScope>());
    const scopes = getOrAdd(regions, row.region, () => new Map<string, ByTier>());
    const tiers = getOrAdd(scopes, row.scope, () => new Map<string, Timeline>());
    getOrAdd(tiers, row.tier, () => ({ rows: [], cards: null })).rows.push(row);
  }
  const all = Object.freeze(sorted.map(({ row }) => Object.freeze(row)));

  return Object.freeze({
    version,
    rateCard(query: PriceQuery): RateCard | undefined {
      const timeline = models
        .get(query.model_id)
        ?.get(query.region)
        ?.get(query.scope)
        ?.get(query.tier);
      if (timeline === undefined) return undefined;
      timeline.cards ??= compileTimeline(timeline.rows, version);
      for (const card of timeline.cards) if (query.at >= card.valid_from) return card;
      return undefined;
    },
    rows: () => all,
    find: (filter: PriceFilter) => find(all, filter),
  });
}

/**
 * The start of a UTC date `YYYY-MM-DD` in milliseconds since the epoch, or undefined for no such
 * day.
 */
export function startOfUtcDate(date: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return undefined;
  const start = Date.UTC(year, month - 1, day);
  // The first of the next month must lie after it, or the month has no such day.
  return start < Date.UTC(year, month, 1) ? start : undefined;
}

function compileTimeline(rows: readonly PriceRow[], version: string): RateCard[] {
  const dates = [...new Set(rows.map((row) => row.effective_from))].sort(order);
  const cards = dates.map((date, index) => {
    const next = dates[index + 1];
    const [first] = rows;
    if (first === undefined) throw new RangeError('a timeline has at least one row');
    const heading = {
      model_id: first.model_id,
      region: first.region,
      scope: first.scope,
      tier: first.tier,
      price_version: version,
      valid_from: startOfUtcDate(date) ?? Infinity,
      valid_until: next === undefined ? Infinity : (startOfUtcDate(next) ?? Infinity),
    };
    return compileRateCard(
      heading,
      rows.filter((row) => row.effective_from <= date),
    );
  });
  return cards.reverse();
}

function find(all: readonly PriceRow[], filter: PriceFilter): readonly PriceRow[] {
  const { model_id, region, at } = filter;
  const kept = all.filter(
    (row) =>
      (model_id === undefined || row.model_id === model_id) &&
      (region === undefined || row.region === region) &&
      (at === undefined || (startOfUtcDate(row.effective_from) ?? Infinity) <= at),
  );
  if (at === undefined) return kept;
  // Rows of one key stand together in order of date, so the last of them is the one that counts.
  return kept.filter((row, index) => {
    const next = kept[index + 1];
    return next === undefined || key(next) !== key(row);
  });
}

function checkRow(row: PriceRow, where: string): void {
  if (startOfUtcDate(row.effective_from) === undefined) {
    throw new RangeError(`price ${where}: no such date`);
  }
  if (isTokenClass(row.usage_class) && parseContextBand(row.context_band) === undefined) {
    throw new RangeError(`price ${where}: no such context band`);
  }
  try {
    unitPrice(row.usd, row.per);
  } catch (cause) {
    throw new RangeError(`price ${where}: not a price`, { cause });
  }
}

function key(row: PriceRow): string {
  const { model_id, region, scope, tier, usage_class, context_band } = row;
  return `${model_id}|${region}|${scope}|${tier}|${usage_class}|${context_band}`;
}

function fullKey(row: PriceRow): string {
  return `${key(row)}|${row.effective_from}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function getOrAdd<K, V>(map: Map<K, V>, at: K, make: () => V): V {
  const found = map.get(at);
  if (found !== undefined) return found;
  const made = make();
  map.set(at, made);
  return made;
}
