/** Waits between tries: four times as long each, within bounds, and never all alike. */
import { expect, it } from 'vitest';
import { waitAfter } from '../../../src/keeper/alerts/backoff.ts';

const chance = (high: number, low: number) => ({ secret: () => Uint8Array.of(high, low) });
const HOUR = 3_600_000;

it.each([
  [1, 2_500, 5_000],
  [2, 10_000, 20_000],
  [3, 40_000, 80_000],
  [7, 10_240_000, 20_480_000],
  [8, 3 * HOUR, 6 * HOUR],
  [20, 3 * HOUR, 6 * HOUR],
])('waits after try %i from %i to %i ms', (tries, least, most) => {
  expect(waitAfter(tries, 5_000, chance(0, 0))).toBe(least);
  const longest = waitAfter(tries, 5_000, chance(255, 255));
  expect(longest).toBeGreaterThan(most * 0.9999);
  expect(longest).toBeLessThanOrEqual(most);
});

it('draws the time in between', () => {
  expect(waitAfter(1, 5_000, chance(128, 0))).toBe(3_750);
});
