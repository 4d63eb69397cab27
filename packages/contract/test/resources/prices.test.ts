/** Prices: what of the book may be asked for. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { prices } from '../../src/resources/prices.ts';

it('may be narrowed by model, region and moment', () => {
  const query = Compile(prices.listPrices.query);
  expect(query.Check({ model_id: 'm', region: 'us-east-1', at: '2026-01-01T00:00:00Z' })).toBe(
    true,
  );
  expect(query.Check({ tier: 'batch' })).toBe(false);
});
