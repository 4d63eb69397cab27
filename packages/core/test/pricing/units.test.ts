/** What one unit costs: by exact name, by side and quality, and when its name is incomplete. */
import { describe, expect, test } from 'vitest';
import { dearestOfUnit, isGuardrailUnit, priceOfUnit } from '../../src/index.ts';
import { aCard, aPrice } from './a-price.ts';

/** Prices of one image by band, as Nova Canvas and the Titan image models state them. */
function imageCard(prices: Readonly<Record<string, string>>) {
  return aCard(
    Object.entries(prices).map(([context_band, usd]) =>
      aPrice({ usage_class: 'image', context_band, usd, per: 1 }),
    ),
  );
}

const CANVAS = imageCard({
  'le_1024:standard': '0.04',
  'le_1024:premium': '0.06',
  'le_2048:standard': '0.06',
  'le_2048:premium': '0.08',
});
const TITAN = imageCard({
  'le_512:standard': '0.008',
  'gt_512:standard': '0.01',
  'le_512:premium': '0.01',
  'gt_512:premium': '0.012',
});
const FLAT = imageCard({ all: '0.08' });
const TEXT = aCard([aPrice()]);

describe('an image', () => {
  test.each([
    ['the smaller of two bands that hold it', CANVAS, 'image:512:standard', '0.04'],
    ['a band up to and with its edge', CANVAS, 'image:1024:standard', '0.04'],
    ['the next band from one pixel more on', CANVAS, 'image:1025:standard', '0.06'],
    ['its quality', CANVAS, 'image:2048:premium', '0.08'],
    ['a band up to and with its edge', TITAN, 'image:512:premium', '0.01'],
    ['a band above an edge', TITAN, 'image:513:premium', '0.012'],
    ['the price of every image', FLAT, 'image:1536:ultra', '0.08'],
    ['the price of every image', FLAT, 'image', '0.08'],
    ['a band that it names itself', CANVAS, 'image:le_2048:premium', '0.08'],
  ])('is priced by %s', (_by, card, unit, usd) => {
    expect(priceOfUnit(card, unit)?.unit_usd).toBe(usd);
  });

  test.each([
    ['beyond every band', CANVAS, 'image:2049:standard'],
    ['of another quality', CANVAS, 'image:1024:draft'],
    ['without a quality', CANVAS, 'image:1024'],
    ['without a side', CANVAS, 'image'],
    ['of a side that is no number', CANVAS, 'image:1e3:standard'],
    ['of a model that makes none', TEXT, 'image:1024:standard'],
  ])('%s has no price of its own', (_what, card, unit) => {
    expect(priceOfUnit(card, unit)).toBeNull();
  });

  test('is priced by the narrowest band even when a wider one is newer', () => {
    const rows = [
      aPrice({ usage_class: 'image', context_band: 'le_1024:standard', usd: '0.04', per: 1 }),
      aPrice({
        usage_class: 'image',
        context_band: 'le_2048:standard',
        usd: '0.07',
        per: 1,
        effective_from: '2026-06-01',
      }),
    ];
    expect(priceOfUnit(aCard(rows), 'image:1024:standard')?.unit_usd).toBe('0.04');
    expect(priceOfUnit(aCard(rows), 'image:2000:standard')?.unit_usd).toBe('0.07');
  });
});

describe('any other unit', () => {
  const card = aCard([
    aPrice({ usage_class: 'search_unit', usd: '0.002', per: 1 }),
    aPrice({ usage_class: 'input_speech', usd: '3.4', per: 1_000_000 }),
  ]);

  test('is looked up as it stands', () => {
    expect(priceOfUnit(card, 'search_unit')?.unit_usd).toBe('0.002');
    expect(priceOfUnit(card, 'search_units')).toBeNull();
    expect(priceOfUnit(card, 'second')).toBeNull();
  });

  test('keeps the number of units that its price is for', () => {
    expect(priceOfUnit(card, 'input_speech')).toMatchObject({
      usd: '3.4',
      per: 1_000_000,
      unit_usd: '0.0000034',
    });
  });
});

describe('a unit whose name is incomplete', () => {
  test.each([
    ['an unknown quality', CANVAS, 'image:800:unknown', '0.06'],
    ['no quality', CANVAS, 'image:800', '0.06'],
    ['no quality', CANVAS, 'image:1100', '0.08'],
    ['no quality', TITAN, 'image:100', '0.01'],
    ['neither side nor quality', CANVAS, 'image', '0.08'],
    ['a side that is no number', TITAN, 'image:large:premium', '0.012'],
    ['nothing that matters', FLAT, 'image:9999', '0.08'],
    ['everything', CANVAS, 'image:1024:standard', '0.04'],
  ])('costs at most the dearest that it can be: known is %s', (_known, card, unit, usd) => {
    expect(dearestOfUnit(card, unit)?.unit_usd).toBe(usd);
  });

  test('has no price where none can be meant', () => {
    expect(dearestOfUnit(CANVAS, 'image:4096')).toBeNull();
    expect(dearestOfUnit(TEXT, 'image')).toBeNull();
    expect(dearestOfUnit(CANVAS, 'search_unit')).toBeNull();
  });
});

test('units of guardrails are told by their name', () => {
  expect(isGuardrailUnit('guardrail_topic_policy_unit')).toBe(true);
  expect(['image', 'search_unit', 'guard', 'guardrails'].some(isGuardrailUnit)).toBe(false);
});
