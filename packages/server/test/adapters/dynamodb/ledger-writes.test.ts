/** What a call costs in the table, and what is left there of calls that went wrong. */
import { describe, expect, test } from 'vitest';
import { budget, figures, NOON, reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { CountedItems } from '../../../src/adapters/dynamodb/items/counted-items.ts';
import type { ItemKind } from '../../../src/adapters/dynamodb/items/item-kind.ts';
import type { Items, Transacted, Write } from '../../../src/adapters/dynamodb/items/items.ts';
import { openDynamoStore, type DynamoStores } from '../../../src/adapters/dynamodb/store.ts';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import type { LeasedPart } from '../../../src/ports/leasing-ledger.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { countingIds, seeded } from './group-rig.ts';

/** Short pauses pass at once, heartbeats never. */
function eagerClock(): Clock {
  let passed = 0;
  return {
    now: () => NOON,
    monotonic: () => passed,
    after: (ms, then) => {
      if (ms > 1_000) return { cancel: () => {} };
      const timer = setImmediate(() => {
        passed += ms;
        then();
      });
      return { cancel: () => clearImmediate(timer) };
    },
  };
}

function storeOn(items: Items): DynamoStores {
  const random = seeded(7);
  const ids = countingIds(random);
  const bounds = { leaseMs: 1_000_000, freshnessMs: 500_000, laneCount: 4 };
  return openDynamoStore({ items, clock: eagerClock(), ids, random, ...bounds });
}

const CALLS = 20;
const ids = Array.from({ length: CALLS }, (_, index) => `call-${index}`);

/** Puts and deletes in transactions since the last time, by kind; those of `conditions` checks. */
function counter(items: CountedItems) {
  let before = items.counts();
  return () => {
    const now = items.counts();
    const kinds: { [kind in ItemKind]?: number } = {};
    for (const [kind, { writes }] of Object.entries(now.kinds)) {
      const added = writes - (before.kinds[kind as ItemKind]?.writes ?? 0);
      if (added > 0) kinds[kind as ItemKind] = added;
    }
    const lane = (counts: typeof now): number => counts.kinds.lane?.conditions ?? 0;
    const counted = {
      transactions: now.committed - before.committed,
      checks: lane(now) - lane(before),
      reads: now.items_read - before.items_read,
      kinds,
    };
    before = now;
    return counted;
  };
}

describe('a group of calls writes', () => {
  test('per call what only it needs, and once what all of them move', async () => {
    const items = new CountedItems(new MemoryItems());
    const { ledger } = storeOn(items);
    await ledger.putBudget({ budget: budget({ amount: 1_000n }), at: NOON });
    await ledger.reserve(reserve('first', 1n));
    await ledger.settle(settle('first', 1n));
    const count = counter(items);
    await Promise.all(ids.map((id) => ledger.reserve(reserve(id, 10n))));
    expect(count()).toMatchObject({
      transactions: 1,
      checks: 1,
      kinds: { intent: CALLS, intent_group: 1, balance: 1 },
    });
    await Promise.all(ids.map((id) => ledger.settle(settle(id, 4n))));
    expect(count()).toEqual({
      transactions: 1,
      checks: 1,
      reads: 0,
      kinds: { settlement: CALLS, entry: CALLS, known_as: CALLS, log: 1, balance: 1 },
    });
  });

  test('out of a lease no balance at all', async () => {
    const items = new CountedItems(new MemoryItems());
    const { ledger } = storeOn(items);
    await ledger.putBudget({ budget: budget({ amount: 1_000n }), at: NOON });
    const taken = await ledger.takeLease({
      instance_id: 'writer',
      lease_id: 'lease',
      grows: false,
      budget_id: 'budget',
      at: NOON,
      wanted: 500n,
      least: 500n,
    });
    if (taken.kind !== 'taken') throw new Error(taken.kind);
    await ledger.reserve(reserve('first', 0n));
    await ledger.settle(settle('first', 0n));
    const count = counter(items);
    const part = (amount: bigint): LeasedPart[] => [{ ...taken.lease, amount }];
    const reserving = ids.map((id) =>
      ledger.reserveLeased({ ...reserve(id, 10n), leased: part(10n) }),
    );
    await Promise.all(reserving);
    expect(count()).toEqual({
      transactions: 1,
      checks: 1,
      reads: 0,
      kinds: { intent: CALLS, intent_group: 1 },
    });
    const settling = ids.map((id) => ledger.settleLeased({ ...settle(id, 4n), leased: part(4n) }));
    await Promise.all(settling);
    expect(count()).toMatchObject({
      transactions: 1,
      checks: 1,
      kinds: { settlement: CALLS, entry: CALLS, known_as: CALLS, log: 1, lease: 1 },
    });
    expect(await figures(ledger)).toMatchObject({ posted: 80n, held: 420n });
  });
});

/** A table to which transactions that reserve get only when they are let through, later. */
class LateItems extends MemoryItems {
  readonly late: (() => Promise<Transacted>)[] = [];
  isLate = true;

  override async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const reserves = writes.some(
      ({ op, ...write }) => op === 'put' && 'item' in write && write.item.pk === 'A#1',
    );
    if (!this.isLate || !reserves) return super.transact(writes, token);
    this.late.push(() => super.transact(writes, token));
    throw new StoreUnavailable('lost');
  }
}

