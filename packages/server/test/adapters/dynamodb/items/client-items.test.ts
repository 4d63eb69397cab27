/**
 * The table as real engines have it: everything that the store relies on, on a native engine and on
 * AWS's own, held against the table in memory that all else is tested with.
 */
import { randomUUID } from 'node:crypto';
import {
  dynamoEngines,
  type DynamoEngine,
  startDynamoEngine,
} from '@tollkeeper/testkit/dynamo-engine';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  ClientItems,
  Condition,
  Item,
  ItemValue,
  Transacted,
  Write,
} from '../../../../src/adapters/dynamodb/index.ts';
import {
  itemBytes,
  readUnits,
  writeUnits,
} from '../../../../src/adapters/dynamodb/items/item-size.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { dynamoClient, tableStatus } from '../../../../src/adapters/dynamodb/index.ts';
import { freshItemsAt, itemsAt, TABLE } from '../engine-table.ts';

const put = (item: Item, condition?: Condition): Write =>
  condition === undefined ? { op: 'put', item } : { op: 'put', item, condition };
const kinds = (outcome: Transacted): readonly string[] =>
  outcome.kind === 'cancelled' ? outcome.reasons.map(({ kind }) => kind) : [outcome.kind];

describe.each(dynamoEngines())('on %s', (name) => {
  let engine: DynamoEngine;
  let items: ClientItems;
  let count = 0;
  /** A partition that no other test has. */
  const fresh = (): string => `p${(count += 1)}`;

  beforeAll(async () => {
    engine = await startDynamoEngine(name);
    items = await freshItemsAt(engine.endpoint);
  });
  afterAll(async () => {
    await items.close();
    await engine.stop();
  });

  test('the table is billed on demand, and its items expire', async () => {
    const client = dynamoClient({ region: 'us-east-1', endpoint: engine.endpoint, table: TABLE });
    expect(await tableStatus({ client, items, table: TABLE })).toMatchObject({
      state: 'ACTIVE',
      billing: 'PAY_PER_REQUEST',
      ttl: true,
      schema: 1,
    });
    client.destroy();
  });

  test('items come back as they were written, in the order asked', async () => {
    const pk = fresh();
    const item = { pk, sk: 'a', v: 2 ** 48, text: 'ä', none: null, yes: true, list: [1, ['x']] };
    const map = { pk, sk: 'b', v: 1, map: { inner: { deep: '123456789012345678901234567890' } } };
    await items.writeEach([put(item), put(map)]);
    const missing = { pk, sk: 'c' };
    expect(await items.get([map, missing, item, map])).toEqual([map, undefined, item, map]);
  });

  test('any number of keys is read, and any size', async () => {
    const pk = fresh();
    const all = Array.from({ length: 130 }, (_, n) => ({ pk, sk: `${n}`, v: n + 1 }));
    const large = Array.from({ length: 5 }, (_, n) => ({
      pk,
      sk: `large ${n}`,
      v: 1,
      text: 'x'.repeat(390_000),
    }));
    await items.writeEach([...all, ...large].map((item) => put(item)));
    expect(await items.get([...all, ...large])).toEqual([...all, ...large]);
  });

  test('a query joins pages, between bounds, in both directions, up to its limit', async () => {
    const pk = fresh();
    const all = Array.from({ length: 8 }, (_, n) => ({
      pk,
      sk: `s${n}`,
      v: 1,
      text: 'x'.repeat(300_000),
    }));
    await items.writeEach(all.map((item) => put(item)));
    const found = async (rest: object): Promise<string> =>
      (await items.query({ pk, limit: 100, ...rest })).map(({ sk }) => sk).join(' ');
    expect(await found({})).toBe('s0 s1 s2 s3 s4 s5 s6 s7');
    expect(await found({ from: 's2', to: 's4' })).toBe('s2 s3 s4');
    expect(await found({ from: 's6' })).toBe('s6 s7');
    expect(await found({ to: 's1', descending: true })).toBe('s1 s0');
    expect(await found({ descending: true, limit: 6 })).toBe('s7 s6 s5 s4 s3 s2');
  });

  test('of two writes of one item the later stays', async () => {
    const pk = fresh();
    const key = { pk, sk: 'a' };
    await items.writeEach([put({ ...key, v: 1 }), { op: 'delete', key }, put({ ...key, v: 2 })]);
    expect(await items.get([key])).toEqual([{ ...key, v: 2 }]);
  });

  test('a token makes a repetition the same transaction; other content is a mistake', async () => {
    const pk = fresh();
    const token = randomUUID();
    const writes = [put({ pk, sk: 'a', v: 1 }, { kind: 'absent' })];
    expect(await items.transact(writes, token)).toEqual({ kind: 'committed' });
    expect(await items.transact(writes, token)).toEqual({ kind: 'committed' });
    expect(kinds(await items.transact(writes, randomUUID()))).toEqual(['condition']);
    await expect(items.transact([put({ pk, sk: 'b', v: 1 })], token)).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });

  test('a hundred items go in one transaction, all or none', async () => {
    const pk = fresh();
    const hundred = Array.from({ length: 100 }, (_, n) =>
      put({ pk, sk: `${n}`, v: 1 }, { kind: 'absent' }),
    );
    expect(await items.transact(hundred, randomUUID())).toEqual({ kind: 'committed' });
    const other = hundred.map((write, n) =>
      n === 99 || write.op !== 'put' ? write : put({ ...write.item, sk: `other ${n}` }),
    );
    const outcome = await items.transact(other, randomUUID());
    expect(kinds(outcome).filter((kind) => kind !== 'none')).toEqual(['condition']);
    expect(outcome).toMatchObject({ reasons: { 99: { item: { pk, sk: '99', v: 1 } } } });
    expect(await items.get([{ pk, sk: 'other 0' }])).toEqual([undefined]);
  });

  test('what is too large is refused, and does not count as unavailable', async () => {
    const pk = fresh();
    const item = (n: number, bytes: number): Write =>
      put({ pk, sk: `${n}`, v: 1, text: 'x'.repeat(bytes) });
    const tooLarge = await items.transact([item(0, 10), item(1, 420_000)], randomUUID());
    expect(kinds(tooLarge)).toContain('invalid');
    const tooMuch = Array.from({ length: 12 }, (_, n) => item(n, 380_000));
    expect(kinds(await items.transact(tooMuch, randomUUID()))).toContain('invalid');
    const fits = await items.transact(tooMuch.slice(0, 10), randomUUID());
    expect(fits).toEqual({ kind: 'committed' });
  });

  test('the units that we count are those that the engine tells', async () => {
    const told = { read: 0, write: 0 };
    const counted = itemsAt(engine.endpoint, { consumed: (what, units) => (told[what] += units) });
    const shapes: Record<string, ItemValue>[] = [
      ...[960, 1_020, 3_000].map((length) => ({ text: 'x'.repeat(length) })),
      { list: [1, 2, 3], map: { a: 'ä', none: null }, text: 'x'.repeat(970) },
      { number: 123_456_789_012_345, text: 'ö'.repeat(2_500) },
    ];
    // One by one: of several in a transaction, engines add up the sizes before they round.
    for (const shape of shapes) {
      const item = { pk: fresh(), sk: 's', v: 1, ...shape };
      Object.assign(told, { read: 0, write: 0 });
      await counted.transact([put(item)], randomUUID());
      await counted.get([item]);
      expect(told).toEqual({
        read: readUnits(itemBytes(item)),
        write: writeUnits(put(item), true),
      });
    }
    await counted.close();
  });

  test('every condition and every outcome is that of the table in memory', async () => {
    const sorts = ['a', 'b', 'c'];
    const key = fc.constantFrom(...sorts);
    const condition: fc.Arbitrary<Condition | undefined> = fc.oneof(
      fc.constant(undefined),
      fc.constant({ kind: 'absent' } as const),
      fc.integer({ min: 1, max: 3 }).map((v) => ({ kind: 'version', v }) as const),
      fc
        .record({ epoch: fc.integer({ min: 1, max: 2 }), known: fc.integer({ min: 0, max: 3 }) })
        .map((rest) => ({ kind: 'unfenced', ...rest }) as const),
    );
    const attributes = fc.record(
      {
        epoch: fc.integer({ min: 1, max: 2 }),
        must_know: fc.integer({ min: 0, max: 3 }),
        fenced: fc.constant(true),
      },
      { requiredKeys: [] },
    );
    const part = fc.record({
      op: fc.constantFrom('put', 'delete', 'check'),
      sk: key,
      v: fc.integer({ min: 1, max: 3 }),
      attributes,
      condition,
    });
    const transaction = fc.uniqueArray(part, { minLength: 1, selector: ({ sk }) => sk });
    await fc.assert(
      fc.asyncProperty(fc.array(transaction, { maxLength: 12 }), async (transactions) => {
        const pk = fresh();
        const memory = new MemoryItems();
        for (const parts of transactions) {
          const writes = parts.map(({ op, sk, v, condition: asked, attributes: rest }): Write => {
            if (op === 'check') {
              return { op, key: { pk, sk }, condition: asked ?? { kind: 'absent' } };
            }
            if (op === 'put') return put({ pk, sk, v, ...rest }, asked);
            return { op: 'delete', key: { pk, sk }, ...(asked ? { condition: asked } : {}) };
          });
          const token = randomUUID();
          expect(await items.transact(writes, token)).toEqual(await memory.transact(writes, token));
        }
        const all = { pk, limit: 10 };
        expect(await items.query(all)).toEqual(await memory.query(all));
      }),
      { interruptAfterTimeLimit: 1_500, numRuns: 60 },
    );
  });

  test('of many at once on one item one goes through, and the rest learn of it', async () => {
    const key = { pk: fresh(), sk: 'a' };
    await items.writeEach([put({ ...key, v: 1 })]);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        items.transact([put({ ...key, v: 2 }, { kind: 'version', v: 1 })], randomUUID()),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
    const stopped = outcomes.filter(({ kind }) => kind !== 'committed').flatMap(kinds);
    expect(stopped.every((kind) => kind === 'condition' || kind === 'conflict')).toBe(true);
  });
});

test('a table that is not there is named, with what to do', async () => {
  const empty = await startDynamoEngine('dynoxide');
  const nothing = itemsAt(empty.endpoint);
  await expect(nothing.get([{ pk: 'a', sk: 'a' }])).rejects.toThrow(/tollkeeper store init/);
  const writes = [put({ pk: 'a', sk: 'a', v: 1 })];
  await expect(nothing.transact(writes, randomUUID())).rejects.toThrow(StoreUnavailable);
  await empty.stop();
  await expect(nothing.get([{ pk: 'a', sk: 'a' }])).rejects.toThrow(StoreUnavailable);
  await expect(nothing.transact(writes, randomUUID())).rejects.toThrow(StoreUnavailable);
  await nothing.close();
});
