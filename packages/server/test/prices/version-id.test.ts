/** Ids of versions: later ones come after earlier ones, whatever the clock does. */
import { expect, test } from 'vitest';
import { isLater, nextVersion } from '../../src/prices/version-id.ts';

test.each([
  ['2026-11-21.1', '2026-11-22', '2026-11-22.1'],
  ['2026-11-22.1', '2026-11-22', '2026-11-22.2'],
  ['2026-11-22.9', '2026-11-22', '2026-11-22.10'],
  ['2026-11-23.4', '2026-11-22', '2026-11-23.5'],
  ['prices-1', '2026-11-22', '2026-11-22.1'],
  ['', '2026-11-22', '2026-11-22.1'],
])('after %s, on %s, comes %s', (last, today, next) => {
  expect(nextVersion(last, today)).toBe(next);
  expect(isLater(next, last)).toBe(true);
  expect(isLater(last, next)).toBe(false);
});

test('no version is later than itself', () => {
  expect(isLater('2026-11-22.1', '2026-11-22.1')).toBe(false);
});
