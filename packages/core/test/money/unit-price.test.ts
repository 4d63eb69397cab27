/** Prices of one unit and what quantities cost: exact products, one rounding, no guesses. */
import { describe, expect, test } from 'vitest';
import {
  amountAtMost,
  amountOf,
  chargeAmount,
  comparePrices,
  unitPrice,
  unitPriceUsd,
} from '../../src/index.ts';

const MILLION = 1_000_000;

describe('chargeAmount', () => {
  // Worked by hand: quantity x price in micro-dollars, times a million.
  test.each([
    [1500, '0.80', MILLION, 1_200_000_000n],
    [800, '3.20', MILLION, 2_560_000_000n],
    [10, '3', MILLION, 30_000_000n],
    [282, '15', MILLION, 4_230_000_000n],
    [1, '0.035', MILLION, 35_000n],
    [0, '15', MILLION, 0n],
    [3, '0.04', 1, 120_000_000_000n],
    [Number.MAX_SAFE_INTEGER, '1', 1, 9_007_199_254_740_991_000_000_000_000n],
  ])('charges %d units at %s USD for %d exactly', (quantity, usd, per, pico) => {
    expect(chargeAmount(quantity, usd, per)).toBe(pico);
  });

  test.each([
    // 0.0000001 USD per million is a tenth of a pico a unit.
    [4, '0.0000001', 0n],
    [5, '0.0000001', 1n],
    [14, '0.0000001', 1n],
    [15, '0.0000001', 2n],
    // A third of a pico, near enough: half is not reached, then passed.
    [1, '0.000000333333', 0n],
    [2, '0.000000333333', 1n],
    [3, '0.000000333333', 1n],
  ])('rounds %d units at %s half up, once', (quantity, usd, pico) => {
    expect(chargeAmount(quantity, usd, MILLION)).toBe(pico);
  });

  test('a quantity that cannot be counted is refused', () => {
    const price = unitPrice('1', MILLION);
    for (const quantity of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
      expect(() => amountOf(quantity, price)).toThrow(RangeError);
    }
  });
});

describe('unitPrice', () => {
  test.each([
    ['3', MILLION, '0.000003'],
    ['0.80', MILLION, '0.0000008'],
    ['0.0000001', MILLION, '0.0000000000001'],
    ['15', 1, '15'],
    ['0.040', 1, '0.04'],
    ['0', MILLION, '0'],
    ['1000000', MILLION, '1'],
  ])('%s for %d is %s for one', (usd, per, one) => {
    expect(unitPriceUsd(usd, per)).toBe(one);
  });

  test('keeps the price as it was stated', () => {
    expect(unitPrice('0.80', MILLION)).toMatchObject({ usd: '0.80', per: MILLION });
  });

  test.each(['', '-1', '1e-6', '.5', '1.', ' 1', '1,5', 'free', '1'.repeat(19)])(
    'refuses %j as a price',
    (usd) => {
      expect(() => unitPrice(usd, MILLION)).toThrow(RangeError);
    },
  );

  test.each([0, -1, 3, 1000.5, Number.NaN, 10 ** 13])('refuses %d as a number of units', (per) => {
    expect(() => unitPrice('1', per)).toThrow(RangeError);
  });
});

test('prices compare by what one unit costs, whatever they are stated for', () => {
  const cheap = unitPrice('3', MILLION);
  expect(comparePrices(cheap, unitPrice('0.000004', 1))).toBeLessThan(0);
  expect(comparePrices(unitPrice('0.000004', 1), cheap)).toBeGreaterThan(0);
  expect(comparePrices(cheap, unitPrice('0.000003', 1))).toBe(0);
  expect(comparePrices(unitPrice('0.0000001', MILLION), unitPrice('0.0000002', MILLION))).toBe(-1);
});

describe('amountAtMost', () => {
  // A tenth of a pico a token: three tokens are less than half a pico.
  const tenth = unitPrice('0.0000001', MILLION);

  test('rounds up, and adds a pico for each further line that may be rounded by itself', () => {
    expect(amountAtMost(3, tenth, 1)).toBe(1n);
    expect(amountAtMost(3, tenth, 3)).toBe(3n);
    expect(amountAtMost(20, tenth, 1)).toBe(2n);
  });

  test('is the exact amount where a unit costs whole picos, and nothing without a price', () => {
    expect(amountAtMost(3, unitPrice('0.04', 1), 3)).toBe(120_000_000_000n);
    expect(amountAtMost(3, null, 3)).toBe(0n);
  });
});
