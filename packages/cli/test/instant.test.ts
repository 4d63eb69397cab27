/** Moments in their short forms, in UTC. */
import { expect, it } from 'vitest';
import { firstDayOf, startOf } from '../src/instant.ts';

it.each([
  ['2026-11', '2026-11-01T00:00:00Z'],
  ['2026-11-22', '2026-11-22T00:00:00Z'],
  ['2026-11-22T14:33:00+01:00', '2026-11-22T14:33:00+01:00'],
  ['May', 'May'],
  ['2026-1', '2026-1'],
])('of %s the start is %s', (text, start) => {
  expect(startOf(text)).toBe(start);
});

it('knows the first day of a month, and leaves days', () => {
  expect(firstDayOf('2026-12')).toBe('2026-12-01');
  expect(firstDayOf('2026-12-24')).toBe('2026-12-24');
});
