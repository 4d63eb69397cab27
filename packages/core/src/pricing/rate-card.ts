/**
 * A rate card: the prices of one (model, region, scope, tier) during an interval in which none of
 * them changes, compiled for charging. Context bands cut the range of prompt sizes into segments; a
 * whole request is charged in the one segment that its prompt falls into.
 */
import type { UnitPrice } from '../money/unit-price.ts';
import { comparePrices, unitPrice } from '../money/unit-price.ts';
import type { TokenClass } from '../usage/usage.ts';
import { TOKEN_CLASSES } from '../usage/usage.ts';
import type { PriceRow, PriceScope } from './price.ts';
import type { UnitBand } from './units.ts';
import { unitBandsOf } from './units.ts';

/** Prices for prompts up to a size. Null where the book has no price: unknown, not free. */
export interface RateBand {
  /** The largest prompt of this band in tokens, itself included; Infinity for the last band. */
  readonly up_to: number;
  readonly prices: Readonly<Record<TokenClass, UnitPrice | null>>;
}

/** Prices of one (model, region, scope, tier) from `valid_from` until before `valid_until`. */
export interface RateCard {
  readonly model_id: string;
  readonly region: string;
  readonly scope: PriceScope;
  readonly tier: string;
  /** Version of the book that it comes from. */
  readonly price_version: string;
  /** Milliseconds since the epoch; `valid_until` is Infinity while no later price is known. */
  readonly valid_from: number;
  readonly valid_until: number;
  /** In ascending order of `up_to`, without gaps; never empty. */
  readonly bands: readonly RateBand[];
  /** Prices of named units such as `image`; a variant of a unit is `image:le_1024:standard`. */
  readonly units: ReadonlyMap<string, UnitPrice>;
  /** The variants by range of sizes, by the name of their unit; `priceOfUnit` reads both. */
  readonly unit_bands: ReadonlyMap<string, readonly UnitBand[]>;
  /** The token classes that have a price in at least one band. */
  readonly priced: ReadonlySet<TokenClass>;
  /** The dearest price of any token class in any band, or null when none is known. */
  readonly dearest: UnitPrice | null;
}

/** A parsed context band: prompts of more than `above` and at most `up_to` tokens. */
interface PromptRange {
  readonly above: number;
  readonly up_to: number;
}

const BAND = /^(le|gt)_(\d{1,9})(k?)$/;
const EVERY_PROMPT: PromptRange = Object.freeze({ above: -1, up_to: Infinity });

/**
 * Reads `all`, `le_200k` or `gt_200k` (k = 1,000); undefined for what is not a band of prompt
 * sizes.
 */
export function parseContextBand(band: string): PromptRange | undefined {
  if (band === 'all') return EVERY_PROMPT;
  const match = BAND.exec(band);
  if (match === null) return undefined;
  const edge = Number(match[2]) * (match[3] === 'k' ? 1000 : 1);
  return match[1] === 'le' ? { above: -1, up_to: edge } : { above: edge, up_to: Infinity };
}

/** Whether a class counts tokens (and so may have context bands) rather than other units. */
export function isTokenClass(usageClass: string): usageClass is TokenClass {
  return (TOKEN_CLASSES as readonly string[]).includes(usageClass);
}

/** The band that a prompt of this size falls into. */
export function bandFor(card: RateCard, promptTokens: number): RateBand {
  const { bands } = card;
  for (const band of bands) if (promptTokens <= band.up_to) return band;
  throw new RangeError(`no band for a prompt of ${promptTokens} tokens`);
}

/** What tells one card from another, and when it counts. */
export type CardHeading = Omit<RateCard, 'bands' | 'units' | 'unit_bands' | 'priced' | 'dearest'>;

/** The price that a row states, before anything is laid over it. */
export function listPriceOf(row: PriceRow): UnitPrice {
  return unitPrice(row.usd, row.per);
}

/**
 * Compiles the rows of one key that are in force in the interval of the heading. Where several rows
 * of a class cover a prompt size, the one with the latest date counts, and of those the narrowest
 * band. `priceOf` says what a row costs where layers lie over the list.
 */
