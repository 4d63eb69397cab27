/** Alert thresholds: which of them an amount has reached, and where the next one lies. */
import { expect, it } from 'vitest';
import { percentOf, reachedBy, thresholdsOf } from '../../src/policy/threshold.ts';

const usd = (amount: bigint, alert_thresholds_pct?: readonly number[]) => ({
  limit: { unit: 'usd' as const, amount },
  ...(alert_thresholds_pct === undefined ? {} : { alert_thresholds_pct }),
});

it('alerts at 50, 80, 95 and 100 percent unless the budget says otherwise', () => {
  expect(thresholdsOf({})).toEqual([50, 80, 95, 100]);
  expect(thresholdsOf({ alert_thresholds_pct: [] })).toEqual([]);
  expect(thresholdsOf({ alert_thresholds_pct: [120, 10, 10] })).toEqual([10, 120]);
});

it.each<[bigint, bigint, readonly number[], bigint | null]>([
  [1000n, 0n, [], 500n],
  [1000n, 499n, [], 500n],
  [1000n, 500n, [50], 800n],
  [1000n, 799n, [50], 800n],
  [1000n, 950n, [50, 80, 95], 1000n],
  [1000n, 999n, [50, 80, 95], 1000n],
  [1000n, 1000n, [50, 80, 95, 100], null],
  [1000n, 9999n, [50, 80, 95, 100], null],
  // Half of three is one and a half: one is not half of it yet.
  [3n, 1n, [], 2n],
  [3n, 2n, [50], 3n],
  [3n, 3n, [50, 80, 95, 100], null],
  // Nothing may be spent, and nothing was.
  [0n, 0n, [], 1n],
  [0n, 1n, [50, 80, 95, 100], null],
  // Beyond what floating point can tell apart.
  [10n ** 24n, 5n * 10n ** 23n - 1n, [], 5n * 10n ** 23n],
])('of a limit of %s, %s has reached %j', (limit, posted, reached, next) => {
  expect(reachedBy(usd(limit), posted)).toEqual({ reached, next });
});

it('never reaches a threshold of a budget that has none', () => {
  expect(reachedBy(usd(1n, []), 100n)).toEqual({ reached: [], next: null });
});

it('knows thresholds above the limit, for budgets that only warn', () => {
  expect(reachedBy(usd(100n, [150]), 149n)).toEqual({ reached: [], next: 150n });
  expect(reachedBy(usd(100n, [150]), 150n)).toEqual({ reached: [150], next: null });
});

it.each<[bigint, bigint, string]>([
  [3n, 1n, '33.33'],
  [3n, 2n, '66.66'],
  [10_000n, 9_999n, '99.99'],
  [100_000n, 99_999n, '99.99'],
  [1n, 1n, '100.00'],
  [4n, 5n, '125.00'],
  [100n, 5n, '5.00'],
  [100n, -5n, '0.00'],
  [0n, 0n, '0.00'],
  [0n, 7n, '100.00'],
])('of %s, %s%% of it is rounded down to two decimals', (limit, amount, pct) => {
  expect(percentOf(limit, amount)).toBe(pct);
});
