/** Moments as people write them: a month, a day or a time. */

/** What a flag for a moment takes, for its help. */
export const INSTANT_FORMS = '2026-11, 2026-11-01 or RFC 3339; months and days begin in UTC';

/** A month or a day stands for its start in UTC; everything else is left as it is. */
export function startOf(text: string): string {
  const day = firstDayOf(text);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? `${day}T00:00:00Z` : day;
}

/** A month stands for its first day; everything else is left as it is. */
export function firstDayOf(text: string): string {
  return /^\d{4}-\d{2}$/.test(text) ? `${text}-01` : text;
}
