/** What a ledger guarantees whose budgets are leased. */
import { expect } from 'vitest';
import type { LeasedPart, LeasingLedger, TakeLease } from '@tollkeeper/server';
import {
  allEntries,
  budget,
  DAY,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
  submission,
} from './ledger-fixtures.ts';

/** One case: a guarantee, and what shows it on a ledger that is empty. */
export interface LeaseCase {
  readonly name: string;
  readonly run: (ledger: LeasingLedger) => Promise<void>;
}

const TODAY = Date.UTC(2026, 2, 10);

/** The lease `lease` of the instance that makes the holds. */
export function take(wanted: bigint, changes: Partial<TakeLease> = {}): TakeLease {
  const lease = { instance_id: 'writer', lease_id: 'lease', grows: false, budget_id: 'budget' };
  return { ...lease, at: NOON, wanted, least: 1n, ...changes };
}

/** A part that comes out of it. */
export function part(amount: bigint, changes: Partial<LeasedPart> = {}): LeasedPart {
  return { lease_id: 'lease', budget_id: 'budget', window_start: TODAY, amount, ...changes };
}

/** What a lease still has; undefined: there is none. */
export async function granted(
  ledger: LeasingLedger,
  leaseId = 'lease',
  instance = 'writer',
): Promise<bigint | undefined> {
  const leases = await ledger.leases(instance);
  return leases.find(({ lease_id }) => lease_id === leaseId)?.granted;
}

async function leased(ledger: LeasingLedger, attempt: string, usd: bigint): Promise<unknown> {
  return ledger.reserveLeased({ ...reserve(attempt, usd), leased: [part(usd)] });
}

const TAKING: readonly LeaseCase[] = [
  {
    name: 'a lease counts as held, whether it is used or not',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      const taken = await ledger.takeLease(take(30n));
      expect(taken).toMatchObject({
        kind: 'taken',
        lease: { lease_id: 'lease', budget_id: 'budget', window_start: TODAY },
        amount: 30n,
        state: { balance: { posted: 0n, held: 30n, high_water: 30n }, resets_at: TODAY + DAY },
      });
      expect(await figures(ledger)).toMatchObject({ held: 30n, high_water: 30n });
      expect(await granted(ledger)).toBe(30n);
      expect((await ledger.reserve(reserve('1', 71n))).kind).toBe('refused');
      expect((await ledger.reserve(reserve('2', 70n))).kind).toBe('held');
    },
  },
  {
    name: 'a lease has no more than is free, and is refused where the least of it is not',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      expect(await ledger.takeLease(take(90n))).toMatchObject({ kind: 'taken', amount: 40n });
      const second = take(90n, { lease_id: 'second', least: 5n });
      expect(await ledger.takeLease(second)).toMatchObject({
        kind: 'refused',
        blocking: { budget: { budget_id: 'budget' }, amount: 5n, reason: 'held' },
      });
      await ledger.settle(settle('1', 100n));
      expect(await ledger.takeLease(second)).toMatchObject({ blocking: { reason: 'spent' } });
      expect(await granted(ledger, 'second')).toBeUndefined();
    },
  },
  {
    name: 'a budget that only warns gives whatever is wanted',
    async run(ledger) {
      await ledger.putBudget({ budget: budget({ mode: 'warn' }), at: NOON });
      expect(await ledger.takeLease(take(900n))).toMatchObject({ kind: 'taken', amount: 900n });
    },
  },
  {
    name: 'a lease grows only as long as it is there, for its instance and in its window',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      const grow = (changes: Partial<TakeLease> = {}) =>
        ledger.takeLease(take(10n, { grows: true, ...changes }));
      expect(await grow()).toEqual({ kind: 'gone' });
      await ledger.takeLease(take(10n));
      expect(await grow()).toMatchObject({ kind: 'taken', amount: 10n });
      expect(await grow({ at: NOON + DAY })).toEqual({ kind: 'gone' });
      expect(await grow({ instance_id: 'other' })).toEqual({ kind: 'gone' });
      expect(await ledger.takeLease(take(10n))).toEqual({ kind: 'gone' });
      expect(await grow({ budget_id: 'none' })).toEqual({ kind: 'gone' });
      expect(await ledger.leases('writer')).toEqual([
        {
          ...{ lease_id: 'lease', budget_id: 'budget', window_start: TODAY },
          ...{ instance_id: 'writer', granted: 20n },
        },
      ]);
      expect(await ledger.leases('other')).toEqual([]);
      expect((await figures(ledger)).held).toBe(20n);
    },
  },
  {
    name: 'what is given back is free again, and what ends gives all that is left of it',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(30n));
      await ledger.returnLease({ ...part(12n), instance_id: 'writer', ends: false });
      expect(await granted(ledger)).toBe(18n);
      expect((await figures(ledger)).held).toBe(18n);
      await ledger.returnLease({ ...part(0n), instance_id: 'writer', ends: true });
      expect(await granted(ledger)).toBeUndefined();
      expect(await figures(ledger)).toMatchObject({ held: 0n, high_water: 30n });
      await ledger.returnLease({ ...part(5n), instance_id: 'writer', ends: true });
      expect((await figures(ledger)).held).toBe(0n);
    },
  },
  {
    name: 'a lease ends by its id, whatever its instance takes for its window',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(30n));
      const elsewhere = part(0n, { window_start: 0 });
      await ledger.returnLease({ ...elsewhere, instance_id: 'writer', ends: true });
      expect(await granted(ledger)).toBeUndefined();
      expect((await figures(ledger)).held).toBe(0n);
    },
  },
];

