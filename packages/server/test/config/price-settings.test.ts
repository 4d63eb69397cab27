/** Where prices come from: nobody is asked unless the operator says so. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

test('the price list is not asked by default', () => {
  const loaded = loadSettings({ demo: true, flags: {} });
  expect(loaded).toMatchObject({
    kind: 'ok',
    settings: {
      priceRefresh: false,
      priceListUrl: 'https://pricing.us-east-1.amazonaws.com',
      priceRefreshIntervalMs: 86_400_000,
    },
  });
});
