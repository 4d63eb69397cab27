/** How documents lie in the table. */
import { expect, test } from 'vitest';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { itemBytes } from '../../../../src/adapters/dynamodb/items/item-size.ts';
import { ITEM_BYTES_MAX } from '../../../../src/adapters/dynamodb/items/items.ts';
import { keysIn, storesOn } from '../memory-table.ts';

const KEY = { kind: 'rerate', id: 'r1' } as const;

test('a document that moves to another parent is listed there and nowhere else', async () => {
  const items = new MemoryItems();
  const { catalog, ledger } = storesOn(items);
  await catalog.put({ ...KEY, parent: 'running', value: 1 });
  await catalog.put({ ...KEY, parent: 'ended', value: 2 });
  expect(keysIn(items, 'P#')).toEqual(['P#rerate#ended/r1']);
  expect((await catalog.list('rerate', { parent: 'running', limit: 9 })).items).toEqual([]);
  const { items: ended } = await catalog.list('rerate', { parent: 'ended', limit: 9 });
  expect(ended).toEqual([{ id: 'r1', parent: 'ended', value: 2, revision: 2 }]);
  await catalog.remove('rerate', 'r1');
  expect(keysIn(items, 'P#')).toEqual([]);
  await ledger.close();
});

test('a piece of the price book fits into an item, and comes back as it was', async () => {
  const items = new MemoryItems();
  const { catalog, ledger } = storesOn(items);
  const rows = Array.from({ length: 3_000 }, (_, row) => ({
    model_id: `vendor.model-${row % 97}-v${row}:0`,
    region: 'eu-central-1',
    price: `0.0000${row}`,
    note: 'caf\u00e9 \u{1F4B8}',
  }));
  const text = JSON.stringify(rows);
  await catalog.put({ kind: 'price_rows', id: 'p', parent: 'rows', value: rows });
  expect(text.length).toBeGreaterThan(250_000);
  const largest = Math.max(...[...items.all()].map(itemBytes));
  expect(largest).toBeLessThan(ITEM_BYTES_MAX / 4);
  expect((await catalog.get('price_rows', 'p'))?.value).toEqual(rows);
  await ledger.close();
});

test('quiet changes without a record touch nothing that all changes share', async () => {
  const items = new MemoryItems();
  const { catalog, ledger } = storesOn(items);
  await catalog.put({ ...KEY, parent: 'p', value: 1, quiet: true });
  expect(keysIn(items, 'META')).toEqual([]);
  await catalog.put({ ...KEY, parent: 'p', value: 2 });
  expect(keysIn(items, 'META')).toEqual(['META/REVISIONS']);
  await ledger.close();
});

test('what another process changes is known when it is asked for', async () => {
  const items = new MemoryItems();
  const [here, there] = [storesOn(items), storesOn(items)];
  await there.catalog.put({ ...KEY, parent: 'p', value: 1 });
  expect(await here.catalog.revision()).toBe(1);
  expect((await here.catalog.get('rerate', 'r1'))?.value).toBe(1);
  const conflict = await here.catalog.put({ ...KEY, parent: 'p', value: 2, expected: 0 });
  expect(conflict).toEqual({ kind: 'conflict', revision: 1 });
  await here.ledger.close();
  await there.ledger.close();
});
