/**
 * Alert thresholds of budgets: at which parts of the limit somebody is told. What counts is what
 * was posted, the ceilings of unknown usage included, as for admission; what is only held may never
 * be spent and tells nobody anything.
 */
import type { Budget } from './budget.ts';

/** Percent of the limit at which a budget alerts that states no thresholds of its own. */
export const ALERT_THRESHOLDS_PCT: readonly number[] = Object.freeze([50, 80, 95, 100]);

/** Where a budget's posted amount lies among its thresholds. */
export interface Reached {
  /** Thresholds that it has come to, lowest first, in percent. */
  readonly reached: readonly number[];
  /** The posted amount at which there will be one more; null when there is none above. */
  readonly next: bigint | null;
}

/** The thresholds of a budget in percent, lowest first, each once. None: it never alerts. */
export function thresholdsOf(budget: Pick<Budget, 'alert_thresholds_pct'>): readonly number[] {
  const { alert_thresholds_pct: stated } = budget;
  if (stated === undefined) return ALERT_THRESHOLDS_PCT;
  return [...new Set(stated)].sort((a, b) => a - b);
}

/**
 * Which thresholds an amount has reached: `posted` is at least so many percent of the limit, and
 * something was posted at all (a limit of zero is reached by the first pico-dollar, not before).
 */
export function reachedBy(
  budget: Pick<Budget, 'alert_thresholds_pct' | 'limit'>,
  posted: bigint,
): Reached {
  const reached: number[] = [];
  for (const pct of thresholdsOf(budget)) {
    const needed = amountAt(budget.limit.amount, pct);
    if (posted < needed) return { reached, next: needed };
    reached.push(pct);
  }
  return { reached, next: null };
}

/** The smallest amount that is at least `pct` percent of a limit, and never nothing. */
function amountAt(limit: bigint, pct: number): bigint {
  const needed = (limit * BigInt(pct) + 99n) / 100n;
  return needed > 0n ? needed : 1n;
}

/**
 * How much of a limit an amount is, in percent with two decimals, rounded down: "0.00", "99.99".
 * Of a limit of zero, anything at all is "100.00".
 */
export function percentOf(limit: bigint, amount: bigint): string {
  if (limit === 0n) return amount > 0n ? '100.00' : '0.00';
  const hundredths = (amount * 10_000n) / limit;
  const whole = hundredths > 0n ? hundredths : 0n;
  return `${whole / 100n}.${(whole % 100n).toString().padStart(2, '0')}`;
}
