/** What commands are promised, whatever happens on the way to the table. */
import { describe, expect, test } from 'vitest';
import type { Command, Item, ItemKey, Reason } from '../../../../src/adapters/dynamodb/index.ts';
import {
  Fenced,
  laneKey,
  PATIENCE,
  TransactionRefused,
} from '../../../../src/adapters/dynamodb/index.ts';
import { REVISIONS } from '../../../../src/adapters/dynamodb/items/keys.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { rigOf, seeded } from '../group-rig.ts';
import { NO_TROUBLE, UnreliableItems } from '../unreliable-items.ts';

const key = (name: string): ItemKey => ({ pk: name, sk: 'X' });

/** Adds to a number; answers what it is then. */
function adding(
  name: string,
  amount: number,
  rest: Partial<Command<number>> = {},
): Command<number> {
  return {
    kind: 'other',
    ...rest,
    decide: (view) => {
      const total = Number(view.get(key(name))?.total ?? 0) + amount;
      view.put(key(name), { total });
      return total;
    },
  };
}

/** Makes an item once; answers whether it was this command. */
function making(name: string, rest: Partial<Command<boolean>> = {}): Command<boolean> {
  return { kind: 'intent', ...rest, decide: (view) => view.create(key(name), { made: true }) };
}

/** Looks without writing. */
function looking(name: string, rest: Partial<Command<number>> = {}): Command<number> {
  return {
    kind: 'other',
    ...rest,
    decide: (view) => Number(view.get(key(name))?.total ?? 0),
  };
}

const calm = (): UnreliableItems => new UnreliableItems(NO_TROUBLE, seeded(1));
const busyAt = (index: number, kind: 'conflict' | 'throttled') => (writes: readonly unknown[]) => ({
  kind: 'cancelled' as const,
  reasons: writes.map((_, at): Reason => ({ kind: at === index ? kind : 'none' })),
});

describe('groups', () => {
  test('commands given together go in one transaction, each on top of those before', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const answers = await Promise.all([1, 2, 3].map((n) => transactions.run(adding('a', n))));
    expect(answers).toEqual([1, 3, 6]);
    expect(items.sent).toHaveLength(1);
    expect(items.table.peek(key('a'))).toMatchObject({ total: 6 });
  });

  test('commands that come while a transaction is on its way wait for it together', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const first = transactions.run(adding('a', 1));
    await Promise.resolve();
    const rest = Array.from({ length: 10 }, () => transactions.run(adding('a', 1)));
    await Promise.all([first, ...rest]);
    expect(items.sent).toHaveLength(2);
    expect(items.table.peek(key('a'))).toMatchObject({ total: 11 });
  });

  test('when many wait, more than one transaction is on its way', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2), { spreadAt: 5, commandsMax: 5 });
    await Promise.all(Array.from({ length: 20 }, (_, n) => transactions.run(making(`i${n}`))));
    expect(items.sent.map((writes) => writes.length)).toEqual([5, 5, 5, 5]);
  });

  test('no transaction has more than a hundred parts', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const pair = (n: number): Command<null> => ({
      kind: 'intent',
      decide: (view) => {
        view.create(key(`a${n}`), {});
        view.create(key(`b${n}`), {});
        return null;
      },
    });
    await Promise.all(Array.from({ length: 75 }, (_, n) => transactions.run(pair(n))));
    expect(items.sent.map((writes) => writes.length)).toEqual([98, 52]);
  });

  test('no transaction has more than four megabytes', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const large = (n: number): Command<boolean> => ({
      kind: 'intent',
      decide: (view) => view.create(key(`a${n}`), { text: 'x'.repeat(350_000) }),
    });
    await Promise.all(Array.from({ length: 20 }, (_, n) => transactions.run(large(n))));
    expect(items.sent.map((writes) => writes.length)).toEqual([11, 9]);
  });

  test('what is too large for any transaction is refused, and nothing else', async () => {
    const { transactions } = rigOf(calm(), seeded(2));
    const huge: Command<null> = {
      kind: 'other',
      decide: (view) => {
        for (let n = 0; n < 100; n += 1) view.create(key(`h${n}`), {});
        return null;
      },
    };
    const answers = await Promise.allSettled([
      transactions.run(adding('a', 1)),
      transactions.run(huge),
      transactions.run(adding('a', 1)),
    ]);
    expect(answers).toMatchObject([
      { value: 1 },
      { reason: expect.any(TransactionRefused) as unknown },
      { value: 2 },
    ]);
  });

  test('a command that throws leaves nothing, and the others go on', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const failing: Command<null> = {
      kind: 'other',
      decide: (view) => {
        view.put(key('a'), { total: 100 });
        throw new RangeError('no');
      },
    };
    const answers = await Promise.allSettled([
      transactions.run(failing),
      transactions.run(adding('a', 1)),
    ]);
    expect(answers).toMatchObject([{ reason: expect.any(RangeError) as unknown }, { value: 1 }]);
  });

  test('commands of a group leave each other notes, which start empty in the next', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const counting: Command<number> = {
      kind: 'other',
      decide: (view) => {
        const count = Number(view.memo.get('count') ?? 0) + 1;
        view.memo.set('count', count);
        view.set(key(`c${count}`), {});
        return count;
      },
    };
    expect(await Promise.all([1, 2].map(() => transactions.run(counting)))).toEqual([1, 2]);
    expect(await transactions.run(counting)).toBe(1);
  });
});

