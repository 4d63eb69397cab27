/** What is remembered of items is bounded, and what was used last stays. */
import { expect, test } from 'vitest';
import { KnownItems } from '../../../../src/adapters/dynamodb/items/known-items.ts';

const item = (v: number): { pk: string; sk: string; v: number } => ({ pk: 'p', sk: 's', v });

test('what is used stays, however much comes by; what is not is forgotten', () => {
  const known = new KnownItems(10);
  known.set('used', item(1));
  known.set('once', item(2));
  for (let n = 0; n < 100; n += 1) {
    known.set(`other ${n}`, item(n));
    expect(known.get('used')).toEqual(item(1));
  }
  expect(known.get('once')).toBeUndefined();
  const kept = Array.from({ length: 100 }, (_, n) => known.get(`other ${n}`)).filter(Boolean);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(known.get('other 99')).toEqual(item(99));
});

test('the last that was set is what is known', () => {
  const known = new KnownItems(4);
  known.set('a', item(1));
  for (let n = 0; n < 2; n += 1) known.set(`other ${n}`, item(n));
  known.set('a', item(2));
  expect(known.get('a')).toEqual(item(2));
});

test('what is not there is not remembered', () => {
  const known = new KnownItems(4);
  known.set('a', item(1));
  known.set('b', item(1));
  known.set('c', item(1));
  known.set('a', undefined);
  known.set('c', undefined);
  expect(['a', 'c'].map((id) => known.get(id))).toEqual([undefined, undefined]);
});
