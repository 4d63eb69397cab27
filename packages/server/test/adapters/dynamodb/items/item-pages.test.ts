/** Pages of partitions: everything once, in order, whatever the size of a page. */
import { expect, test } from 'vitest';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { allItems, itemPages } from '../../../../src/adapters/dynamodb/items/item-pages.ts';
import type { ItemQuery } from '../../../../src/adapters/dynamodb/items/items.ts';

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f'];

async function withLetters(): Promise<MemoryItems> {
  const items = new MemoryItems();
  await items.writeEach(LETTERS.map((sk) => ({ op: 'put', item: { pk: 'p', sk, v: 1 } })));
  return items;
}

async function pagesOf(size: number, query: Partial<ItemQuery> = {}): Promise<string[]> {
  const pages: string[] = [];
  for await (const page of itemPages(await withLetters(), { pk: 'p', ...query }, size)) {
    pages.push(page.map(({ sk }) => sk).join(''));
  }
  return pages;
}

test('items come once and in order, in pages of the size asked for', async () => {
  expect(await pagesOf(2)).toEqual(['ab', 'cd', 'ef']);
  expect(await pagesOf(4)).toEqual(['abcd', 'ef']);
  expect(await pagesOf(6)).toEqual(['abcdef']);
  expect(await pagesOf(7)).toEqual(['abcdef']);
});

test('a stretch is read as far as its bounds, in either direction', async () => {
  expect(await pagesOf(2, { from: 'b', to: 'e' })).toEqual(['bc', 'de']);
  expect(await pagesOf(2, { descending: true })).toEqual(['fe', 'dc', 'ba']);
  expect(await pagesOf(2, { from: 'b', to: 'dd', descending: true })).toEqual(['dc', 'b']);
  expect(await pagesOf(2, { from: 'x' })).toEqual([]);
});

test('a page of one item goes on to the next', async () => {
  expect(await pagesOf(1)).toEqual(LETTERS);
});

test('all items of a short partition are read at once', async () => {
  const found = await allItems(await withLetters(), { pk: 'p' });
  expect(found.map(({ sk }) => sk)).toEqual(LETTERS);
});
