/** What the clocks of a time zone show. */

const MINUTE_MS = 60_000;
const ZONES_MAX = 256;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A moment (milliseconds since the epoch) as RFC 3339 in the time of a zone, to the second, such as
 * `2026-11-22T09:33:00-05:00`.
 */
export function localTime(timezone: string, at: number): string {
  const second = Math.floor(at / 1_000) * 1_000;
  const shown = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatOf(timezone).formatToParts(second)) {
    if (type in shown) shown[type as keyof typeof shown] = Number(value);
  }
  const { year, month, day, hour, minute } = shown;
  const local = Date.UTC(year, month - 1, day, hour, minute, shown.second);
  const offset = Math.round((local - second) / MINUTE_MS);
  const size = Math.abs(offset);
  const sign = offset < 0 ? '-' : '+';
  const written = new Date(local).toISOString().slice(0, 19);
  return `${written}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= ZONES_MAX) formats.clear();
  formats.set(timeZone, format);
  return format;
}
