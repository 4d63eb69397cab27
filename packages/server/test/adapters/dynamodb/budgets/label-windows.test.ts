/** Sums by label that are asked for again and again. */
import { expect, test } from 'vitest';
import { HOUR, NOON, submission } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import type { Item, ItemKey, ItemQuery } from '../../../../src/adapters/dynamodb/items/items.ts';
import { entryShard } from '../../../../src/adapters/dynamodb/items/keys.ts';
import type { LedgerStore } from '../../../../src/ports/ledger-store.ts';
import { storesOn } from '../memory-table.ts';

const TODAY = { org_id: 'org', from: NOON - HOUR, to: NOON + HOUR };

/** Two entries that lie in different partitions. */
const FIRST = '1';
const SECOND = ['2', '3', '4', '5', '6'].find((id) => entryShard(id) !== entryShard(FIRST)) ?? '';

/** Counts entries that are read, and can hide those of a shard, as those on their way are. */
class WatchedItems extends MemoryItems {
  read = 0;
  hidden: number | undefined;

  override async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    const found = await super.get(keys);
    return found.map((item) => (item !== undefined && this.#isHidden(item.pk) ? undefined : item));
  }

  override async query(query: ItemQuery): Promise<readonly Item[]> {
    if (this.#isHidden(query.pk)) return [];
    const found = await super.query(query);
    if (query.pk.startsWith('E#')) this.read += found.length;
    return found;
  }

  #isHidden(pk: string): boolean {
    return pk.startsWith('E#') && pk.endsWith(`#${String(this.hidden)}`);
  }
}

async function posted(ledger: LedgerStore, query: object = {}): Promise<bigint> {
  const sums = await ledger.labelSums({ ...TODAY, ...query });
  return sums.reduce((sum, line) => sum + line.posted, 0n);
}

test('what was summed up before is not read again', async () => {
  const items = new WatchedItems();
  const { ledger } = storesOn(items);
  for (let id = 0; id < 50; id++) await ledger.record(submission(String(id), 1n));
  expect(await posted(ledger)).toBe(50n);
  expect(items.read).toBe(50);
  await ledger.record(submission('other', 5n, { app_id: 'other' }));
  expect(await posted(ledger)).toBe(55n);
  expect(await posted(ledger, { app_id: 'other' })).toBe(5n);
  expect(items.read).toBe(50);
  await ledger.close();
});

test('a group that is seen in part is left out until all of it is seen', async () => {
  const items = new WatchedItems();
  const { ledger } = storesOn(items);
  await ledger.record(submission(FIRST, 1n));
  expect(await posted(ledger)).toBe(1n);
  await ledger.record(submission(SECOND, 2n));
  items.hidden = entryShard(SECOND);
  expect(await posted(ledger)).toBe(1n);
  items.hidden = undefined;
  expect(await posted(ledger)).toBe(3n);
  await ledger.close();
});

test('the first question leaves such a group out too, and the next one has it', async () => {
  const items = new WatchedItems();
  const { ledger } = storesOn(items);
  await ledger.record(submission(FIRST, 1n));
  await ledger.record(submission(SECOND, 2n));
  items.hidden = entryShard(SECOND);
  expect(await posted(ledger)).toBe(1n);
  items.hidden = undefined;
  expect(await posted(ledger)).toBe(3n);
  await ledger.close();
});

test('when entries were removed, the rest is summed up anew', async () => {
  const items = new WatchedItems();
  const { ledger } = storesOn(items);
  await ledger.record(submission(FIRST, 1n, { started_at: NOON - 1 }));
  await ledger.record(submission(SECOND, 2n));
  expect(await posted(ledger)).toBe(3n);
  const other = storesOn(items);
  await other.ledger.markCopied('export', { writer_id: 'writer', sequence: 2 });
  await other.ledger.forgetEntries({ before: NOON + HOUR, limit: 1 });
  expect(await posted(ledger)).toBe(2n);
  await ledger.close();
});