export function compileRateCard(
  heading: CardHeading,
  rows: readonly PriceRow[],
  priceOf: (row: PriceRow) => UnitPrice = listPriceOf,
): RateCard {
  const tokenRows: RangedRow[] = [];
  const unitRows = new Map<string, PriceRow>();
  for (const row of rows) {
    if (isTokenClass(row.usage_class)) {
      const range = parseContextBand(row.context_band);
      if (range !== undefined) tokenRows.push({ row, range, price: priceOf(row) });
      continue;
    }
    const all = row.context_band === 'all';
    const unit = all ? row.usage_class : `${row.usage_class}:${row.context_band}`;
    const other = unitRows.get(unit);
    if (other === undefined || other.effective_from < row.effective_from) unitRows.set(unit, row);
  }
  const bands = segments(tokenRows).map((segment) => bandOf(segment, tokenRows));
  const units = new Map([...unitRows].map(([unit, row]) => [unit, priceOf(row)]));
  const unit_bands = unitBandsOf(rangedUnits(unitRows.values(), priceOf));
  return Object.freeze({ ...heading, bands, units, unit_bands, ...knownPrices(bands) });
}

/** Rows of units whose band is a range of sizes and a variant, such as `gt_512:premium`. */
function* rangedUnits(rows: Iterable<PriceRow>, priceOf: (row: PriceRow) => UnitPrice) {
  for (const row of rows) {
    const { usage_class: name, context_band } = row;
    const colon = context_band.indexOf(':');
    if (colon < 0) continue;
    const range = parseContextBand(context_band.slice(0, colon));
    if (range === undefined) continue;
    yield { name, range, variant: context_band.slice(colon + 1), price: priceOf(row) };
  }
}

interface RangedRow {
  readonly row: PriceRow;
  readonly range: PromptRange;
  readonly price: UnitPrice;
}

function segments(rows: readonly RangedRow[]): PromptRange[] {
  const edges = new Set<number>([Infinity]);
  for (const { range } of rows) {
    edges.add(range.up_to);
    if (range.above >= 0) edges.add(range.above);
  }
  const cuts = [...edges].sort((a, b) => a - b);
  return cuts.map((up_to, index) => ({ above: index === 0 ? -1 : (cuts[index - 1] ?? -1), up_to }));
}

function bandOf(segment: PromptRange, rows: readonly RangedRow[]): RateBand {
  const prices: Record<TokenClass, UnitPrice | null> = {
    input: null,
    output: null,
    cache_read: null,
    cache_write_5m: null,
    cache_write_1h: null,
    cache_write_30m: null,
  };
  for (const usageClass of TOKEN_CLASSES) {
    let best: RangedRow | null = null;
    for (const candidate of rows) {
      if (candidate.row.usage_class !== usageClass) continue;
      const { above, up_to } = candidate.range;
      if (segment.above < above || segment.up_to > up_to) continue;
      if (best === null || counts(candidate, best)) best = candidate;
    }
    prices[usageClass] = best?.price ?? null;
  }
  return Object.freeze({ up_to: segment.up_to, prices: Object.freeze(prices) });
}

/** Whether `a` counts before `b` where both cover the same prompts. */
function counts(a: RangedRow, b: RangedRow): boolean {
  if (a.row.effective_from !== b.row.effective_from) {
    return a.row.effective_from > b.row.effective_from;
  }
  return a.range.up_to < b.range.up_to || a.range.above > b.range.above;
}

function knownPrices(bands: readonly RateBand[]): Pick<RateCard, 'priced' | 'dearest'> {
  const priced = new Set<TokenClass>();
  let dearest: UnitPrice | null = null;
  for (const band of bands) {
    for (const usageClass of TOKEN_CLASSES) {
      const price = band.prices[usageClass];
      if (price === null) continue;
      priced.add(usageClass);
      if (dearest === null || comparePrices(price, dearest) > 0) dearest = price;
    }
  }
  return { priced, dearest };
}