describe('what a command rests on', () => {
  test('an item another process has changed makes it decide again, without a pause', async () => {
    const items = calm();
    const { transactions, clock } = rigOf(items, seeded(2));
    await transactions.run(adding('a', 1));
    const other = items.table.peek(key('a')) as Item;
    await items.writeEach([{ op: 'put', item: { ...other, v: other.v + 1, total: 10 } }]);
    const before = clock.monotonic();
    expect(await transactions.run(adding('a', 1))).toBe(11);
    expect(clock.monotonic()).toBe(before);
  });

  test('what it only read is a condition as well, and what it peeked at is not', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const copying = (how: 'get' | 'peek'): Command<number> => ({
      kind: 'other',
      decide: (view) => {
        const total = Number(view[how](key('a'))?.total ?? 0);
        view.set(key('copy'), { total });
        return total;
      },
    });
    await transactions.run(copying('get'));
    await transactions.run(copying('peek'));
    expect(items.sent.map((writes) => writes.map(({ op }) => op))).toEqual([
      ['put', 'check'],
      ['put'],
    ]);
  });

  test('an answer without a write rests on what was read since it was asked for', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    await transactions.run(adding('a', 1));
    const other = items.table.peek(key('a')) as Item;
    await items.writeEach([{ op: 'put', item: { ...other, v: other.v + 1, total: 10 } }]);
    expect(await transactions.run(looking('a'))).toBe(10);
  });

  test('an item removed and made again elsewhere is not taken for the old one', async () => {
    const items = calm();
    const here = rigOf(items, seeded(2)).transactions;
    const there = rigOf(items, seeded(3)).transactions;
    await here.run(adding('a', 1));
    await there.run({ kind: 'other', decide: (view) => view.delete(key('a')) });
    await there.run(adding('a', 5));
    expect(await here.run(adding('a', 1))).toBe(6);
  });

  test('making what is there says so, once it is known', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    await items.writeEach([{ op: 'put', item: { ...key('a'), v: 7 } }]);
    const answers = await Promise.all([
      transactions.run(making('a')),
      transactions.run(making('b')),
    ]);
    expect(answers).toEqual([false, true]);
    expect(items.table.peek(key('a'))).toEqual({ ...key('a'), v: 7 });
  });

  test('the keys a command names are fetched in one go', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const names = ['a', 'b', 'c'];
    await transactions.run({
      kind: 'other',
      reads: names.map(key),
      decide: (view) => {
        for (const name of names) view.put(key(name), { was: view.get(key(name))?.v ?? 0 });
      },
    });
    expect(items.gets).toBe(1);
  });

  test('a query is asked anew for every group', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const counting: Command<number> = {
      kind: 'other',
      decide: (view) => view.query({ pk: 'q', limit: 10 }).length,
    };
    expect(await transactions.run(counting)).toBe(0);
    await items.writeEach([{ op: 'put', item: { pk: 'q', sk: '1', v: 1 } }]);
    expect(await transactions.run(counting)).toBe(1);
  });
});

