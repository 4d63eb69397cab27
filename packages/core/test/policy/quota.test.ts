/** Figures of quotas as the API shows them. */
import { describe, expect, test } from 'vitest';
import { microUsd, picoOfMicro, quotaPct, quotaStatus } from '../../src/policy/quota.ts';

test.each([
  [0n, 0],
  [499_999n, 0],
  // 1 + 1 tokens on premium: 0.8 + 3.2 micro-USD.
  [4_000_000n, 4],
  [500_000n, 1],
  [1_499_999n, 1],
  [-500_000n, -1],
  [-499_999n, 0],
])('%d pico-USD are shown as %d micro-USD', (pico, micro) => {
  expect(microUsd(pico)).toBe(micro);
});

test('micro-USD go into pico-USD and back', () => {
  expect(picoOfMicro(10_000_000)).toBe(10_000_000_000_000n);
  expect(microUsd(picoOfMicro(9_000_000_000_000))).toBe(9_000_000_000_000);
});

describe('the share of a quota', () => {
  test.each([
    [0n, 100n, 0],
    [1n, 3n, 33.33],
    [2n, 3n, 66.66],
    // Never shown as reached before it is.
    [999_999n, 1_000_000n, 99.99],
    [1_000_000n, 1_000_000n, 100],
    [1_025n, 1_000n, 102.5],
    [-1n, 100n, 0],
    [0n, 0n, 100],
  ])('%d of %d is %d %%', (posted, limit, pct) => {
    expect(quotaPct({ posted, limit })).toBe(pct);
  });
});

describe('the status of a quota', () => {
  test.each([
    [94_999n, 95, 'NORMAL'],
    [95_000n, 95, 'TIGHT'],
    [99_999n, 95, 'TIGHT'],
    [100_000n, 95, 'EXCEEDED'],
    [99_999n, 100, 'NORMAL'],
    [50_000n, 50, 'TIGHT'],
  ] as const)('%d of 100,000 with a threshold of %d %%: %s', (posted, threshold, status) => {
    expect(quotaStatus({ posted, limit: 100_000n }, threshold)).toBe(status);
  });
  test('a quota of nothing is exceeded', () => {
    expect(quotaStatus({ posted: 0n, limit: 0n }, 95)).toBe('EXCEEDED');
  });
});
