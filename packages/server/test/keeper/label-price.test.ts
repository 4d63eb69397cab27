/** What a label costs: by the price book, else by the settings, else nobody knows. */
import { priceBook, type PriceRow } from '@tollkeeper/core';
import { expect, test } from 'vitest';
import { labelPrice } from '../../src/keeper/label-price.ts';
import { DEVELOPMENT_LABELS, type LabelFacts } from '../../src/config/model-labels.ts';

const AT = Date.UTC(2026, 10, 22);
const FINE = { failing: false };

function row(usage_class: string, usd: string, change: Partial<PriceRow> = {}): PriceRow {
  return {
    ...{ model_id: 'amazon.nova-pro-v1:0', region: 'us-east-1', scope: 'in_region' },
    ...{ tier: 'standard', usage_class, context_band: 'all', effective_from: '2025-01-01' },
    ...{ usd, per: 1_000_000, confidence: 'high', sources: ['aws-price-list'], ...change },
  };
}

const BOOK = priceBook(
  [
    row('input', '0.9'),
    row('output', '3.6'),
    row('input', '0.45', { scope: 'global', sources: ['somebody'] }),
    row('output', '1.8', { scope: 'global', sources: ['somebody'] }),
  ],
  'prices-7',
);

function label(change: Partial<LabelFacts>): LabelFacts {
  const premium = DEVELOPMENT_LABELS.get('premium');
  if (premium === undefined) throw new Error('There is no premium label.');
  return { ...premium, ...change };
}

function priceOf(change: Partial<LabelFacts>, refresh = FINE) {
  return labelPrice(
    { book: BOOK, region: 'us-east-1', at: AT, org_id: 'o' },
    label(change),
    refresh,
  );
}

test('the book comes before the settings', () => {
  expect(priceOf({})).toEqual({
    input_price_usd_micros_per_1m: 900_000,
    output_price_usd_micros_per_1m: 3_600_000,
    version: 'prices-7',
    source: 'PRICING_API',
  });
});

test('it says when the list could not be asked, and when it is not the list that tells', () => {
  expect(priceOf({}, { failing: true }).source).toBe('CACHED');
  expect(priceOf({ id: 'global.amazon.nova-pro-v1:0' })).toMatchObject({
    input_price_usd_micros_per_1m: 450_000,
    source: 'CONFIG_FALLBACK',
  });
});

test('a model that the book does not have costs what the settings say', () => {
  expect(priceOf({ id: 'vendor.unheard-of-v1:0' })).toEqual({
    input_price_usd_micros_per_1m: 800_000,
    output_price_usd_micros_per_1m: 3_200_000,
    version: 'config-fallback',
    source: 'CONFIG_FALLBACK',
  });
});

test('what nobody tells is null, not nothing', () => {
  const none = { input_price_usd_micros_per_1m: null, output_price_usd_micros_per_1m: null };
  expect(priceOf({ id: 'vendor.unheard-of-v1:0', ...none })).toMatchObject(none);
});
