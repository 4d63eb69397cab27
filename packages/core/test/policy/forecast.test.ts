/** The forecast: when a budget will be spent at the rate of the last hour. */
import { expect, it } from 'vitest';
import { exhaustionOf, forecastSpan } from '../../src/policy/forecast.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const limit = { limit: { unit: 'usd' as const, amount: 100n } };
const lastHour = (posted: bigint) => ({ from: NOON - HOUR, to: NOON, posted });

it('measures the last hour, but nothing from before the window', () => {
  expect(forecastSpan(NOON - 5 * HOUR, NOON)).toEqual({ from: NOON - HOUR, to: NOON });
  expect(forecastSpan(NOON - 60_000, NOON)).toEqual({ from: NOON - 60_000, to: NOON });
  expect(forecastSpan(0, NOON)).toEqual({ from: NOON - HOUR, to: NOON });
  // A clock that was set back.
  expect(forecastSpan(NOON + HOUR, NOON)).toEqual({ from: NOON, to: NOON });
});

it('says when what is left will be gone', () => {
  // 20 an hour, 60 left: three hours.
  expect(exhaustionOf(limit, 40n, lastHour(20n), NOON, NOON + 12 * HOUR)).toBe(NOON + 3 * HOUR);
  // 7 left at 3 an hour: two hours and a third, rounded up to the millisecond.
  expect(exhaustionOf(limit, 93n, lastHour(3n), NOON, null)).toBe(NOON + 8_400_000);
  expect(exhaustionOf(limit, 99n, lastHour(7n), NOON, null)).toBe(NOON + 514_286);
});

it('takes the rate of a young window as it is', () => {
  const minute = { from: NOON - 60_000, to: NOON, posted: 10n };
  expect(exhaustionOf(limit, 10n, minute, NOON, null)).toBe(NOON + 9 * 60_000);
});

it('says nothing when the window ends first, or at the same moment', () => {
  expect(exhaustionOf(limit, 40n, lastHour(20n), NOON, NOON + 3 * HOUR)).toBeNull();
  expect(exhaustionOf(limit, 40n, lastHour(20n), NOON, NOON + 3 * HOUR + 1)).toBe(NOON + 3 * HOUR);
});

it('says nothing when nothing is being spent', () => {
  expect(exhaustionOf(limit, 40n, lastHour(0n), NOON, null)).toBeNull();
  expect(exhaustionOf(limit, 40n, lastHour(-5n), NOON, null)).toBeNull();
  expect(exhaustionOf(limit, 40n, { from: NOON, to: NOON, posted: 5n }, NOON, null)).toBeNull();
});

it('is now when it is spent already', () => {
  expect(exhaustionOf(limit, 100n, lastHour(0n), NOON, NOON + 1)).toBe(NOON);
  expect(exhaustionOf(limit, 150n, lastHour(9n), NOON, NOON + 1)).toBe(NOON);
});

it('says nothing of what no date can show', () => {
  const huge = { limit: { unit: 'usd' as const, amount: 10n ** 30n } };
  expect(exhaustionOf(huge, 0n, lastHour(1n), NOON, null)).toBeNull();
});
