/** Where a price comes from, in three words. */
import { expect, test } from 'vitest';
import { priceSourceOf } from '../../src/prices/price-source.ts';

test.each([
  [['aws-price-list', 'AmazonBedrock 20261001'], false, 'PRICING_API'],
  [['aws-price-list'], true, 'CACHED'],
  [['pricelist'], false, 'CONFIG_FALLBACK'],
  [['operator'], true, 'CONFIG_FALLBACK'],
  [['layer:x'], false, 'CONFIG_FALLBACK'],
])('%j, asked in vain: %j, is %s', (sources, failing, source) => {
  expect(priceSourceOf({ sources }, { failing })).toBe(source);
});
