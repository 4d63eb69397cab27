/** Days as prices state them: UTC dates, exact. */

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