const HOLDING: readonly LeaseCase[] = [
  {
    name: 'a hold out of a lease is durable, and takes nothing from the budget a second time',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      const reserved = await leased(ledger, '1', 40n);
      expect(reserved).toMatchObject({ kind: 'held' });
      expect(await ledger.holds('writer')).toMatchObject([
        {
          intent: { attempt_id: '1' },
          allocations: [{ budget_id: 'budget', window_start: TODAY, amount: 40n }],
        },
      ]);
      expect(await leased(ledger, '1', 40n)).toEqual({ kind: 'duplicate' });
      expect((await figures(ledger)).held).toBe(100n);
    },
  },
  {
    name: 'budgets without a lease are asked, and refuse the whole hold',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.putBudget({ budget: budget({ budget_id: 'other', amount: 50n }), at: NOON });
      await ledger.takeLease(take(100n));
      expect(await leased(ledger, '1', 40n)).toMatchObject({ kind: 'held' });
      expect(await leased(ledger, '2', 20n)).toMatchObject({
        kind: 'refused',
        blocking: [{ budget: { budget_id: 'other' }, reason: 'held' }],
      });
      expect(await figures(ledger, 'other')).toMatchObject({ held: 40n });
      await ledger.settle(settle('1', 30n));
      expect(await figures(ledger, 'other')).toMatchObject({ held: 0n, posted: 30n });
      expect(await granted(ledger)).toBe(70n);
    },
  },
  {
    name: 'a hold out of a lease that is no more writes nothing and names the lease',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      const lost = { kind: 'lease_lost', lease_ids: ['lease'] };
      expect(await leased(ledger, '1', 10n)).toEqual(lost);
      await ledger.takeLease(take(20n, { instance_id: 'other' }));
      expect(await leased(ledger, '1', 10n)).toEqual(lost);
      await ledger.endLeases('other');
      await ledger.takeLease(take(20n));
      const tomorrow = reserve('1', 10n, { at: NOON + DAY });
      expect(await ledger.reserveLeased({ ...tomorrow, leased: [part(10n)] })).toEqual(lost);
      expect(await ledger.holds()).toEqual([]);
      expect((await figures(ledger)).held).toBe(20n);
    },
  },
  {
    name: 'a hold that is released leaves its part to the lease',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(50n));
      await leased(ledger, '1', 40n);
      await ledger.release('1');
      expect(await granted(ledger)).toBe(50n);
      expect((await figures(ledger)).held).toBe(50n);
      expect(await leased(ledger, '2', 50n)).toMatchObject({ kind: 'held' });
    },
  },
];

