/** Who is dead is certain, and who lives is left alone. */
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { type VirtualClock, virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { describe, expect, test } from 'vitest';
import { Instances } from '../../../../src/adapters/dynamodb/instances/instances.ts';
import {
  type Command,
  Fenced,
  GroupCommit,
  type ItemKey,
  type Items,
  laneKey,
} from '../../../../src/adapters/dynamodb/index.ts';
import { instanceKey, REVISIONS } from '../../../../src/adapters/dynamodb/items/keys.ts';
import type { InstanceLocks } from '../../../../src/ports/instance-locks.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { countingIds, NumberedNews, seeded } from '../group-rig.ts';

const LEASE_MS = 9_000;
const LANES = 2;

/** A table that can be away. */
class Reachable implements Items {
  readonly #items: Items;
  away = false;

  constructor(items: Items) {
    this.#items = items;
  }

  get: Items['get'] = (keys) => this.#ask(() => this.#items.get(keys));
  query: Items['query'] = (query) => this.#ask(() => this.#items.query(query));
  transact: Items['transact'] = (...it) => this.#ask(() => this.#items.transact(...it));
  writeEach: Items['writeEach'] = (writes) => this.#ask(() => this.#items.writeEach(writes));
  close = async (): Promise<void> => {};

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    if (this.away) throw new StoreUnavailable('away');
    return ask();
  }
}

interface Process {
  readonly clock: VirtualClock;
  readonly items: Reachable;
  readonly instances: Instances;
  readonly transactions: GroupCommit;
  readonly news: NumberedNews;
}

function processOn(table: Items, seed: number): Process {
  const clock = virtualClock();
  const random = seeded(seed);
  const ids = countingIds(random);
  const news = new NumberedNews();
  const items = new Reachable(table);
  const common = { items, clock, ids, random, news };
  const instances = new Instances({ ...common, leaseMs: LEASE_MS, laneCount: LANES });
  const transactions = new GroupCommit({ ...common, lanes: instances });
  return { clock, items, instances, transactions, news };
}

/** Lets time pass for some processes; the others stand still. */
async function pass(ms: number, ...processes: readonly Process[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const { clock } of processes) clock.advance(500);
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
    await new Promise(setImmediate);
  }
}

const key: ItemKey = { pk: 'p', sk: 's' };
const intending = (instance_id: string): Command<boolean> => ({
  kind: 'intent',
  instance_id,
  decide: (view) => {
    view.set(key, { by: instance_id });
    return true;
  },
});
const doing = ({ instances, transactions }: Process, id: string): Promise<boolean> =>
  transactions.run(intending(instances.nameOf(id)));

async function two(): Promise<{
  table: MemoryItems;
  a: Process;
  b: Process;
  locksOfA: InstanceLocks;
  locksOfB: InstanceLocks;
}> {
  const table = new MemoryItems();
  const [a, b] = [processOn(table, 1), processOn(table, 2)];
  const locksOfA = await a.instances.join('a');
  const locksOfB = await b.instances.join('b');
  return { table, a, b, locksOfA, locksOfB };
}

describe('an instance', () => {
  test('is registered with its lanes, and acts', async () => {
    const { table, a } = await two();
    expect(await doing(a, 'a')).toBe(true);
    expect(table.peek(instanceKey('a'))).toMatchObject({ state: 'alive', epoch: 1, lanes: LANES });
    expect(table.peek(laneKey('a', 1))).toMatchObject({ epoch: 1, must_know: 0 });
  });

  test('that beats is never taken for dead, however long', async () => {
    const { a, b, locksOfA, locksOfB } = await two();
    for (let round = 0; round < 20; round += 1) {
      await pass(LEASE_MS, a, b);
      expect([await locksOfA.dead(), await locksOfB.dead()]).toEqual([[], []]);
    }
    expect(await locksOfA.lives('b')).toBe(true);
  });

  test('that is silent is dead after a while, and does nothing more under its name', async () => {
    const { a, b, locksOfB } = await two();
    await pass(LEASE_MS - 1_000, b);
    expect(await locksOfB.dead()).toEqual([]);
    await pass(2 * LEASE_MS, b);
    expect(await locksOfB.dead()).toEqual(['a']);
    expect(await locksOfB.lives('a')).toBe(false);
    await expect(a.transactions.run(intending('a'))).rejects.toThrow(Fenced);
    expect(a.instances.nameOf('a')).not.toBe('a');
  });

  test('that was taken for dead and lives goes on under another name', async () => {
    const { table, a, b, locksOfA, locksOfB } = await two();
    await pass(3 * LEASE_MS, b);
    await locksOfB.dead();
    await pass(LEASE_MS, a, b);
    expect(await doing(a, 'a')).toBe(true);
    const name = a.instances.nameOf('a');
    expect(table.peek(instanceKey(name))).toMatchObject({ state: 'alive', of: 'a' });
    expect(await locksOfB.lives('a')).toBe(true);
    expect(await locksOfB.dead()).toEqual(['a']);
    // Whoever is left deals with it, itself included.
    expect(await locksOfA.dead()).toEqual(['a']);
  });

  test('whose id was used before is another one all the same', async () => {
    const { a, b, locksOfB } = await two();
    await pass(3 * LEASE_MS, b);
    await locksOfB.dead();
    const again = processOn(a.items, 9);
    await again.instances.join('a');
    expect(again.instances.nameOf('a')).not.toBe('a');
    expect(await doing(again, 'a')).toBe(true);
  });

  test('is forgotten when it was dealt with, and never while it lives', async () => {
    const { table, a, b, locksOfB } = await two();
    await locksOfB.forget('a');
    expect(await doing(a, 'a')).toBe(true);
    await pass(3 * LEASE_MS, b);
    await locksOfB.dead();
    await locksOfB.forget('a');
    await locksOfB.forget('a');
    expect(await locksOfB.dead()).toEqual([]);
    const seconds = Math.ceil(b.clock.now() / 1_000);
    expect(table.peek(instanceKey('a'))).toMatchObject({
      state: 'recovered',
      ttl: seconds + 7 * 86_400,
    });
  });

  test('given back with nothing left is gone; with something left it is recovered', async () => {
    const { a, b, locksOfA, locksOfB } = await two();
    locksOfA.release('unsettled');
    await a.instances.close();
    expect(await locksOfB.dead()).toEqual(['a']);
    await expect(doing(a, 'a')).rejects.toThrow(Fenced);

    const c = processOn(b.items, 3);
    const locksOfC = await c.instances.join('c');
    locksOfC.release();
    await c.instances.close();
    expect(await locksOfB.dead()).toEqual(['a']);
    expect(await locksOfB.lives('c')).toBe(false);
  });
});

