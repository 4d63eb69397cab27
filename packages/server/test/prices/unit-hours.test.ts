/** Prices of unit hours: which of several names counts, and from when. */
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { unitHourDocument, type Term } from '../../src/catalog/pool-records.ts';
import { pricesOfPool, termOf, unitHourPriceNow, withStep } from '../../src/prices/unit-hours.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl';
const NOW = Date.parse('2026-11-22T14:33:00Z');
const PICO = 10n ** 12n;

async function catalogWith(prices: Readonly<Record<string, string>>, commitment: Term = 'none') {
  const { catalog } = memoryStore();
  for (const [model_id, unit_hour_usd] of Object.entries(prices)) {
    const steps = [{ effective_from: null, unit_hour_usd }];
    await catalog.put({
      kind: 'unit_hour_price',
      id: unitHourDocument(model_id, commitment),
      parent: '',
      value: { model_id, commitment, prices: steps, updated_at: '' },
    });
  }
  return catalog;
}

const pool = {
  arn: ARN,
  model_id: `${HAIKU}:48k`,
  foundation_model_id: HAIKU,
  commitment: 'none',
} as const;

describe('the price of capacity', () => {
  it.each([
    ['its ARN', { [ARN]: '1', [`${HAIKU}:48k`]: '2', [HAIKU]: '3' }, 1n],
    ['the model as it was bought', { [`${HAIKU}:48k`]: '2', [HAIKU]: '3' }, 2n],
    ['the model', { [HAIKU]: '3' }, 3n],
  ])('is that of %s', async (_, prices, usd) => {
    const catalog = await catalogWith(prices);
    expect(await pricesOfPool(catalog, pool)).toEqual([{ from: -Infinity, price: usd * PICO }]);
  });

  it('is none when it was stated for another commitment alone', async () => {
    const catalog = await catalogWith({ [HAIKU]: '3' }, 'one_month');
    expect(await pricesOfPool(catalog, pool)).toEqual([]);
    expect(await unitHourPriceNow(catalog, HAIKU, null, NOW)).toBeNull();
    expect(await unitHourPriceNow(catalog, HAIKU, 'OneMonth', NOW)).toBe(3n * PICO);
    expect(await unitHourPriceNow(catalog, HAIKU, 'SixMonths', NOW)).toBeNull();
  });

  it('is found by the id of the model, with a size of context, and by ARN', async () => {
    const catalog = await catalogWith({ [HAIKU]: '3' });
    const arn = `arn:aws:bedrock:eu-west-2::foundation-model/${HAIKU}:200k`;
    for (const name of [HAIKU, `${HAIKU}:200k`, arn]) {
      expect(await unitHourPriceNow(catalog, name, null, NOW)).toBe(3n * PICO);
    }
  });
});

it('commitments are spelled as the API spells them', () => {
  expect([null, 'OneMonth' as const, 'SixMonths' as const].map(termOf)).toEqual([
    'none',
    'one_month',
    'six_months',
  ]);
});

describe('a price that is stated', () => {
  const now = '2026-11-22T14:33:00.000Z';
  const first = withStep([], '1', null, now);

  it('holds from ever when it is the first, from now on when it is not', () => {
    expect(first).toEqual([{ effective_from: null, unit_hour_usd: '1' }]);
    expect(withStep(first, '2', null, now)).toEqual([
      ...first,
      { effective_from: now, unit_hour_usd: '2' },
    ]);
  });

  it('changes nothing when it holds already', () => {
    expect(withStep(first, '1', null, now)).toBe(first);
  });

  it('takes its place by its moment, and replaces one of the same moment', () => {
    const early = '2026-01-01T00:00:00.000Z';
    const both = withStep(withStep(first, '3', now, now), '2', early, now);
    expect(both.map(({ unit_hour_usd }) => unit_hour_usd)).toEqual(['1', '2', '3']);
    const replaced = withStep(both, '4', early, now);
    expect(replaced.map(({ unit_hour_usd }) => unit_hour_usd)).toEqual(['1', '4', '3']);
  });

  it('that returns to what held before is a change again', () => {
    const two = withStep(first, '2', null, '2026-11-22T15:00:00.000Z');
    expect(withStep(two, '1', null, '2026-11-22T16:00:00.000Z')).toHaveLength(3);
  });
});
