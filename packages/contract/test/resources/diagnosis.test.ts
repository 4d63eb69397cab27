/** The diagnosis: what a check says. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { diagnosis } from '../../src/resources/diagnosis.ts';

it('has an outcome and what to do, for every check', () => {
  const result = Compile(diagnosis.diagnose.result);
  const check = { check: 'store', status: 'ok', detail: 'fine', advice: null };
  expect(result.Check({ checks: [check, { ...check, status: 'fail', advice: 'do' }] })).toBe(true);
  expect(result.Check({ checks: [{ ...check, status: 'maybe' }] })).toBe(false);
});
