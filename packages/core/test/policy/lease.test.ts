/** How large a lease is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leaseSize, type LeaseDemand, type LeaseRule } from '../../src/policy/lease.ts';

const RULE: LeaseRule = { blockCalls: 100, minCalls: 10, freeParts: 8 };

/** Fifty calls of 20 each in the last lease time, in a budget that is nearly unused. */
const DEMAND: LeaseDemand = { calls: 50, amount: 1_000n, free: 1_000_000n };

describe('a lease', () => {
  test('is what was used in the last lease time', () => {
    expect(leaseSize(DEMAND, RULE)).toBe(1_000n);
  });

  test('holds no more calls than it may', () => {
    expect(leaseSize(DEMAND, { ...RULE, blockCalls: 30 })).toBe(600n);
  });

  test('shrinks with what is free, and is none for the last of a window', () => {
    expect(leaseSize({ ...DEMAND, free: 4_000n }, RULE)).toBe(500n);
    expect(leaseSize({ ...DEMAND, free: 320n }, RULE)).toBe(40n);
    expect(leaseSize({ ...DEMAND, free: 319n }, RULE)).toBe(0n);
    expect(leaseSize({ ...DEMAND, free: 0n }, RULE)).toBe(0n);
  });

  test('is not made smaller by a limit that refuses nothing', () => {
    expect(leaseSize({ ...DEMAND, free: null }, RULE)).toBe(1_000n);
  });

  test('is none for a budget that is seldom used', () => {
    expect(leaseSize({ ...DEMAND, calls: 9 }, RULE)).toBe(0n);
    expect(leaseSize({ ...DEMAND, calls: 0, amount: 0n }, { ...RULE, minCalls: 0 })).toBe(0n);
  });

  test('is never made when a lease holds no calls', () => {
    expect(leaseSize(DEMAND, { ...RULE, blockCalls: 0 })).toBe(0n);
  });

  test('is at most its part of what is free, and at least two calls', () => {
    const demand = fc.record({
      calls: fc.integer({ min: 1, max: 1_000 }),
      amount: fc.bigInt({ min: 0n, max: 10n ** 18n }),
      free: fc.bigInt({ min: 0n, max: 10n ** 18n }),
    });
    fc.assert(
      fc.property(demand, (given) => {
        const size = leaseSize(given, RULE);
        expect(size * 8n).toBeLessThanOrEqual(given.free);
        if (size > 0n) expect(size * BigInt(given.calls)).toBeGreaterThanOrEqual(2n * given.amount);
      }),
    );
  });
});
