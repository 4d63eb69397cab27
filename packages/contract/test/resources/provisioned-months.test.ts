/** Months and unit-hour prices: of the calendar, exact, for known commitments. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { provisionedMonths } from '../../src/resources/provisioned-months.ts';

const month = Compile(provisionedMonths.getProvisionedMonth.params);
const params = Compile(provisionedMonths.putUnitHourPrice.params);
const body = Compile(provisionedMonths.putUnitHourPrice.body);

it.each(['2026-01', '2026-12', '1999-10'])('%s is a month', (of) => {
  expect(month.Check({ provisioned_id: 'x', month: of })).toBe(true);
});

it.each(['2026-00', '2026-13', '2026-1', '2026-11-01', '11-2026'])('%s is none', (of) => {
  expect(month.Check({ provisioned_id: 'x', month: of })).toBe(false);
});

it('prices are of a model or an ARN, for a commitment or none', () => {
  const model_id = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl';
  for (const commitment of ['none', 'one_month', 'six_months']) {
    expect(params.Check({ model_id, commitment })).toBe(true);
  }
  expect(params.Check({ model_id, commitment: 'OneMonth' })).toBe(false);
  expect(params.Check({ model_id: 'a b', commitment: 'none' })).toBe(false);
});

it('a price is an exact amount, from a moment or not', () => {
  expect(body.Check({ unit_hour_usd: '39.60' })).toBe(true);
  expect(body.Check({ unit_hour_usd: '0', effective_from: '2026-11-01T00:00:00Z' })).toBe(true);
  for (const unit_hour_usd of ['-1', '1e3', '', '0.0000000000001', 39.6]) {
    expect(body.Check({ unit_hour_usd })).toBe(false);
  }
  expect(body.Check({ unit_hour_usd: '1', effective_from: '2026-11-01' })).toBe(false);
});
