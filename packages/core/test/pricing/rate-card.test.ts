/** Which prices stand on a rate card, and in which context band. */
import { describe, expect, test } from 'vitest';
import { bandFor, isTokenClass, parseContextBand } from '../../src/index.ts';
import { aCard, aPrice, pricesOf } from './a-price.ts';

describe('parseContextBand', () => {
  test.each([
    ['all', { above: -1, up_to: Infinity }],
    ['le_200k', { above: -1, up_to: 200_000 }],
    ['gt_200k', { above: 200_000, up_to: Infinity }],
    ['le_8192', { above: -1, up_to: 8192 }],
  ])('%s is a range of prompt sizes', (band, range) => {
    expect(parseContextBand(band)).toEqual(range);
  });

  test.each(['', 'lt_200k', 'le_', 'le_200m', 'gt_512:standard', 'ALL', 'le_200k '])(
    '%j is none',
    (band) => {
      expect(parseContextBand(band)).toBeUndefined();
    },
  );
});

test('token classes are told from units', () => {
  expect(['input', 'output', 'cache_write_30m'].every(isTokenClass)).toBe(true);
  expect(['image', 'input_speech', 'cache_write', ''].some(isTokenClass)).toBe(false);
});

describe('a card', () => {
  const prices = (rows: Parameters<typeof aCard>[0], prompt: number) => {
    const { input, output } = bandFor(aCard(rows), prompt).prices;
    return [input?.usd ?? null, output?.usd ?? null];
  };

  test('puts the edge of a band into the lower one', () => {
    const rows = [
      ...pricesOf({ input: '1', output: '3' }, { context_band: 'le_200k' }),
      ...pricesOf({ input: '2', output: '4' }, { context_band: 'gt_200k' }),
    ];
    expect(prices(rows, 0)).toEqual(['1', '3']);
    expect(prices(rows, 200_000)).toEqual(['1', '3']);
    expect(prices(rows, 200_001)).toEqual(['2', '4']);
    expect(prices(rows, Number.MAX_SAFE_INTEGER)).toEqual(['2', '4']);
  });

  test('has a price of band `all` in every band', () => {
    const rows = [
      ...pricesOf({ input: '1' }, { context_band: 'le_200k' }),
      ...pricesOf({ input: '2' }, { context_band: 'gt_200k' }),
      ...pricesOf({ output: '5' }),
    ];
    expect(prices(rows, 1)).toEqual(['1', '5']);
    expect(prices(rows, 300_000)).toEqual(['2', '5']);
  });

  test('has no price in a band that no row covers', () => {
    const rows = pricesOf({ input: '1', output: '2' }, { context_band: 'le_100k' });
    expect(prices(rows, 100_000)).toEqual(['1', '2']);
    expect(prices(rows, 100_001)).toEqual([null, null]);
  });

  test('takes the latest row where bands overlap, and of one date the narrowest', () => {
    const later = { effective_from: '2026-02-01' };
    const banded = aPrice({ usd: '2', context_band: 'gt_200k' });
    expect(prices([aPrice(), banded], 300_000)).toEqual(['2', null]);
    expect(prices([aPrice(), banded], 100)).toEqual(['1', null]);
    expect(prices([aPrice({ usd: '7', ...later }), banded], 300_000)).toEqual(['7', null]);
    const nested = [
      aPrice({ usd: '3', context_band: 'le_100k' }),
      aPrice({ usd: '4', context_band: 'le_200k' }),
      aPrice({ usd: '5', context_band: 'gt_100k' }),
      aPrice({ usd: '6', context_band: 'gt_200k' }),
    ];
    expect(prices(nested, 100_000)).toEqual(['3', null]);
    expect(prices(nested, 200_000)).toEqual(['4', null]);
    expect(prices(nested, 200_001)).toEqual(['6', null]);
  });

  test('knows which classes it prices and which price is the dearest', () => {
    const card = aCard([
      ...pricesOf({ input: '1', output: '3', cache_read: '0.1' }, { context_band: 'le_200k' }),
      ...pricesOf({ input: '2', output: '9' }, { context_band: 'gt_200k' }),
    ]);
    expect([...card.priced].sort()).toEqual(['cache_read', 'input', 'output']);
    expect(card.dearest?.usd).toBe('9');
  });

  test('of units alone prices no token', () => {
    const card = aCard([aPrice({ usage_class: 'image', per: 1, usd: '0.04' })]);
    expect(card.dearest).toBeNull();
    expect(card.priced.size).toBe(0);
    expect(card.units.get('image')?.unit_usd).toBe('0.04');
  });

  test('keeps variants of a unit apart, and the latest price of each', () => {
    const image = { usage_class: 'image', per: 1 };
    const card = aCard([
      aPrice({ ...image, usd: '0.04', context_band: 'le_1024:standard' }),
      aPrice({ ...image, usd: '0.06', context_band: 'le_1024:premium' }),
      aPrice({
        ...image,
        usd: '0.05',
        context_band: 'le_1024:premium',
        effective_from: '2026-03-01',
      }),
    ]);
    const units = [...card.units].map(([unit, price]) => [unit, price.usd]);
    expect(new Map(units as [string, string][])).toEqual(
      new Map([
        ['image:le_1024:standard', '0.04'],
        ['image:le_1024:premium', '0.05'],
      ]),
    );
  });

  test('has a band for every prompt that can be counted', () => {
    expect(() => bandFor(aCard([aPrice()]), Number.NaN)).toThrow(RangeError);
  });
});
