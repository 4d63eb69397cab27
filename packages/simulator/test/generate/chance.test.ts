/** Chance that follows from a seed. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { chanceFrom, digestOf, seedOf } from '../../src/generate/chance.ts';

it('equal seeds draw equal numbers, all below the limit', () => {
  const [one, other] = [chanceFrom(42), chanceFrom(42)];
  const draws = Array.from({ length: 1000 }, () => one.below(10));
  expect(draws).toEqual(Array.from({ length: 1000 }, () => other.below(10)));
  expect(new Set(draws)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
});

it('a digest tells label and content apart', () => {
  const expected = createHash('sha256').update('ab\0c').digest('hex');
  expect(digestOf('ab', 'c')).toBe(expected);
  expect(digestOf('ab', Buffer.from('c'))).toBe(expected);
  expect(digestOf('a', 'bc')).not.toBe(expected);
  expect(seedOf('ffffffff00')).toBe(4_294_967_295);
});