describe('trouble', () => {
  test('nobody is taken for dead because the table was away', async () => {
    const { a, b, locksOfA, locksOfB } = await two();
    await pass(LEASE_MS, a, b);
    a.items.away = true;
    b.items.away = true;
    await pass(10 * LEASE_MS, a, b);
    a.items.away = false;
    b.items.away = false;
    expect(await locksOfA.dead()).toEqual([]);
    await pass(2 * LEASE_MS, a, b);
    expect([await locksOfA.dead(), await locksOfB.dead()]).toEqual([[], []]);
  });

  test('who alone cannot reach the table is taken for dead, and goes on when it can', async () => {
    const { a, b, locksOfB } = await two();
    a.items.away = true;
    await pass(3 * LEASE_MS, a, b);
    expect(await locksOfB.dead()).toEqual(['a']);
    a.items.away = false;
    await pass(LEASE_MS, a, b);
    expect(await doing(a, 'a')).toBe(true);
  });

  test('a process that stood still does not take the others for dead', async () => {
    const { a, b, locksOfA } = await two();
    await pass(LEASE_MS, a, b);
    await pass(10 * LEASE_MS, b);
    a.clock.advance(10 * LEASE_MS);
    expect(await locksOfA.dead()).toEqual([]);
  });

  test('a heartbeat whose answer was lost is one all the same', async () => {
    const { a, b, locksOfB } = await two();
    const send = a.items.transact;
    let count = 0;
    a.items.transact = async (writes, token) => {
      const outcome = await send(writes, token);
      count += 1;
      if (count % 2 === 1) throw new StoreUnavailable('lost');
      return outcome;
    };
    await pass(10 * LEASE_MS, a, b);
    expect(await locksOfB.dead()).toEqual([]);
    expect(a.instances.nameOf('a')).toBe('a');
  });
});

describe('news of budgets', () => {
  test('reach every lane of everybody, and nothing is decided by older ones then', async () => {
    const { table, a, b } = await two();
    await b.instances.push(7);
    for (const name of ['a', 'b']) {
      expect(table.peek(laneKey(name, 0))).toMatchObject({ must_know: 7 });
      expect(table.peek(laneKey(name, 1))).toMatchObject({ must_know: 7 });
    }
    await doing(a, 'a');
    expect(a.news.caughtUp).toContain(7);
  });

  test('older ones do not take newer ones back', async () => {
    const { table, b } = await two();
    await b.instances.push(7);
    await b.instances.push(3);
    expect(table.peek(laneKey('a', 0))).toMatchObject({ must_know: 7 });
  });

  test('are known to whoever registers while they are made', async () => {
    const table = new MemoryItems();
    const a = processOn(table, 1);
    const read = a.items.get;
    // They become new after the newcomer has looked.
    a.items.get = async (keys) => {
      const found = await read(keys);
      a.items.get = read;
      await table.writeEach([{ op: 'put', item: { ...REVISIONS, v: 1, budgets: 4 } }]);
      return found;
    };
    const joining = a.instances.join('a');
    await pass(1_000, a);
    await joining;
    expect(table.peek(laneKey('a', 0))).toMatchObject({ must_know: 4 });
  });
});

test('with many processes only some look at the others', async () => {
  const table = new MemoryItems();
  const all = Array.from({ length: 100 }, (_, seed) => processOn(table, (seed + 1) * 7_919));
  await Promise.all(all.map(({ instances }, n) => instances.join(`i${n}`)));
  const looked = new Set<number>();
  for (const [n, { items }] of all.entries()) {
    const { query } = items;
    items.query = (asked) => {
      looked.add(n);
      return query(asked);
    };
  }
  await pass(LEASE_MS / 3, ...all);
  expect(looked.size).toBe(100);
  looked.clear();
  await pass(LEASE_MS / 3, ...all);
  expect(looked.size).toBeGreaterThan(15);
  expect(looked.size).toBeLessThan(50);
});
