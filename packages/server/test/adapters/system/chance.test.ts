/** Chance of the system. */
import { expect, test } from 'vitest';
import { systemChance } from '../../../src/adapters/system/chance.ts';

test('numbers lie from 0 to below 1, and are not all the same', () => {
  const drawn = Array.from({ length: 100 }, systemChance);
  expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(1);
});
