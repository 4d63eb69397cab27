/** What is remembered of items is bounded, and what was used last stays. */
import { expect, test } from 'vitest';
import { KnownItems } from '../../../src/adapters/dynamodb/known-items.ts';

const item = (v: number): { pk: string; sk: string; v: number } => ({ pk: 'p', sk: 's', v });

test('the item that was used the longest ago is forgotten first', () => {
  const known = new KnownItems(2);
  known.set('a', item(1));
  known.set('b', item(2));
  known.get('a');
  known.set('c', item(3));
  expect(['a', 'b', 'c'].map((id) => known.get(id)?.v)).toEqual([1, undefined, 3]);
});

test('what is not there is not remembered', () => {
  const known = new KnownItems(2);
  known.set('a', item(1));
  known.set('a', undefined);
  expect(known.get('a')).toBeUndefined();
});
