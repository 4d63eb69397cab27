/** Budgets: the words of scopes, units, windows and modes. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { budgets } from '../../src/resources/budgets.ts';

const body = Compile(budgets.putBudget.body);
const good = {
  scope: { type: 'organization', org_id: '0199a0b0-0000-7000-8000-00000000000a' },
  limit: { unit: 'usd', amount: '0.50' },
  window: 'day',
};

it('takes a budget without match, time zone and mode', () => {
  expect(body.Check(good)).toBe(true);
});

it.each([
  { window: 'year' },
  { mode: 'block' },
  { limit: { unit: 'eur', amount: '1' } },
  { limit: { unit: 'usd', amount: 1 } },
  { limit: { unit: 'usd', amount: '1.' } },
  { scope: { ...good.scope, type: 'team' } },
])('refuses %j', (over) => {
  expect(body.Check({ ...good, ...over })).toBe(false);
});
