/** What is left of entries in the table when they leave it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  DAY,
  HOUR,
  NOON,
  reserve,
  settle,
  submission,
} from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { unregisterDay } from '../../../../src/adapters/dynamodb/entries/day-registry.ts';
import type { Item, Write } from '../../../../src/adapters/dynamodb/items/items.ts';
import type { DynamoStores } from '../../../../src/adapters/dynamodb/store.ts';
import type { Command, View } from '../../../../src/adapters/dynamodb/groups/transactions.ts';
import { keysIn, storesOn } from '../memory-table.ts';

const LATER = { before: NOON + 9 * DAY, limit: 100 };

let items: MemoryItems;
let stores: DynamoStores;

beforeEach(() => {
  items = new MemoryItems();
  stores = storesOn(items);
});

afterEach(async () => {
  await stores.ledger.close();
});

async function copyAll(): Promise<void> {
  for (const { writer_id, last_sequence: sequence } of await stores.ledger.writers()) {
    await stores.ledger.markCopied('export', { writer_id, sequence });
  }
}

test('an entry goes with all that leads to it; sums and last numbers stay', async () => {
  const { ledger } = stores;
  await ledger.reserve(reserve('1', 9n, { request_id: 'r' }));
  await ledger.settle(settle('1', 4n, { request_id: 'r' }));
  await ledger.record(submission('s', 5n, { request_id: 'other' }));
  await ledger.record(
    submission('c', 1n, {
      entry_type: 'correction',
      corrects_entry_id: 's',
      cause: 'correction',
    }),
  );
  await copyAll();
  expect(await ledger.forgetEntries(LATER)).toEqual({ removed: 3, kept: 0 });
  for (const prefix of ['E#', 'A#', 'L#', 'K#', 'X#', 'D#', 'DAY', 'DAYS']) {
    expect(keysIn(items, prefix)).toEqual([]);
  }
  // The last group of the writer stays: by it the next number is known.
  expect(keysIn(items, 'W#')).toHaveLength(1);
  expect(keysIn(items, 'Z#')).toHaveLength(1);
  expect(await ledger.writers()).toEqual([{ writer_id: 'writer', last_sequence: 3 }]);
});

test('days of which something is left stay in the registers', async () => {
  const { ledger } = stores;
  await ledger.record(submission('1', 1n, { started_at: NOON }));
  await ledger.record(submission('2', 1n, { started_at: NOON, org_id: 'other' }));
  await ledger.record(submission('3', 1n, { started_at: NOON + DAY }));
  await ledger.markCopied('export', { writer_id: 'writer', sequence: 1 });
  await ledger.forgetEntries(LATER);
  expect(keysIn(items, 'D#')).toEqual([
    'D#org/2026-03-10#2026-03-11T12',
    'D#other/2026-03-10#2026-03-10',
  ]);
  expect(keysIn(items, 'DAY#')).toEqual(['DAY#2026-03-10/other', 'DAY#2026-03-11/org']);
  expect(keysIn(items, 'DAYS')).toEqual(['DAYS/2026-03-10', 'DAYS/2026-03-11']);
});

test('an entry that comes for a day while that is taken out of the register keeps it', async () => {
  const key = { pk: 'DAYS', sk: '2026-03-10' };
  const day: Item = { ...key, v: 1 };
  await items.writeEach([{ op: 'put', item: day }]);
  // Somebody writes for that day between the mark and the end.
  const isEmpty = async (): Promise<boolean> => {
    await items.writeEach([{ op: 'put', item: day }]);
    return true;
  };
  await unregisterDay(directly(items), key, 'mark', isEmpty);
  expect(items.peek(key)).toEqual(day);
  await unregisterDay(directly(items), key, 'mark', async () => false);
  expect(items.peek(key)).toBeDefined();
  await unregisterDay(directly(items), key, 'mark', async () => true);
  expect(items.peek(key)).toBeUndefined();
});

test('groups of which nothing is left go from the log, but never the last', async () => {
  const { ledger } = stores;
  for (const id of ['1', '2', '3']) {
    await ledger.record(submission(id, 1n, { started_at: NOON + Number(id) * HOUR }));
  }
  expect(keysIn(items, 'W#')).toHaveLength(3);
  await copyAll();
  expect(await ledger.forgetEntries({ ...LATER, limit: 2 })).toMatchObject({ removed: 2 });
  expect(keysIn(items, 'W#')).toHaveLength(1);
  expect((await ledger.entriesOfWriter('writer', 0, 9)).map((e) => e.sequence)).toEqual([3]);
  await ledger.forgetEntries(LATER);
  expect(keysIn(items, 'W#')).toHaveLength(1);
  // Another process goes on where that one has ended.
  const other = storesOn(items);
  expect(await other.ledger.record(submission('4', 1n))).toMatchObject({ sequence: 4 });
});

/** Carries commands out one by one, on a table in which nobody is in the way. */
function directly(table: MemoryItems) {
  return {
    async run<A>(command: Command<A>): Promise<A> {
      const writes: Write[] = [];
      const view = {
        get: (key) => table.peek(key),
        put: (key, attributes) =>
          void writes.push({ op: 'put', item: { ...attributes, ...key, v: 2 } }),
        delete: (key) => void writes.push({ op: 'delete', key }),
      } as Partial<View> as View;
      const answer = command.decide(view);
      await table.writeEach(writes);
      return answer;
    },
  };
}
