/** Moments as callers state them, and the local days of organizations. */
import { windowAt } from '@tollkeeper/core';

/**
 * Milliseconds since the epoch of an RFC 3339 time whose form was checked already; undefined for a
 * day or an hour that does not exist.
 */
export function parseMoment(text: string): number | undefined {
  const at = Date.parse(text);
  const read = Number.isNaN(at) ? Date.parse(text.toUpperCase()) : at;
  if (Number.isNaN(read)) return undefined;
  const day = Number(text.slice(8, 10));
  // Every month has 28 days; the parser carries what is beyond a shorter month over into the next.
  if (day > 28 && day > daysOfMonth(Number(text.slice(0, 4)), Number(text.slice(5, 7)))) {
    return undefined;
  }
  return read;
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** One local day: from `start` (inclusive) to `end` (exclusive), milliseconds since the epoch. */
export interface LocalDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

/** The local day that holds a moment. */
export function localDayAt(timezone: string, at: number): LocalDay {
  const { start, end } = windowAt('day', timezone, at);
  if (end === null) throw new RangeError('A day has no end');
  // What the calendar shows as the day begins; later a clock set back could show the day before.
  return { date: localDate(timezone, start), start, end };
}

const DAY_MS = 86_400_000;
/** What the clock of a caller may be ahead of ours. */
const SKEW_MS = 5_000;

/**
 * Which timestamps of usage are taken at `now`: those of the local day and of 24 hours before it.
 * What lies in the future is not, but for what clocks differ by.
 */
export function acceptableRange(
  timezone: string,
  now: number,
): { readonly from: number; readonly to: number } {
  return { from: windowAt('day', timezone, now).start - DAY_MS, to: now + SKEW_MS };
}

const HALF_DAY_MS = 43_200_000;

/**
 * The local day of a date. Undefined: there is no such date (2026-02-30), or the zone left it out.
 */
export function localDayOf(timezone: string, date: string): LocalDay | undefined {
  const noon = parseMoment(`${date}T12:00:00Z`);
  if (noon === undefined) return undefined;
  // No zone is further than this from UTC, so that one of these falls in the day.
  for (const at of [noon, noon - 2 * HALF_DAY_MS, noon + 2 * HALF_DAY_MS]) {
    const day = localDayAt(timezone, at);
    if (day.date === date) return day;
  }
  return undefined;
}

const ZONES_MAX = 256;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the calendar of a zone shows at a moment, as `YYYY-MM-DD`. */
function localDate(timezone: string, at: number): string {
  let format = formats.get(timezone);
  if (format === undefined) {
    if (formats.size >= ZONES_MAX) formats.clear();
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timezone, format);
  }
  const shown: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(at)) shown[type] = value;
  return `${(shown['year'] ?? '').padStart(4, '0')}-${shown['month']}-${shown['day']}`;
}
