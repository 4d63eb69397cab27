/**
 * Money as integers of pico-US-dollars (1e-12 USD). Nothing here, and nothing that handles money
 * elsewhere, uses floating point: amounts are `bigint` from the price row to the statement.
 */

/** An amount of money in pico-US-dollars (1e-12 USD). May be negative in corrections. */
export type PicoUsd = bigint;

/** Pico-dollars in one US dollar. */
export const PICO_PER_USD = 1_000_000_000_000n;

const FRACTION_DIGITS = 12;

/**
 * Reads an exact decimal string of US dollars, such as `"0.50"` or `"-12"`.
 * Returns undefined for anything else: exponents, signs other than a leading minus, blanks, or more
 * than twelve digits after the point (they could not be kept).
 */
export function parseUsd(text: string): PicoUsd | undefined {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const pico = BigInt(whole) * PICO_PER_USD + BigInt(fraction.padEnd(FRACTION_DIGITS, '0'));
  return sign === '-' ? -pico : pico;
}

/**
 * Prints pico-dollars as an exact decimal string of US dollars: no exponent, no grouping and no
 * trailing zeros, so equal amounts print equally. `parseUsd(formatUsd(x)) === x` for every x.
 */
export function formatUsd(pico: PicoUsd): string {
  const negative = pico < 0n;
  const digits = (negative ? -pico : pico).toString().padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  let end = digits.length;
  while (end > whole.length && digits.charCodeAt(end - 1) === 48) end--;
  const fraction = digits.slice(whole.length, end);
  return (negative ? '-' : '') + (fraction === '' ? whole : `${whole}.${fraction}`);
}
