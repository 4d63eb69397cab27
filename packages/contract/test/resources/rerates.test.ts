/** Re-rating: a period is stated in full. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { rerates } from '../../src/resources/rerates.ts';

it('needs both ends of the period, as times', () => {
  const body = Compile(rerates.startRerate.body);
  const period = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' };
  expect(body.Check(period)).toBe(true);
  expect(body.Check({ ...period, price_version: '2026-11-22.3', dry_run: true })).toBe(true);
  expect(body.Check({ from: period.from })).toBe(false);
  expect(body.Check({ ...period, from: '2026-11-01' })).toBe(false);
});
