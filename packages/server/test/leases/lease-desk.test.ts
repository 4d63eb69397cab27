/** When leases are taken and when they go back, by the clock. */
import { describe, expect, test } from 'vitest';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';
import {
  budget,
  DAY,
  figures,
  HOUR,
  NOON,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import { LeasingMemoryLedger } from '../../src/adapters/memory/leasing.ts';
import { LEASE_DEFAULTS, type LeaseSettings } from '../../src/leases/lease-settings.ts';
import { LeasedLedger } from '../../src/leases/leased-ledger.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { LeasingLedger } from '../../src/ports/leasing-ledger.ts';

interface Rig {
  readonly clock: VirtualClock;
  readonly store: LeasingMemoryLedger;
  readonly ledger: LeasedLedger;
  /** Requests that came to the store. */
  readonly asked: string[];
  /** Requests of this name are lost once they were carried out. */
  lose: keyof LeasingLedger | undefined;
}

/** Leases of four calls, of 10 each, of a budget of 1,000. */
async function rig(settings: Partial<LeaseSettings> = {}, amount = 1_000n): Promise<Rig> {
  const clock = virtualClock(NOON);
  const store = new LeasingMemoryLedger(() => 0);
  const asked: string[] = [];
  const made: { lose: Rig['lose'] } = { lose: undefined };
  const inner = new Proxy<LeasingLedger>(store, {
    get: (_, name: keyof LeasingLedger) => {
      const call = store[name].bind(store) as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        asked.push(name);
        const answer = await call(...given);
        if (name === made.lose) throw new StoreUnavailable('The answer was lost.');
        return answer;
      };
    },
  });
  let ids = 0;
  const ledger = new LeasedLedger({
    ...{ inner, clock, instanceId: 'writer' },
    ids: { uuid: () => `lease-${(ids += 1)}`, secret: () => new Uint8Array() },
    settings: { ...LEASE_DEFAULTS, size: () => 40n, ...settings },
  });
  await ledger.putBudget({ budget: budget({ amount }), at: NOON });
  return Object.assign(made, { clock, store, ledger, asked });
}

/** Lets everything follow that follows without time. */
async function follow(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await follow();
  }
}

const heldIn = async (store: LeasingMemoryLedger): Promise<bigint> => (await figures(store)).held;

