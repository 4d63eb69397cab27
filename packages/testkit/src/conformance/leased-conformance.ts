/**
 * The suite through leases: for one process that has a store to itself, a ledger that leases always
 * answers as the store behind, but for `high_water`, in which blocks count in full.
 */
import { afterAll, expect, test } from 'vitest';
import type { LeasingLedger, Stores } from '@tollkeeper/server';
import { LeasedLedger, LEASE_DEFAULTS, type LeaseSettings } from '@tollkeeper/server/inside';
import { virtualClock } from '../virtual-clock.ts';
import { highWaterWithin } from './high-water.ts';
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

/** Leases in front of a ledger, for the instance of most cases, under a clock that stands still. */
export function leasedStores(stores: LeasingStores): Stores & { readonly ledger: LeasedLedger } {
  let ids = 0;
  const ledger = new LeasedLedger({
    inner: stores.ledger,
    instanceId: 'writer',
    clock: virtualClock(NOON),
    ids: { uuid: () => `lease-${(ids += 1)}`, secret: () => new Uint8Array() },
    settings: ALWAYS,
  });
  return { ...stores, ledger };
}

/** Declares the suite, as `storeConformance` does, and fails when nothing was ever leased. */
export function leasedConformance(open: () => Promise<LeasingStores>, oracle: () => Stores): void {
  const opened: LeasedLedger[] = [];
  storeConformance(async () => {
    const stores = leasedStores(await open());
    opened.push(stores.ledger);
    return highWaterWithin(stores, oracle());
  }, oracle);

  test('blocks were taken, and none was lost or doubted', () => {
    const sum = (of: (ledger: LeasedLedger) => number): number =>
      opened.reduce((total, ledger) => total + of(ledger), 0);
    expect(sum(({ counts }) => counts.taken)).toBeGreaterThan(50);
    expect(sum(({ counts }) => counts.doubted)).toBe(0);
  });

  afterAll(() => {
    opened.length = 0;
  });
}
