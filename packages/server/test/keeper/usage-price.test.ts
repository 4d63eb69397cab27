/** What told usage costs: by the book, by the settings, or at most what the dearest token costs. */
import { priceBook, usageOf, type PriceRow } from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import type { LabelFacts } from '../../src/config/model-labels.ts';
import { FALLBACK_VERSION, priceUsage, type UsageToPrice } from '../../src/keeper/usage-price.ts';
import { PRICES, START } from '../admin/control-plane.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const LABEL: LabelFacts = {
  ...{ label: 'own', type: 'model', id: 'x', description: '', tier: null, family: null },
  ...{ input_price_usd_micros_per_1m: 300_000, output_price_usd_micros_per_1m: null },
};

function asked(over: Partial<UsageToPrice> = {}): UsageToPrice {
  return {
    ...{ org_id: 'o', model: { model_id: HAIKU, scope: 'in_region' }, region: 'us-east-1' },
    ...{ at: START, usage: usageOf({ input_tokens: 1000, output_tokens: 10 }), label: LABEL },
    ...over,
  };
}

const UNKNOWN = { model: { model_id: 'who.knows-v1:0', scope: 'in_region' } } as const;
/** 0.25 USD a million in and 1.25 out. */
const BOOK = priceBook(PRICES, 'prices-1');

describe('a price', () => {
  test('comes from the book, whatever the settings say', () => {
    const { charge, price_version, ceiling } = priceUsage(BOOK, asked());
    expect([charge.cost, price_version, ceiling]).toEqual([262_500_000n, 'prices-1', null]);
  });

  test('of no model in the book comes from the label, and what that lacks has a ceiling', () => {
    const { charge, price_version, ceiling } = priceUsage(BOOK, asked(UNKNOWN));
    // 1,000 x 0.30 USD a million; 10 tokens of output at the dearest that the label names.
    expect([charge.priced, charge.cost, ceiling]).toEqual(['partly', 300_000_000n, 303_000_000n]);
    expect(price_version).toBe(FALLBACK_VERSION);
  });

  test('that nobody names is none: every token counts at the dearest of the book', () => {
    const { charge, ceiling } = priceUsage(BOOK, asked({ ...UNKNOWN, label: undefined }));
    // 1,010 x 1.25 USD a million.
    expect([charge.priced, charge.cost, ceiling]).toEqual(['no', 0n, 1_262_500_000n]);
  });

  test('has no ceiling of other tiers or of units, and none where no price is known', () => {
    const [row] = PRICES;
    if (row === undefined) throw new Error('no prices');
    const rows: PriceRow[] = [
      ...PRICES,
      { ...row, tier: 'priority', usd: '900' },
      { ...row, usage_class: 'image', per: 1, usd: '5' },
    ];
    const nobody = asked({ ...UNKNOWN, label: undefined });
    expect(priceUsage(priceBook(rows, 'v'), nobody).ceiling).toBe(1_262_500_000n);
    expect(priceUsage(priceBook([], 'v'), nobody).ceiling).toBe(0n);
  });

  test('of no tokens is nothing, with or without a price', () => {
    const nothing = asked({ ...UNKNOWN, label: undefined, usage: usageOf({}) });
    expect(priceUsage(BOOK, nothing)).toMatchObject({ charge: { priced: 'yes' }, ceiling: null });
  });
});