describe('trouble', () => {
  test('when an answer is lost before or after it happened, it happens once', async () => {
    for (const how of ['lost', 'lost-after'] as const) {
      const items = calm();
      const { transactions } = rigOf(items, seeded(2));
      items.next.push(() => how);
      expect(await transactions.run(adding('a', 1))).toBe(1);
      expect(items.table.peek(key('a'))).toMatchObject({ total: 1 });
      expect(items.sent).toHaveLength(2);
      expect(items.sent[1]).toEqual(items.sent[0]);
    }
  });

  test('busy after a lost answer does not say that it has not happened', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    items.next.push(
      () => 'lost-after',
      busyAt(0, 'conflict'),
      () => ({ kind: 'throttled' }),
    );
    expect(await transactions.run(adding('a', 1))).toBe(1);
    expect(items.table.peek(key('a'))).toMatchObject({ total: 1 });
  });

  test('what was not answered is not sent again by one that stood still for long', async () => {
    const items = calm();
    const { transactions, clock } = rigOf(items, seeded(2));
    const { after } = clock;
    // As long as a token is known, and longer.
    Object.assign(clock, { after: (_ms: number, then: () => void) => after(660_000, then) });
    items.next.push(() => 'lost-after');
    await expect(transactions.run(adding('a', 1))).rejects.toThrow(StoreUnavailable);
    expect(items.sent).toHaveLength(1);
  });

  test('commands that do not touch what is busy go ahead of those that do', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    items.next.push(busyAt(1, 'conflict'));
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => transactions.run(adding(name, 1))));
    const put = items.sent.map((writes) =>
      writes.map((write) => (write.op === 'put' ? write.item.pk : '')),
    );
    expect(put).toEqual([['a', 'b', 'c'], ['a', 'c'], ['b']]);
  });

  test('a part that will never be taken is refused alone', async () => {
    const items = calm();
    const { transactions } = rigOf(items, seeded(2));
    const refusing = (writes: readonly { readonly item?: Item }[]) => ({
      kind: 'cancelled' as const,
      reasons: writes.map(({ item }): Reason =>
        item?.pk === 'bad' ? { kind: 'invalid', message: 'too large' } : { kind: 'none' },
      ),
    });
    items.next.push(refusing as never, () => undefined, refusing as never);
    const answers = await Promise.allSettled(
      ['a', 'bad', 'c'].map((name) => transactions.run(adding(name, 1))),
    );
    expect(answers).toMatchObject([
      { value: 1 },
      {
        reason: expect.objectContaining({
          code: 'transaction_refused',
          message: 'too large',
        }) as unknown,
      },
      { value: 1 },
    ]);
  });

  test('a table that stays busy, or away, is given up after a while', async () => {
    for (const how of [() => ({ kind: 'throttled' as const }), () => 'lost' as const]) {
      const items = calm();
      const { transactions, clock } = rigOf(items, seeded(2));
      items.next.push(...Array.from({ length: 1_000 }, () => how));
      await expect(transactions.run(adding('a', 1))).rejects.toThrow(StoreUnavailable);
      expect(clock.monotonic()).toBeLessThan(PATIENCE.ms * 2);
      items.next.length = 0;
      expect(await transactions.run(adding('a', 1))).toBe(1);
    }
  });

  test('more than can wait is rejected at once', async () => {
    const { transactions } = rigOf(calm(), seeded(2), { waitingMax: 2 });
    const answers = await Promise.allSettled([1, 2, 3].map(() => transactions.run(adding('a', 1))));
    expect(answers).toMatchObject([
      { value: 1 },
      { value: 2 },
      { reason: expect.any(StoreUnavailable) as unknown },
    ]);
  });
});