const SETTLING: readonly LeaseCase[] = [
  {
    name: 'a settlement moves its amount from the lease to what is posted',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      await leased(ledger, '1', 40n);
      const settled = await ledger.settleLeased({ ...settle('1', 25n), leased: [part(25n)] });
      expect(settled).toMatchObject({ kind: 'settled', sequence: 1 });
      expect(await figures(ledger)).toMatchObject({ posted: 25n, held: 75n, high_water: 100n });
      expect(await granted(ledger)).toBe(75n);
      expect(await ledger.holds()).toEqual([]);
      expect(await ledger.settleLeased({ ...settle('1', 25n), leased: [part(25n)] })).toEqual({
        kind: 'already',
      });
      expect(await figures(ledger)).toMatchObject({ posted: 25n, held: 75n });
    },
  },
  {
    name: 'what goes beyond a hold comes out of the lease where it has it, and is no excess',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      await leased(ledger, '1', 40n);
      await ledger.settleLeased({ ...settle('1', 55n), leased: [part(55n)] });
      expect(await figures(ledger)).toMatchObject({
        posted: 55n,
        held: 45n,
        high_water: 100n,
        excess: { over_bound: 0n },
      });
      await leased(ledger, '2', 45n);
      await ledger.settleLeased({ ...settle('2', 60n), leased: [part(45n)] });
      expect(await figures(ledger)).toMatchObject({
        posted: 115n,
        held: 0n,
        excess: { over_bound: 15n },
      });
      expect(await granted(ledger)).toBe(0n);
    },
  },
  {
    name: 'what a hold took beside a lease may be exceeded out of one',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(60n));
      await ledger.reserve(reserve('1', 40n));
      await ledger.settleLeased({ ...settle('1', 55n), leased: [part(15n)] });
      expect(await figures(ledger)).toMatchObject({
        posted: 55n,
        held: 45n,
        excess: { over_bound: 0n },
      });
      expect(await granted(ledger)).toBe(45n);
    },
  },
  {
    name: 'recovery settles out of the lease what the hold took, and then ends the leases',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      await leased(ledger, '1', 40n);
      await leased(ledger, '2', 30n);
      expect(await ledger.settle(recovery('1', 40n))).toMatchObject({ kind: 'settled' });
      expect(await figures(ledger)).toMatchObject({ posted: 40n, ceiling: 40n, held: 60n });
      expect(await ledger.settle(recovery('2', 30n))).toMatchObject({ kind: 'settled' });
      await ledger.endLeases('writer');
      expect(await ledger.leases('writer')).toEqual([]);
      expect(await figures(ledger)).toMatchObject({ posted: 70n, held: 0n, high_water: 100n });
      // The process was not dead after all.
      const late = await ledger.settleLeased({ ...settle('1', 10n), leased: [part(10n)] });
      expect(late).toMatchObject({ kind: 'corrected' });
      expect(await figures(ledger)).toMatchObject({ posted: 40n, ceiling: 30n, held: 0n });
    },
  },
  {
    name: 'usage that was submitted comes out of a lease, and is no excess as far as it has it',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      const recorded = await ledger.recordLeased({ ...submission('s1', 70n), leased: [part(70n)] });
      expect(recorded).toMatchObject({ kind: 'recorded', sequence: 1 });
      expect(await figures(ledger)).toMatchObject({ posted: 70n, held: 30n, high_water: 100n });
      await ledger.recordLeased({ ...submission('s2', 50n), leased: [part(30n)] });
      expect(await figures(ledger)).toMatchObject({
        posted: 120n,
        held: 0n,
        excess: { submitted: 20n },
      });
      const again = await ledger.recordLeased({ ...submission('s2', 50n), leased: [] });
      expect(again).toMatchObject({ kind: 'already', entry: { entry_id: 's2' } });
      await ledger.endLeases('writer');
      const lost = await ledger.recordLeased({ ...submission('s3', 5n), leased: [part(5n)] });
      expect(lost).toEqual({ kind: 'lease_lost', lease_ids: ['lease'] });
      expect(await allEntries(ledger)).toHaveLength(2);
    },
  },
];

const CHANGING: readonly LeaseCase[] = [
  {
    name: 'a new limit leaves leases as they are, and names what they have beyond it',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(80n));
      await ledger.putBudget({ budget: budget({ amount: 50n }), at: NOON });
      expect(await figures(ledger)).toMatchObject({ held: 80n, excess: { limit_lowered: 30n } });
      expect(await leased(ledger, '1', 70n)).toMatchObject({ kind: 'held' });
    },
  },
  {
    name: 'a budget of another kind has no leases; holds out of the old ones count in it',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(80n));
      await leased(ledger, '1', 20n);
      await ledger.putBudget({ budget: budget({ window: 'total' }), at: NOON });
      expect(await ledger.leases('writer')).toEqual([]);
      expect(await figures(ledger)).toMatchObject({ posted: 0n, held: 20n, high_water: 20n });
      expect(await leased(ledger, '2', 20n)).toMatchObject({ kind: 'lease_lost' });
      await ledger.settleLeased({ ...settle('1', 15n), leased: [part(15n)] });
      expect(await figures(ledger)).toMatchObject({ posted: 15n, held: 0n });
    },
  },
  {
    name: 'a budget that is removed takes its leases along, and its holds go on',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(80n));
      await leased(ledger, '1', 20n);
      await ledger.removeBudget('budget');
      expect(await ledger.leases('writer')).toEqual([]);
      expect(await ledger.takeLease(take(1n, { grows: true }))).toEqual({ kind: 'gone' });
      await ledger.returnLease({ ...part(10n), instance_id: 'writer', ends: true });
      expect(await ledger.settleLeased({ ...settle('1', 15n), leased: [part(15n)] })).toMatchObject(
        { kind: 'settled', states: [] },
      );
      await ledger.putBudget({ budget: budget(), at: NOON });
      expect(await figures(ledger)).toMatchObject({ posted: 15n, held: 0n });
    },
  },
  {
    name: 'leases of one window are nothing to another',
    async run(ledger) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.takeLease(take(100n));
      await ledger.takeLease(take(100n, { lease_id: 'tomorrow', at: NOON + DAY }));
      expect((await figures(ledger, 'budget', NOON + DAY)).held).toBe(100n);
      const later = { ...reserve('1', 60n, { at: NOON + DAY }) };
      const window_start = TODAY + DAY;
      const out = part(60n, { lease_id: 'tomorrow', window_start });
      expect(await ledger.reserveLeased({ ...later, leased: [out] })).toMatchObject({
        kind: 'held',
      });
      await ledger.settleLeased({ ...settle('1', 60n), leased: [out] });
      expect(await figures(ledger, 'budget', NOON + DAY)).toMatchObject({ posted: 60n, held: 40n });
      expect(await figures(ledger)).toMatchObject({ posted: 0n, held: 100n });
    },
  },
];

/** Every case. */
export const leaseCases: readonly LeaseCase[] = [...TAKING, ...HOLDING, ...SETTLING, ...CHANGING];
