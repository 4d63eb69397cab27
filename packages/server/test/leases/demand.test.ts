/** What was asked for of late. */
import { describe, expect, test } from 'vitest';
import { Demand } from '../../src/leases/demand.ts';

describe('recent demand', () => {
  test('is all that was asked for in a time that has just begun', () => {
    const demand = new Demand(1_000);
    demand.add(5n, 50_000);
    demand.add(7n, 50_999);
    expect(demand.recent(50_999)).toEqual({ calls: 2, amount: 12n });
  });

  test('counts of the time before as much as is missing from a whole time', () => {
    const demand = new Demand(1_000);
    for (let at = 0; at < 1_000; at += 100) demand.add(10n, at);
    demand.add(10n, 1_250);
    expect(demand.recent(1_250)).toEqual({ calls: 1 + 8, amount: 10n + 75n });
    expect(demand.recent(1_999).amount).toBeLessThan(12n);
  });

  test('is nothing after two times without a call', () => {
    const demand = new Demand(1_000);
    demand.add(10n, 10);
    expect(demand.recent(1_900)).toMatchObject({ calls: 1 });
    expect(demand.recent(2_000)).toEqual({ calls: 0, amount: 0n });
    expect(demand.recent(90_000)).toEqual({ calls: 0, amount: 0n });
  });
});
