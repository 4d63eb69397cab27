/** How long to wait before trying again. */

/** The first wait is of half a second on average, later ones double. */
const BASE_MS = 1000;
/** Waits by ourselves are never longer. */
const LONGEST_MS = 60_000;
/** What a server asks for is honoured up to an hour. */
const ASKED_MS_MAX = 3_600_000;

/**
 * Milliseconds until the next attempt: random up to a bound that doubles, so that clients that
 * failed together do not come back together, and never less than the server asked for.
 * `failures` counts from 1; `random` is at least 0 and less than 1.
 */
export function waitMs(failures: number, random: number, askedMs: number | null): number {
  const bound = Math.min(LONGEST_MS, BASE_MS * 2 ** Math.min(failures - 1, 16));
  return Math.ceil(Math.max(bound * random, Math.min(askedMs ?? 0, ASKED_MS_MAX)));
}

/** Milliseconds that a `Retry-After` asks for: seconds or a date. Null when it says nothing. */
export function askedMs(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null || retryAfter.trim() === '') return null;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
