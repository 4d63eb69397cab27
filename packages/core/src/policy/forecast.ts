/** When a budget will be spent if everything goes on as it did of late. */
import type { Budget } from './budget.ts';

/** How far back the present rate is measured, at most. */
export const FORECAST_SPAN_MS = 3_600_000;

/** What was posted to a budget in a stretch of time; `from` inclusive, `to` exclusive. */
export interface RecentSpending {
  readonly from: number;
  readonly to: number;
  readonly posted: bigint;
}

/**
 * Where the rate is measured: the last hour, or since the window began if that is less. What came
 * before belongs to a window that is over. Milliseconds since the epoch.
 */
export function forecastSpan(
  windowStart: number,
  now: number,
): { readonly from: number; readonly to: number } {
  return { from: Math.min(now, Math.max(windowStart, now - FORECAST_SPAN_MS)), to: now };
}

/**
 * When the limit will be reached at the rate of `recent`, in whole milliseconds since the epoch,
 * rounded up. `now` when it is reached already; null when nothing is being spent, or when the
 * window ends first. `recent` may be somewhat older than `now`; its rate is taken to go on.
 */
export function exhaustionOf(
  budget: Pick<Budget, 'limit'>,
  posted: bigint,
  recent: RecentSpending,
  now: number,
  resetsAt: number | null,
): number | null {
  const left = budget.limit.amount - posted;
  if (left <= 0n) return now;
  const span = BigInt(Math.max(0, recent.to - recent.from));
  if (recent.posted <= 0n || span === 0n) return null;
  const wait = (left * span + recent.posted - 1n) / recent.posted;
  const at = BigInt(now) + wait;
  if (at > LATEST) return null;
  return resetsAt !== null && Number(at) >= resetsAt ? null : Number(at);
}

/** The last instant that a date can show. Whatever is spent after it is not spent. */
const LATEST = 8_640_000_000_000_000n;
