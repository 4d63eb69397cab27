/** Sizes follow the developer guide, "DynamoDB item sizes and formats": never less than it says. */
import { expect, test } from 'vitest';
import {
  itemBytes,
  readUnits,
  writeUnits,
} from '../../../../src/adapters/dynamodb/items/item-size.ts';

test('names and texts count in UTF-8, lists and maps three bytes and one a member', () => {
  const base = itemBytes({ pk: 'p', sk: 's', v: 1 });
  // 'note' (4) and three letters of two bytes each.
  expect(itemBytes({ pk: 'p', sk: 's', v: 1, note: 'äöü' }) - base).toBe(10);
  expect(itemBytes({ pk: 'p', sk: 's', v: 1, l: ['a', 'b'] }) - base).toBe(1 + 3 + 2 * (1 + 1));
  expect(itemBytes({ pk: 'p', sk: 's', v: 1, m: { k: true } }) - base).toBe(1 + 3 + 1 + 1 + 1);
});

test('a kilobyte is a write unit, four a read unit; a transaction takes twice as many', () => {
  const put = (bytes: number) =>
    ({ op: 'put', item: { pk: 'p', sk: 's', v: 1, text: 'x'.repeat(bytes) } }) as const;
  expect(writeUnits(put(900), false)).toBe(1);
  expect(writeUnits(put(1_500), true)).toBe(4);
  const check = { op: 'check', key: { pk: 'p', sk: 's' }, condition: { kind: 'absent' } } as const;
  expect(writeUnits(check, true)).toBe(2);
  expect([0, 4_096, 4_097].map(readUnits)).toEqual([1, 1, 2]);
});
