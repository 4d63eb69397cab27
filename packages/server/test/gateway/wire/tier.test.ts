/** AWS's words for tiers in the words of the price book. */
import { expect, test } from 'vitest';
import { askedTier, bookTier } from '../../../src/gateway/wire/tier.ts';

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

test('asking for the price of batch jobs asks for standard; only a reply can say batch', () => {
  expect(['batch', 'Batch', undefined].map((tier) => askedTier(tier, undefined))).toEqual(
    Array(3).fill('standard'),
  );
  expect([askedTier('flex', undefined), askedTier('batch', 'optimized')]).toEqual([
    'flex',
    'latency_optimized',
  ]);
  expect(bookTier('batch', undefined)).toBe('batch');
});
