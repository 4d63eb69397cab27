/** AWS's words for tiers in the words of the price book. */
import { expect, test } from 'vitest';
import { bookTier } from '../../../src/gateway/wire/tier.ts';

test.each([
  [undefined, undefined, null],
  ['', undefined, null],
  ['default', undefined, 'standard'],
  ['reserved', undefined, 'standard'],
  ['flex', undefined, 'flex'],
  ['Priority', undefined, 'priority'],
  ['later', undefined, 'later'],
  [undefined, 'standard', 'standard'],
  [undefined, 'optimized', 'latency_optimized'],
  ['default', 'optimized', 'latency_optimized'],
  ['priority', 'optimized', 'priority'],
])('tier %s with latency %s is %s', (tier, latency, expected) => {
  expect(bookTier(tier, latency)).toBe(expected);
});
