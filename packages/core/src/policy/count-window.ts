/**
 * Limits that count requests in windows: a window begins with its first request and lasts its
 * length; at most so many requests a window. Pure: the caller keeps the window and names the time.
 *
 * Unlike a token bucket, a client can tell from two numbers where it stands: how many are left,
 * and when all of them are there again.
 */

/** At most `limit` requests in each window of `length_ms` milliseconds. */
export interface WindowRule {
  readonly limit: number;
  readonly length_ms: number;
}

/** All that is remembered of one party. Times are milliseconds since the epoch. */
export interface CountWindow {
  readonly began: number;
  /** Requests that were admitted in it. */
  readonly count: number;
}

export interface WindowDecision {
  readonly admitted: boolean;
  /** The window to remember; after a refusal it is as before. */
  readonly window: CountWindow;
  /** Requests that are left in it. */
  readonly remaining: number;
  /** The first moment that is no longer in it: from then on all are there again. */
  readonly ends_at: number;
}

/**
 * Counts one request at `now`, if the window has room for it. `before` null: there was none yet.
 * A clock that goes back moves the window back with its count, so that nothing is admitted twice
 * and nobody waits longer than one length.
 */
export function countRequest(
  before: CountWindow | null,
  rule: WindowRule,
  now: number,
): WindowDecision {
  const ended = before === null || now >= before.began + rule.length_ms;
  const began = ended ? now : Math.min(before.began, now);
  const counted = ended ? 0 : before.count;
  const admitted = counted < rule.limit;
  const count = admitted ? counted + 1 : counted;
  return {
    admitted,
    window: { began, count },
    remaining: Math.max(0, rule.limit - count),
    ends_at: began + rule.length_ms,
  };
}
