/**
 * The suite through leases: for one process that has a store to itself, a ledger that leases always
 * answers as the store behind, but for `high_water`, in which blocks count in full.
 */
import { expect, test } from 'vitest';
import type { LeasingLedger, Stores } from '@tollkeeper/server';
import { LeasedLedger, LEASE_DEFAULTS, type LeaseSettings } from '@tollkeeper/server/inside';
import { virtualClock } from '../virtual-clock.ts';
import { highWaterWithin } from './high-water.ts';
import { LeasedInstances } from './leased-instances.ts';
import { NOON } from './ledger-fixtures.ts';
import { storeConformance } from './store-conformance.ts';

/** Stores whose ledger can lease. */
export interface LeasingStores extends Stores {
  readonly ledger: LeasingLedger;
}

/** Leases for every call, enough for about four of its size. */
export const ALWAYS: LeaseSettings = {
  ...LEASE_DEFAULTS,
  directMax: 1_000,
  size: ({ calls, amount }) => (amount * 4n) / BigInt(calls) + 1n,
};

/** Leases in front of a ledger, for every instance, under a clock that stands still. */
export function leasedInstances(inner: LeasingLedger): LeasedInstances {
  const clock = virtualClock(NOON);
  let leases = 0;
  const ids = { uuid: () => `lease-${(leases += 1)}`, secret: () => new Uint8Array() };
  const open = (instanceId: string): LeasedLedger =>
    new LeasedLedger({ inner, instanceId, clock, ids, settings: ALWAYS });
  return new LeasedInstances(open, 'writer');
}

/** Declares the suite, as `storeConformance` does, and fails when nothing was ever leased. */
export function leasedConformance(open: () => Promise<LeasingStores>, oracle: () => Stores): void {
  const opened: LeasedInstances[] = [];
  storeConformance(async () => {
    const stores = await open();
    const instances = leasedInstances(stores.ledger);
    opened.push(instances);
    const leased = { ...stores, ledger: instances.ledger };
    return highWaterWithin(leased, oracle(), () => instances.areSeveral);
  }, oracle);

  test('blocks were taken, and it was always known what they have', () => {
    expect(opened.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(20);
    expect(opened.reduce((sum, { doubted }) => sum + doubted, 0)).toBe(0);
  });
}