describe('lanes', () => {
  const mine = { instance_id: 'me' };

  test('every transaction of an instance checks a lane that it has alone meanwhile', async () => {
    const items = calm();
    const { transactions, lanes } = rigOf(items, seeded(2), { spreadAt: 1, commandsMax: 1 });
    await lanes.admit(items, 'me');
    await Promise.all(Array.from({ length: 4 }, (_, n) => transactions.run(making(`i${n}`, mine))));
    const checks = items.sent.map((writes) => writes.find(({ op }) => op === 'check'));
    expect(
      [...new Set(checks.map((check) => (check?.op === 'check' ? check.key.sk : '')))].sort(),
    ).toEqual([laneKey('me', 0).sk, laneKey('me', 1).sk]);
    for (const check of checks) {
      expect(check).toMatchObject({ condition: { kind: 'unfenced', epoch: 1, known: 0 } });
    }
  });

  test('news of budgets are learnt before anything happens by the old ones', async () => {
    const items = calm();
    const { transactions, lanes, news } = rigOf(items, seeded(2));
    await lanes.admit(items, 'me');
    await items.writeEach(
      [0, 1].map((lane) => ({
        op: 'put',
        item: { ...laneKey('me', lane), v: 2, epoch: 1, must_know: 5 },
      })),
    );
    const known: number[] = [];
    await transactions.run({
      kind: 'intent',
      ...mine,
      decide: (view) => {
        known.push(news.known());
        return view.create(key('i'), {});
      },
    });
    expect(known).toEqual([0, 5]);
    expect(news.caughtUp).toEqual([5]);
  });

  test('an answer without a write is not given by old news either', async () => {
    const items = calm();
    const { transactions, lanes, news } = rigOf(items, seeded(2));
    await lanes.admit(items, 'me');
    await items.writeEach([
      { op: 'put', item: { ...laneKey('me', 0), v: 2, epoch: 1, must_know: 5 } },
    ]);
    expect(
      await transactions.run({
        kind: 'intent',
        ...mine,
        decide: (view) => [view.get(key('i')), news.known()],
      }),
    ).toEqual([undefined, 5]);
  });

  test('a fenced instance does nothing more, and says so', async () => {
    const items = calm();
    const { transactions, lanes } = rigOf(items, seeded(2));
    await lanes.admit(items, 'me');
    await items.writeEach(
      [0, 1].map((lane) => ({
        op: 'put',
        item: { ...laneKey('me', lane), v: 2, epoch: 2, fenced: true },
      })),
    );
    await expect(transactions.run(making('i', mine))).rejects.toThrow(Fenced);
    await expect(transactions.run(looking('i', mine))).rejects.toThrow(Fenced);
    expect(items.table.peek(key('i'))).toBeUndefined();
    expect(lanes.lostOnes).toEqual(['me']);
  });

  test('what is right all the same goes on by the newest revision of budgets', async () => {
    const items = calm();
    const { transactions, lanes, news } = rigOf(items, seeded(2));
    lanes.epochs.set('me', 1);
    await items.writeEach([{ op: 'put', item: { ...REVISIONS, v: 9, budgets: 3 } }]);
    const settling = { ...mine, kind: 'settlement', when_fenced: 'by_revision' } as const;
    expect(await transactions.run(adding('a', 1, settling))).toBe(1);
    expect(news.caughtUp).toEqual([3]);
    expect(items.sent.at(-1)).toMatchObject([
      { op: 'put' },
      { op: 'check', key: REVISIONS, condition: { kind: 'version', v: 9 } },
    ]);
  });
});
