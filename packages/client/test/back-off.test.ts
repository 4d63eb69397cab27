/** Waits between attempts. */
import { describe, expect, it } from 'vitest';
import { askedMs, waitMs } from '../src/back-off.ts';

describe('a wait', () => {
  it.each([
    [1, 0.5, 500],
    [2, 0.5, 1000],
    [3, 0.5, 2000],
    [6, 0.5, 16_000],
    [7, 0.5, 30_000],
    [1000, 0.5, 30_000],
    [4, 0, 0],
  ])('after %i failures, with the dice at %f, is %i ms', (failures, random, expected) => {
    expect(waitMs(failures, random, null)).toBe(expected);
  });

  it('is never shorter than the server asked for, and never longer than an hour', () => {
    expect(waitMs(1, 0.5, 20_000)).toBe(20_000);
    expect(waitMs(7, 0.5, 20_000)).toBe(30_000);
    expect(waitMs(1, 0.5, 86_400_000)).toBe(3_600_000);
  });
});

it.each([
  ['7', 7000],
  ['0', 0],
  ['Sun, 22 Nov 2026 14:33:30 GMT', 30_000],
  ['2026-11-22T14:34:00Z', 60_000],
  ['2026-11-22T14:32:00Z', 0],
  ['soon', null],
  ['', null],
  [null, null],
])('Retry-After %j asks for %j ms', (text, expected) => {
  expect(askedMs(text, Date.UTC(2026, 10, 22, 14, 33))).toBe(expected);
});
