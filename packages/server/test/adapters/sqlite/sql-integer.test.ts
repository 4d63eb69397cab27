/** Amounts go into 64 bits exactly or not at all. */
import { expect, test } from 'vitest';
import { toSqlInteger } from '../../../src/adapters/sqlite/sql-integer.ts';

test.for([
  [0n, 0],
  [-7n, -7],
  [9_007_199_254_740_991n, 9_007_199_254_740_991],
  [-9_007_199_254_740_991n, -9_007_199_254_740_991],
  [9_007_199_254_740_992n, 9_007_199_254_740_992n],
  [9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n],
  [-9_223_372_036_854_775_807n, -9_223_372_036_854_775_807n],
] as const)('%s is kept exactly', ([amount, kept]) => {
  expect(toSqlInteger(amount)).toBe(kept);
});

test.for([9_223_372_036_854_775_808n, -9_223_372_036_854_775_808n, 10n ** 30n])(
  '%s is refused',
  (amount) => {
    expect(() => toSqlInteger(amount)).toThrow(/64 bits/);
  },
);
