/** Laws of restating prices: nothing is lost, whatever the number and the unit. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitPriceUsd } from '../../../src/index.ts';
import { rowPrice, shiftDecimal } from '../../../src/pricing/import/units.ts';

const decimals = fc
  .tuple(fc.bigInt({ min: 0n, max: 999_999n }), fc.stringMatching(/^\d{1,10}$/))
  .map(([whole, fraction]) => `${whole}.${fraction}`);
const options = { numRuns: 3000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false };

describe('restating a price', () => {
  test('for a million tokens leaves the price of one token as it was', () => {
    fc.assert(
      fc.property(decimals, fc.constantFrom(3, 6), (usd, zeros) => {
        const price = rowPrice('input', zeros === 3 ? '1K tokens' : '1M tokens', usd);
        if (price.kind !== 'price') throw new Error(price.message);
        expect(unitPriceUsd(price.usd, price.per)).toBe(unitPriceUsd(usd, 10 ** zeros));
      }),
      options,
    );
  });

  test('there and back is the same number', () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: -6, max: 6 }), (usd, places) => {
        const there = shiftDecimal(usd, places) ?? '';
        expect(shiftDecimal(there, -places)).toBe(shiftDecimal(usd, 0));
      }),
      options,
    );
  });
});
