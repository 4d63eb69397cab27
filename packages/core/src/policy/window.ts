/**
 * The windows of budgets: which hour, day, week or month of a time zone's own calendar an instant
 * falls in. For every kind and zone the windows tile time: each begins at the instant where the one
 * before ends, whatever daylight saving and changes of the zone do in between.
 *
 * A day (week, month) begins at the first instant at which the local calendar shows it or a later
 * one, and never begins a second time: a clock that is set back over midnight stays in the day it
 * had reached, a day that the zone skips has no window, and days have 23, 24, 25 or other numbers
 * of hours. An hour is the local clock hour. It also ends when the clock is set: an hour that is
 * repeated is two windows, one that is skipped has none, and a clock set by half an hour makes
 * shorter ones.
 *
 * Zones come from the time zone data of the JavaScript engine. What is kept between calls
 * (formatters and the last window of each kind) only saves work; it never changes an answer.
 */
import type { WindowKind } from './budget.ts';

/**
 * From `start` (inclusive) to `end` (exclusive), milliseconds since the epoch; `total` has no end.
 */
export interface Window {
  readonly start: number;
  readonly end: number | null;
}

type CalendarKind = Exclude<WindowKind, 'total'>;

interface Bounded extends Window {
  readonly end: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** The window of each kind that was asked for last. */
  readonly last: { [kind in CalendarKind]: Bounded };
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** No zone was ever further from UTC than this. */
const OFFSET_MAX = 16 * HOUR;
/** No zone was ever set twice within this time. */
const OFFSET_SAMPLE = 4 * HOUR;
/** Zones kept at once; then all are forgotten. */
const ZONES_MAX = 256;

const NEVER: Bounded = Object.freeze({ start: 0, end: 0 });
const TOTAL: Window = Object.freeze({ start: 0, end: null });
const zones = new Map<string, Zone>();

/**
 * The window of a kind, in an IANA time zone, that holds the instant `at` (integer milliseconds
 * since the epoch): `start <= at < end`. Throws a RangeError for a zone that `isTimeZone` refuses.
 * Calls for an instant in the window asked for last cost a comparison.
 */
export function windowAt(kind: WindowKind, timezone: string, at: number): Window {
  if (kind === 'total') return TOTAL;
  const zone = zoneOf(timezone);
  const last = zone.last[kind];
  if (at >= last.start && at < last.end) return last;
  const found = Object.freeze(kind === 'hour' ? hourAt(zone, at) : calendarAt(zone, kind, at));
  zone.last[kind] = found;
  return found;
}

/**
 * Whether this is the name of a time zone of the IANA data base (not a bare offset such as
 * `+02:00`).
 */
export function isTimeZone(name: string): boolean {
  if (zones.has(name)) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatFor(name);
    return true;
  } catch {
    return false;
  }
}

function hourAt(zone: Zone, at: number): Bounded {
  const offset = offsetAt(zone, at);
  const start = floorTo(at + offset, HOUR) - offset;
  const end = start + HOUR;
  const set = offsetAt(zone, start) === offset ? start : changeBetween(zone, start, at);
  const setNext = offsetAt(zone, end - 1) === offset ? end : changeBetween(zone, at, end - 1);
  return { start: set, end: setNext };
}

function calendarAt(zone: Zone, kind: Exclude<CalendarKind, 'hour'>, at: number): Bounded {
  const shown = Math.floor((at + offsetAt(zone, at)) / DAY);
  // A clock that was set back over midnight shows a day that is already over.
  const day = firstInstant(zone, shown + 1) <= at ? shown + 1 : shown;
  const [first, next] = daysOf(kind, day);
  return { start: firstInstant(zone, first), end: firstInstant(zone, next) };
}

/** First day of the window that holds a day, and of the one after. Days count from 1970-01-01. */
function daysOf(kind: Exclude<CalendarKind, 'hour'>, day: number): readonly [number, number] {
  if (kind === 'day') return [day, day + 1];
  if (kind === 'week') {
    // 1970-01-01 was a Thursday, three days after a Monday.
    const monday = floorTo(day + 3, 7) - 3;
    return [monday, monday + 7];
  }
  const date = new Date(day * DAY);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return [Date.UTC(year, month, 1) / DAY, Date.UTC(year, month + 1, 1) / DAY];
}

/** The first instant at which the local calendar shows this day or a later one. */
function firstInstant(zone: Zone, day: number): number {
  const local = day * DAY;
  const until = local + OFFSET_MAX;
  let from = local - OFFSET_MAX;
  let offset = offsetAt(zone, from);
  for (let sample = from + OFFSET_SAMPLE; sample <= until; sample += OFFSET_SAMPLE) {
    const next = offsetAt(zone, sample);
    const end = next === offset ? sample : changeBetween(zone, from, sample);
    if (local - offset < end) break;
    from = end;
    offset = next;
  }
  return Math.max(from, local - offset);
}

/**
 * The first instant with the offset of `to`, given that the zone was set once in (`from`, `to`].
 */
function changeBetween(zone: Zone, from: number, to: number): number {
  const target = offsetAt(zone, to);
  let before = from;
  let after = to;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(zone, middle) === target) after = middle;
    else before = middle;
  }
  return after;
}

/** What the local clock is ahead of UTC at an instant, in milliseconds. */
function offsetAt(zone: Zone, at: number): number {
  const second = floorTo(at, SECOND);
  const shown = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of zone.format.formatToParts(second)) {
    if (type in shown) shown[type as keyof typeof shown] = Number(value);
  }
  const { year, month, day, hour, minute } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, shown.second) - second;
}

function zoneOf(timezone: string): Zone {
  const known = zones.get(timezone);
  if (known !== undefined) return known;
  if (!isTimeZone(timezone)) throw new RangeError(`Not a time zone: ${timezone}`);
  if (zones.size >= ZONES_MAX) zones.clear();
  const last = { hour: NEVER, day: NEVER, week: NEVER, month: NEVER };
  const zone = { format: formatFor(timezone), last };
  zones.set(timezone, zone);
  return zone;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
