/** Who writes the same items waits; who does not goes on. */
import { expect, test } from 'vitest';
import { KeyLocks, type KeyTicket } from '../../../../src/adapters/dynamodb/groups/key-locks.ts';
import { seeded } from '../group-rig.ts';

test('a ticket waits for all before it that have a key of its own, in their order', () => {
  const locks = new KeyLocks();
  const first = locks.take(['a', 'b']);
  const second = locks.take(['b', 'c']);
  const third = locks.take(['c']);
  const fourth = locks.take(['d']);
  expect([first, second, third, fourth].map(({ granted }) => granted)).toEqual([
    true,
    false,
    false,
    true,
  ]);
  first.release();
  expect([second.granted, third.granted]).toEqual([true, false]);
  second.release();
  expect(third.granted).toBe(true);
});

test('a ticket takes more keys only where nobody stands in line', () => {
  const locks = new KeyLocks();
  const first = locks.take(['a']);
  const second = locks.take(['b']);
  expect(first.extend(['a', 'b', 'c'])).toBe(false);
  expect(first.extend(['a', 'c'])).toBe(true);
  expect(locks.take(['c']).granted).toBe(false);
  expect(second.covers(['b'])).toBe(true);
  expect(first.covers(['a', 'b'])).toBe(false);
});

test('no two that have a key in common are granted, and all are in the end', () => {
  const random = seeded(7);
  const locks = new KeyLocks();
  const waiting: { ticket: KeyTicket; ids: string[] }[] = [];
  let granted = 0;
  for (let round = 0; round < 400 || waiting.length > 0; round += 1) {
    if (round < 400) {
      const ids = Array.from({ length: 3 }, () => `k${Math.floor(random() * 8)}`);
      waiting.push({ ticket: locks.take(ids), ids });
    }
    const active = waiting.filter(({ ticket }) => ticket.granted);
    const held = active.flatMap(({ ids }) => [...new Set(ids)]);
    expect(new Set(held).size).toBe(held.length);
    const ended = active[Math.floor(random() * active.length)];
    if (ended === undefined || (round < 400 && random() < 0.4)) continue;
    ended.ticket.release();
    waiting.splice(waiting.indexOf(ended), 1);
    granted += 1;
  }
  expect(granted).toBe(400);
});