describe('a reserve of which the answer was lost', () => {
  test('never happens once it was released, however late it comes', async () => {
    const items = new LateItems();
    const { ledger } = storeOn(items);
    await ledger.putBudget({ budget: budget(), at: NOON });
    await expect(ledger.reserve(reserve('1', 60n))).rejects.toThrow(StoreUnavailable);
    items.isLate = false;
    await ledger.release('1');
    for (const arrive of items.late) expect((await arrive()).kind).toBe('cancelled');
    expect(await ledger.holds()).toEqual([]);
    expect((await figures(ledger)).held).toBe(0n);
    expect(await ledger.reserve(reserve('1', 60n))).toEqual({ kind: 'duplicate' });
    expect(await ledger.settle(settle('1', 5n))).toEqual({ kind: 'unknown_attempt' });
  });

  test('ends with its release when it had happened', async () => {
    const items = new LateItems();
    const { ledger } = storeOn(items);
    await ledger.putBudget({ budget: budget(), at: NOON });
    await expect(ledger.reserve(reserve('1', 60n))).rejects.toThrow(StoreUnavailable);
    items.isLate = false;
    const [arrive] = items.late;
    expect((await arrive?.())?.kind).toBe('committed');
    expect((await figures(ledger)).held).toBe(60n);
    await ledger.release('1');
    expect((await figures(ledger)).held).toBe(0n);
    expect(await ledger.holds()).toEqual([]);
  });

  test('leaves no mark behind when nobody ever tried it', async () => {
    const items = new MemoryItems();
    const { ledger } = storeOn(items);
    await ledger.release('never');
    expect([...items.all()]).toEqual([]);
  });
});

test('lists of what was intended go when all of it has ended', async () => {
  const items = new MemoryItems();
  const { ledger } = storeOn(items);
  const lists = (): number => [...items.all()].filter(({ sk }) => sk.startsWith('GROUP#')).length;
  await Promise.all(ids.map((id) => ledger.reserve(reserve(id, 10n))));
  expect(lists()).toBe(1);
  const [last = '', ...others] = ids;
  await Promise.all(others.map((id) => ledger.settle(settle(id, 4n))));
  await ledger.reserve(reserve('other', 1n));
  await ledger.release('other');
  await ledger.close();
  expect(lists()).toBe(1);
  expect((await ledger.holds('writer')).map((hold) => hold.intent.attempt_id)).toEqual([last]);
  await ledger.settle(settle(last, 4n));
  await ledger.endLeases('writer');
  expect(lists()).toBe(0);
});

test('of more budgets than a settlement can write no call is begun; all others end', async () => {
  const { ledger } = storeOn(new MemoryItems());
  const put = (count: number) =>
    ledger.putBudget({ budget: budget({ budget_id: `b${count}` }), at: NOON });
  const lease = { instance_id: 'writer', grows: false, at: NOON, wanted: 20n, least: 20n };
  const leased: LeasedPart[] = [];
  for (let count = 0; count < 32; count += 1) {
    await put(count);
    const [budget_id, lease_id] = [`b${count}`, `l${count}`];
    const taken = await ledger.takeLease({ ...lease, budget_id, lease_id });
    expect(taken.kind).toBe('taken');
    leased.push({ budget_id, lease_id, window_start: NOON - (NOON % 86_400_000), amount: 10n });
  }
  expect((await ledger.reserveLeased({ ...reserve('1', 10n), leased })).kind).toBe('held');
  // Each balance and each lease is written.
  expect((await ledger.settleLeased({ ...settle('1', 15n), leased })).kind).toBe('settled');
  await put(32);
  await expect(ledger.reserve(reserve('2', 1n))).rejects.toThrow('33 budgets cover this call');
  expect(await ledger.holds()).toEqual([]);
});
