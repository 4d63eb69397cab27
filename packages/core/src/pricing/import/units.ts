/**
 * Units of published prices, and the exact step from the unit of an offer to the unit of a price
 * row. One offer prices a thousand tokens and another a million, so nothing is assumed: a unit that
 * is not in the table is not known.
 */
import type { Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';

/** What a unit counts. */
type Measure = 'token' | 'image' | 'second' | 'search_unit' | 'text_unit';

/** By the unit in lower case: what it counts, and how many zeros one unit has. */
const UNITS: ReadonlyMap<string, readonly [Measure, number]> = new Map([
  ['1k tokens', ['token', 3]],
  ['1000 tokens', ['token', 3]],
  ['1m tokens', ['token', 6]],
  ['millionbatchinputtokens', ['token', 6]],
  ['millionbatchoutputtokens', ['token', 6]],
  ['image', ['image', 0]],
  ['images', ['image', 0]],
  ['images processed', ['image', 0]],
  ['input images', ['image', 0]],
  ['created_image', ['image', 0]],
  ['second', ['second', 0]],
  ['seconds', ['second', 0]],
  ['1k seconds', ['second', 3]],
  ['search unit', ['search_unit', 0]],
  ['search units', ['search_unit', 0]],
  ['textunit', ['text_unit', 0]],
]);

const MEASURES: ReadonlyMap<string, Measure> = new Map([
  ['input_speech', 'token'],
  ['output_speech', 'token'],
  ['image', 'image'],
  ['input_image', 'image'],
  ['guardrail_content_policy_image_unit', 'image'],
  ['input_audio_second', 'second'],
  ['input_video_second', 'second'],
  ['search_unit', 'search_unit'],
]);

/** Zeros of the quantity that rows of a measure are priced for: a million tokens, else one. */
const ROW_ZEROS: Readonly<Record<Measure, number>> = {
  token: 6,
  image: 0,
  second: 0,
  search_unit: 0,
  text_unit: 0,
};

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,20}))?$/;

/** A price in the unit of price rows. */
export interface RowPrice {
  readonly kind: 'price';
  readonly usd: string;
  readonly per: number;
}

/**
 * Restates a published price of a usage class for the quantity that price rows use, exactly: the
 * decimal point moves, no digit changes.
 */
export function rowPrice(usageClass: string, unit: string, usd: string): RowPrice | Rejected {
  const known = UNITS.get(unit.toLowerCase());
  if (known === undefined) {
    return rejected('unknown_unit', `The unit ${JSON.stringify(unit)} is not known.`);
  }
  const [measure, zeros] = known;
  const expected = measureOf(usageClass);
  if (measure !== expected) {
    return rejected(
      'contradictory_unit',
      `The usage type prices ${expected}s, but its unit is ${JSON.stringify(unit)}.`,
    );
  }
  const shifted = shiftDecimal(usd, ROW_ZEROS[measure] - zeros);
  if (shifted === null) {
    return rejected('malformed_price', `The price ${JSON.stringify(usd)} is not a decimal number.`);
  }
  return { kind: 'price', usd: shifted, per: 10 ** ROW_ZEROS[measure] };
}

function measureOf(usageClass: string): Measure {
  const named = MEASURES.get(usageClass);
  if (named !== undefined) return named;
  return usageClass.startsWith('guardrail_') ? 'text_unit' : 'token';
}

/**
 * Multiplies a non-negative decimal string by a power of ten by moving the point; null when it is
 * not such a string. No zeros lead or trail in the result.
 */
export function shiftDecimal(text: string, places: number): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  const point = whole.length + places;
  const digits = (whole + fraction).padEnd(point, '0');
  const padded = point < 0 ? digits.padStart(digits.length - point, '0') : digits;
  const at = Math.max(point, 0);
  const before = padded.slice(0, at).replace(/^0+/, '');
  const after = padded.slice(at).replace(/0+$/, '');
  return `${before === '' ? '0' : before}${after === '' ? '' : `.${after}`}`;
}
