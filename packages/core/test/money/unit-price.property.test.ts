/** Laws of charging, against another arithmetic library. */
import Big from 'big.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chargeAmount, parseUsd, unitPriceUsd } from '../../src/index.ts';

const TIME_BOX = { numRuns: 1000, interruptAfterTimeLimit: 1000 };
const Exact = Big();
Exact.DP = 80;

const price = fc.stringMatching(/^[0-9]{1,6}(\.[0-9]{1,14})?$/);
const per = fc.constantFrom(1, 1000, 1_000_000);
const quantity = fc.nat({ max: Number.MAX_SAFE_INTEGER });

test('an amount is the exact product, rounded half up to the pico once', () => {
  fc.assert(
    fc.property(quantity, price, per, (count, usd, units) => {
      const exact = new Exact(count).times(usd).div(units);
      const expected = exact.times('1e12').round(0, Exact.roundHalfUp).toFixed();
      expect(chargeAmount(count, usd, units)).toBe(BigInt(expected));
    }),
    TIME_BOX,
  );
});

test('the price of one unit is the stated price, divided without loss', () => {
  fc.assert(
    fc.property(price, per, (usd, units) => {
      const one = new Exact(unitPriceUsd(usd, units));
      expect(one.times(units).eq(usd)).toBe(true);
    }),
    TIME_BOX,
  );
});

test('charging in two parts differs from charging at once by less than a pico', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 10 ** 9 }),
      fc.nat({ max: 10 ** 9 }),
      price,
      per,
      (first, second, usd, units) => {
        const parts = chargeAmount(first, usd, units) + chargeAmount(second, usd, units);
        const difference = parts - chargeAmount(first + second, usd, units);
        expect(difference >= -1n && difference <= 1n).toBe(true);
      },
    ),
    TIME_BOX,
  );
});

test('one unit costs its unit price wherever that is whole in pico-dollars', () => {
  const whole = fc.stringMatching(/^[0-9]{1,6}(\.[0-9]{1,6})?$/);
  fc.assert(
    fc.property(whole, (usd) => {
      expect(chargeAmount(1, usd, 1_000_000)).toBe(parseUsd(unitPriceUsd(usd, 1_000_000)));
    }),
    TIME_BOX,
  );
});
