/**
 * Prices of what is billed in units other than tokens: images, search units, seconds, text units of
 * a guardrail. A unit is named by its price class; a generated image also by its largest side and
 * its quality, `image:1024:standard`, because its price depends on both.
 */
import type { UnitPrice } from '../money/unit-price.ts';
import { comparePrices } from '../money/unit-price.ts';
import type { RateCard } from './rate-card.ts';

/** Under this model id stand the prices of guardrail units: in region, standard tier. */
export const GUARDRAIL_MODEL_ID = 'amazon.bedrock-guardrails';

const GUARDRAIL_PREFIX = 'guardrail_';

/** Whether a unit is priced by the card of guardrails and not by that of the model. */
export function isGuardrailUnit(unit: string): boolean {
  return unit.startsWith(GUARDRAIL_PREFIX);
}

/** The price of a unit within a range of sizes, such as `le_1024:premium` of `image`. */
export interface UnitBand {
  /** Sizes of more than `above` and at most `up_to`. */
  readonly above: number;
  readonly up_to: number;
  /** What follows the range: the quality of an image. */
  readonly variant: string;
  readonly price: UnitPrice;
}

/**
 * What one unit costs on a card, or null when the card has no price for exactly this. `image` and
 * any other name is looked up as it stands. `image:1024:standard` costs what `image` costs; else
 * what the narrowest range that holds 1024 says for `standard`.
 */
export function priceOfUnit(card: RateCard, unit: string): UnitPrice | null {
  const stated = card.units.get(unit);
  if (stated !== undefined) return stated;
  const sized = sizedUnit(unit);
  if (sized === null) return null;
  const { name, size, variant } = sized;
  const any = card.units.get(name);
  if (any !== undefined) return any;
  for (const band of card.unit_bands.get(name) ?? []) {
    if (band.variant === variant && size > band.above && size <= band.up_to) return band.price;
  }
  return null;
}

/**
 * The most that one unit can cost on a card when its name may be incomplete: where the size or the
 * quality is not one that has a price, the dearest price that it can turn out to have. Null when
 * the card has none at all.
 */
export function dearestOfUnit(card: RateCard, unit: string): UnitPrice | null {
  const exact = priceOfUnit(card, unit);
  if (exact !== null) return exact;
  const [name = '', size] = unit.split(':');
  const known = sizeOf(size);
  let dearest: UnitPrice | null = card.units.get(name) ?? null;
  const seen = new Set<string>();
  for (const { above, up_to, variant, price } of card.unit_bands.get(name) ?? []) {
    if (known !== null) {
      if (seen.has(variant) || known <= above || known > up_to) continue;
      seen.add(variant);
    }
    if (dearest === null || comparePrices(price, dearest) > 0) dearest = price;
  }
  return dearest;
}

/** Compiles `le_1024:premium` and the like: by name, the narrowest range first. */
export function unitBandsOf(
  rows: Iterable<{
    readonly name: string;
    readonly range: { readonly above: number; readonly up_to: number };
    readonly variant: string;
    readonly price: UnitPrice;
  }>,
): ReadonlyMap<string, readonly UnitBand[]> {
  const byName = new Map<string, UnitBand[]>();
  for (const { name, range, variant, price } of rows) {
    const bands = byName.get(name) ?? [];
    bands.push(Object.freeze({ above: range.above, up_to: range.up_to, variant, price }));
    byName.set(name, bands);
  }
  for (const bands of byName.values()) {
    bands.sort((a, b) => (a.up_to === b.up_to ? b.above - a.above : a.up_to < b.up_to ? -1 : 1));
  }
  return byName;
}

/** `image:1024:standard` in its three parts, or null for a name of any other form. */
function sizedUnit(unit: string): { name: string; size: number; variant: string } | null {
  const first = unit.indexOf(':');
  const second = unit.indexOf(':', first + 1);
  if (first < 0 || second < 0) return null;
  const size = sizeOf(unit.slice(first + 1, second));
  if (size === null) return null;
  return { name: unit.slice(0, first), size, variant: unit.slice(second + 1) };
}

function sizeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