describe('leases', () => {
  test('are taken once for the calls that fit', async () => {
    const { ledger, asked, store } = await rig();
    for (const id of ['1', '2', '3', '4', '5']) await ledger.reserve(reserve(id, 10n));
    expect(asked.filter((name) => name === 'takeLease')).toHaveLength(2);
    expect(await heldIn(store)).toBe(80n);
    expect(await figures(ledger)).toMatchObject({ held: 50n });
    expect(ledger.counts).toMatchObject({ taken: 2, direct: 0 });
  });

  test('are taken for all who came while the store was asked, and served in order', async () => {
    const { ledger, asked } = await rig();
    const order: string[] = [];
    const call = async (id: string): Promise<void> => {
      const { kind } = await ledger.reserve(reserve(id, 30n));
      order.push(`${id} ${kind}`);
    };
    await Promise.all(['1', '2', '3', '4'].map(call));
    expect(order).toEqual(['1 held', '2 held', '3 held', '4 held']);
    expect(asked.filter((name) => name === 'takeLease').length).toBeLessThanOrEqual(2);
  });

  test('are taken for whoever comes, in whatever step of a take', async () => {
    for (let steps = 0; steps < 60; steps++) {
      const { ledger } = await rig();
      const held: string[] = [];
      const call = async (id: string): Promise<void> => {
        held.push((await ledger.reserve(reserve(id, 30n))).kind);
      };
      void call('1');
      for (let step = 0; step < steps; step++) await Promise.resolve();
      void call('2');
      for (let turn = 0; turn < 4; turn++) await follow();
      expect([steps, held]).toEqual([steps, ['held', 'held']]);
    }
  });

  test('go back when they are unused for a while, and the last use ends them', async () => {
    const { ledger, clock, store } = await rig({ idleMs: 1_000 });
    await ledger.reserve(reserve('1', 10n));
    await pass(clock, 900);
    expect(await heldIn(store)).toBe(40n);
    await pass(clock, 1_000);
    expect(await heldIn(store)).toBe(10n);
    await ledger.settle(settle('1', 4n));
    await pass(clock, 2_000);
    expect(await figures(store)).toMatchObject({ posted: 4n, held: 0n });
    expect([await store.leases('writer'), ledger.leases]).toEqual([[], 0]);
  });

  test('go back when their window is over, used or not', async () => {
    const { ledger, clock, store } = await rig({ idleMs: DAY * 2, strayMs: DAY * 9 });
    await ledger.reserve(reserve('1', 10n));
    clock.advance(12 * HOUR);
    clock.advance(DAY);
    await follow();
    expect(await heldIn(store)).toBe(10n);
    expect(await ledger.reserve(reserve('late', 10n))).toMatchObject({ kind: 'held' });
    expect((await store.leases('writer')).length).toBeLessThanOrEqual(1);
  });

  test('go back when the ledger is closed', async () => {
    const { ledger, store, clock } = await rig();
    await ledger.reserve(reserve('1', 10n));
    await ledger.settle(settle('1', 10n));
    await ledger.close();
    expect(await store.leases('writer')).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('of which a take was not answered are not used, and are ended', async () => {
    const made = await rig();
    const { ledger, store, clock } = made;
    made.lose = 'takeLease';
    expect(await ledger.reserve(reserve('1', 10n))).toMatchObject({ kind: 'held' });
    expect(await heldIn(store)).toBe(50n);
    made.lose = undefined;
    await pass(clock, 2_000);
    expect(await heldIn(store)).toBe(10n);
    expect(ledger.counts).toMatchObject({ doubted: 1, direct: 1 });
  });

  test('of which a take was not answered may turn up later, and are told of', async () => {
    const made = await rig({ strayMs: 5_000 });
    const { ledger, clock } = made;
    made.lose = 'takeLease';
    await ledger.reserve(reserve('1', 10n));
    made.lose = undefined;
    await ledger.settle(settle('1', 10n));
    // Ended, as far as this process can tell.
    await pass(clock, 2_000);
    await ledger.giveBack();
    expect(ledger.leases).toBe(1);
    await pass(clock, 10_000);
    expect(ledger.leases).toBe(0);
  });

  test('of which a return was not answered end with their last hold', async () => {
    const made = await rig({ idleMs: 1_000 });
    const { ledger, store, clock } = made;
    await ledger.reserve(reserve('1', 10n));
    made.lose = 'returnLease';
    await pass(clock, 3_000);
    made.lose = undefined;
    expect(await heldIn(store)).toBe(10n);
    await ledger.settle(settle('1', 10n));
    await pass(clock, 2_000);
    expect([await store.leases('writer'), ledger.leases]).toEqual([[], 0]);
  });

  test('that nobody knows are found and ended', async () => {
    const { ledger, store, clock } = await rig({ strayMs: 5_000 });
    await ledger.reserve(reserve('1', 10n));
    const stray = { instance_id: 'writer', lease_id: 'stray', budget_id: 'budget', grows: false };
    await store.takeLease({ ...stray, at: NOON, wanted: 100n, least: 1n });
    await ledger.settle(settle('1', 10n));
    await pass(clock, 12_000);
    expect(await heldIn(store)).toBe(0n);
  });

  test('that are lost are dropped, and the call begins anew', async () => {
    const { ledger, store } = await rig();
    await ledger.reserve(reserve('1', 10n));
    await store.putBudget({ budget: budget({ window: 'hour' }), at: NOON });
    expect(await ledger.reserve(reserve('2', 10n))).toMatchObject({ kind: 'held' });
    expect(ledger.counts.lost).toBe(1);
    expect((await figures(store)).held).toBeGreaterThanOrEqual(20n);
  });
});

describe('without leases', () => {
  test('a block size of 0 asks every budget directly', async () => {
    const clock = virtualClock(NOON);
    const store = new LeasingMemoryLedger(() => 0);
    const ledger = new LeasedLedger({
      ...{ inner: store, clock, instanceId: 'writer' },
      ids: { uuid: () => 'lease', secret: () => new Uint8Array() },
      settings: { ...LEASE_DEFAULTS, blockCalls: 0, minCalls: 1 },
    });
    await ledger.putBudget({ budget: budget({ amount: 10_000n }), at: NOON });
    for (let call = 0; call < 50; call++) await ledger.reserve(reserve(`${call}`, 10n));
    expect(ledger.counts).toMatchObject({ taken: 0, direct: 50 });
    expect(clock.pending()).toBe(0);
  });

  test('so many ask a budget at once, and the rest is told that calls are in the way', async () => {
    const { ledger } = await rig({ size: () => 0n, directMax: 2 }, 20n);
    const answers = await Promise.all(
      ['1', '2', '3', '4'].map((id) => ledger.reserve(reserve(id, 10n))),
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['held', 'held', 'refused', 'refused']);
    expect(answers[3]).toMatchObject({
      blocking: [{ budget: { budget_id: 'budget' }, amount: 10n, reason: 'held' }],
    });
    expect(ledger.counts).toMatchObject({ tail: 2, direct: 2 });
    expect(await ledger.reserve(reserve('3', 10n))).toMatchObject({
      blocking: [{ reason: 'held', balance: { held: 20n } }],
    });
  });
});
