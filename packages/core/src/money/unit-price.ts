/**
 * A price of one unit, and charging with it. Prices arrive as exact decimal strings for `per` units
 * (tokens are quoted per million); a price is compiled once into a fraction of pico-dollars, so
 * that charging is one multiplication and one rounding.
 */
import type { Layering } from '../pricing/layer.ts';
import type { PicoUsd } from './pico.ts';
import { PICO_PER_USD } from './pico.ts';

/** A price that is ready to charge with. Immutable. */
export interface UnitPrice {
  /** The price as it was stated: an exact decimal string of USD for `per` units. */
  readonly usd: string;
  readonly per: number;
  /** The same price for one unit, as an exact decimal string of USD. */
  readonly unit_usd: string;
  /** Pico-USD of one unit = `numerator / denominator`, in lowest terms; nearly always whole. */
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** The list price and the layers over it; absent when this is the list price. */
  readonly layering?: Layering;
}

const PRICE = /^(\d{1,18})(?:\.(\d{1,30}))?$/;
const PER_DIGITS_MAX = 12;

/**
 * Compiles a price. `usd` is a non-negative exact decimal and `per` a power of ten up to 1e12, so
 * that the price of one unit is an exact decimal too. Throws RangeError for anything else.
 */
export function unitPrice(usd: string, per: number): UnitPrice {
  const match = PRICE.exec(usd);
  if (match === null) throw new RangeError(`not an exact, non-negative decimal: ${usd}`);
  const perDigits = powerOfTen(per);
  const [, whole = '0', fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  const scale = fraction.length + perDigits;
  const numerator = digits * PICO_PER_USD;
  const denominator = 10n ** BigInt(scale);
  const divisor = greatestCommonDivisor(numerator, denominator);
  return Object.freeze({
    usd,
    per,
    unit_usd: decimal(digits, scale),
    numerator: numerator / divisor,
    denominator: denominator / divisor,
  });
}

/**
 * A price times `factor / whole`, which has to be a decimal fraction (`whole` a power of ten).
 * Exact: no digit is cut off.
 */
export function exactUnitPrice(
  price: UnitPrice,
  factor: bigint,
  whole: bigint,
  layering: Layering,
): UnitPrice {
  const [, integer = '0', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(price.usd) ?? [];
  const digits = BigInt(integer + fraction) * factor;
  const scale = fraction.length + whole.toString().length - 1;
  const numerator = price.numerator * factor;
  const denominator = price.denominator * whole;
  const divisor = greatestCommonDivisor(numerator, denominator);
  return Object.freeze({
    usd: decimal(digits, scale),
    per: price.per,
    unit_usd: decimal(digits, scale + powerOfTen(price.per)),
    numerator: numerator / divisor,
    denominator: denominator / divisor,
    layering,
  });
}

/**
 * What `quantity` units cost: the exact product, rounded half up to the pico once.
 * Throws RangeError unless the quantity is a non-negative safe integer.
 */
export function amountOf(quantity: number, price: UnitPrice): PicoUsd {
  if (!Number.isSafeInteger(quantity) || quantity < 0) {
    throw new RangeError(`a quantity is a non-negative safe integer, not ${quantity}`);
  }
  const exact = BigInt(quantity) * price.numerator;
  if (price.denominator === 1n) return exact;
  return (2n * exact + price.denominator) / (2n * price.denominator);
}

/**
 * The most that a quantity can cost at a price when it is charged in up to `lines` lines, each of
 * which may be rounded up by half a pico: one line is at most the product rounded up, each other
 * adds a pico. Nothing without a price.
 */
export function amountAtMost(quantity: number, price: UnitPrice | null, lines: number): PicoUsd {
  if (price === null) return 0n;
  const exact = BigInt(quantity) * price.numerator;
  if (price.denominator === 1n) return exact;
  return (exact + price.denominator - 1n) / price.denominator + BigInt(lines - 1);
}

/**
 * `quantity` units at `usd` for `per` units, rounded half up to the pico once. Throws RangeError.
 */
export function chargeAmount(quantity: number, usd: string, per: number): PicoUsd {
  return amountOf(quantity, unitPrice(usd, per));
}

/**
 * The price of one unit as an exact decimal string: no exponent, no trailing zeros. Throws
 * RangeError.
 */
export function unitPriceUsd(usd: string, per: number): string {
  return unitPrice(usd, per).unit_usd;
}

/** Compares two prices of one unit: negative, zero or positive, as for sorting. */
export function comparePrices(a: UnitPrice, b: UnitPrice): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

function powerOfTen(per: number): number {
  let power = 1;
  for (let digits = 0; digits <= PER_DIGITS_MAX; digits++) {
    if (power === per) return digits;
    power *= 10;
  }
  throw new RangeError(`a price is stated for a power of ten of units, not ${per}`);
}

function decimal(digits: bigint, scale: number): string {
  const text = digits.toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
