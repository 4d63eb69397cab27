/** Layers over the list, as calls are priced: from when, until when, for whom, on which lines. */
import { describe, expect, test } from 'vitest';
import { bandFor, charge, priceBook, priceBookBuilder, usageOf } from '../../src/index.ts';
import type { OverrideLayer, PercentLayer, PriceBook, PriceRow } from '../../src/index.ts';
import { aPrice } from './a-price.ts';

const { model_id, region, scope, tier } = aPrice();
const KEY = { model_id, region, scope, tier };
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);

function percent(kind: PercentLayer['kind'], value: string, change: Partial<PercentLayer> = {}) {
  const layer: PercentLayer = {
    layer_id: `${kind}-${value}`,
    kind,
    percent: value,
    org_id: null,
    provider: null,
    model_id: null,
    effective_from: '2026-01-01',
    effective_until: null,
    ...change,
  };
  return layer;
}

function override(usd: string, change: Partial<OverrideLayer> = {}): OverrideLayer {
  return {
    layer_id: `override-${usd}`,
    kind: 'override',
    org_id: null,
    ...KEY,
    usage_class: 'input',
    context_band: 'all',
    usd,
    per: 1_000_000,
    effective_from: '2026-01-01',
    effective_until: null,
    ...change,
  };
}

function inputOn(book: PriceBook, day: string, org_id?: string): string | undefined {
  const card = book.rateCard({ ...KEY, at: at(day), ...(org_id === undefined ? {} : { org_id }) });
  return card === undefined ? undefined : bandFor(card, 1).prices.input?.usd;
}

const LIST: readonly PriceRow[] = [
  aPrice({ usd: '2' }),
  aPrice({ usd: '3', effective_from: '2026-06-01' }),
];

describe('over time', () => {
  test('a discount begins and ends with its days, and follows the list', () => {
    const layer = percent('discount', '10', {
      effective_from: '2026-03-01',
      effective_until: '2026-09-01',
    });
    const book = priceBook(LIST, 'v', [layer]);
    const days = ['2025-12-31', '2026-02-28', '2026-03-01', '2026-05-31', '2026-06-01'];
    expect(days.map((day) => inputOn(book, day))).toEqual([undefined, '2', '1.8', '1.8', '2.7']);
    expect(inputOn(book, '2026-09-01')).toBe('3');
  });

  test('an override stands above later prices of the list, until its end', () => {
    const layer = override('1', { effective_from: '2026-05-01', effective_until: '2026-08-01' });
    const book = priceBook(LIST, 'v', [layer]);
    const days = ['2026-04-30', '2026-05-01', '2026-06-01', '2026-07-31', '2026-08-01'];
    expect(days.map((day) => inputOn(book, day))).toEqual(['2', '1', '1', '1', '3']);
  });

  test('the order is list, override, discount, markup', () => {
    const layers = [percent('markup', '50'), percent('discount', '10'), override('4')];
    expect(inputOn(priceBook(LIST, 'v', layers), '2026-03-01')).toBe('5.4');
  });
});

describe('for whom', () => {
  const layers = [percent('discount', '10'), percent('discount', '50', { org_id: 'o' })];
  const book = priceBook(LIST, 'v', layers);

  test('an organization has its own terms, everybody else those of all', () => {
    expect(inputOn(book, '2026-03-01', 'o')).toBe('1');
    expect(inputOn(book, '2026-03-01', 'other')).toBe('1.8');
    expect(inputOn(book, '2026-03-01')).toBe('1.8');
  });

  test('terms of one organization leave all others at the list', () => {
    const only = priceBook(LIST, 'v', [override('1', { org_id: 'o' })]);
    expect(inputOn(only, '2026-03-01', 'o')).toBe('1');
    expect(inputOn(only, '2026-03-01', 'p')).toBe('2');
  });
});

describe('where the list has no price', () => {
  const elsewhere = override('7', { model_id: 'new.model', org_id: 'o' });
  const book = priceBook(LIST, 'v', [elsewhere, override('9', { usage_class: 'output' })]);

  test('an override prices a model of its own, for whom it is', () => {
    const query = { ...KEY, model_id: 'new.model', at: at('2026-03-01') };
    expect(book.rateCard({ ...query, org_id: 'o' })?.bands[0]?.prices.input?.usd).toBe('7');
    expect(book.rateCard({ ...query, org_id: 'p' })).toBeUndefined();
    expect(book.rateCard({ ...query, at: at('2025-03-01'), org_id: 'o' })).toBeUndefined();
  });

  test('it ends there as well', () => {
    const ended = override('7', { model_id: 'new.model', effective_until: '2026-02-01' });
    const other = priceBook(LIST, 'v', [ended]);
    const query = { ...KEY, model_id: 'new.model' };
    expect(other.rateCard({ ...query, at: at('2026-01-15') })).toBeDefined();
    expect(other.rateCard({ ...query, at: at('2026-02-01') })).toBeUndefined();
  });

  test('it adds a class to a card of the list', () => {
    const card = book.rateCard({ ...KEY, at: at('2026-03-01') });
    expect(card?.bands[0]?.prices).toMatchObject({ input: { usd: '2' }, output: { usd: '9' } });
    expect(card?.bands[0]?.prices.output?.layering?.list_unit_usd).toBeNull();
  });
});

describe('bands and units', () => {
  const rows = [
    aPrice({ usd: '2', context_band: 'le_200k' }),
    aPrice({ usd: '4', context_band: 'gt_200k', effective_from: '2026-02-01' }),
    aPrice({ usage_class: 'image', usd: '0.04', per: 1 }),
  ];
  const prices = (book: PriceBook, day = '2026-03-01') => {
    const card = book.rateCard({ ...KEY, at: at(day) });
    if (card === undefined) throw new Error('no card');
    return [
      bandFor(card, 1).prices.input?.usd,
      bandFor(card, 200_001).prices.input?.usd,
      card.units.get('image')?.usd,
    ];
  };

  test('an override of one band leaves the other, one of all bands replaces both', () => {
    const one = override('9', { context_band: 'gt_200k' });
    expect(prices(priceBook(rows, 'v', [one]))).toEqual(['2', '9', '0.04']);
    expect(prices(priceBook(rows, 'v', [override('9')]))).toEqual(['9', '9', '0.04']);
  });

  test('a band above a list that has none counts for its prompts alone', () => {
    const book = priceBook(LIST, 'v', [override('9', { context_band: 'gt_200k' })]);
    expect(prices(book).slice(0, 2)).toEqual(['2', '9']);
  });

  test('percentages are taken of units and every band', () => {
    const book = priceBook(rows, 'v', [percent('markup', '100')]);
    expect(prices(book)).toEqual(['4', '8', '0.08']);
  });
});

test('a charge names its layers once, and the list price of each line', () => {
  const rows = [...LIST, aPrice({ usage_class: 'output', usd: '10' })];
  const book = priceBook(rows, 'v', [percent('discount', '50'), override('1')]);
  const card = book.rateCard({ ...KEY, at: at('2026-03-01') });
  const charged = charge(card, usageOf({ input_tokens: 4, output_tokens: 2 }));
  expect(charged.charges).toEqual([
    {
      class: 'input',
      quantity: 4,
      unit_price_usd: '0.0000005',
      list_unit_price_usd: '0.000002',
      amount: 2_000_000n,
    },
    {
      class: 'output',
      quantity: 2,
      unit_price_usd: '0.000005',
      list_unit_price_usd: '0.00001',
      amount: 10_000_000n,
    },
  ]);
  expect(charged.price_layers).toEqual([
    { layer_id: 'override-1', kind: 'override', percent: null },
    { layer_id: 'discount-50', kind: 'discount', percent: '50' },
  ]);
});

describe('a book', () => {
  test('under other layers shares its rows and is a version of its own', () => {
    const book = priceBook(LIST, 'v');
    const other = book.layered('w', [percent('discount', '50')]);
    expect([inputOn(book, '2026-03-01'), inputOn(other, '2026-03-01')]).toEqual(['2', '1']);
    expect(other.rows()).toBe(book.rows());
    expect(other.rateCard({ ...KEY, at: at('2026-03-01') })?.price_version).toBe('w');
    expect(inputOn(other.layered('x', []), '2026-03-01')).toBe('2');
  });

  test('lists overrides for everybody in the place of what they replace', () => {
    const layers = [
      override('1', { effective_until: '2026-05-01' }),
      override('8', { org_id: 'o' }),
      override('5', { model_id: 'zz.new' }),
    ];
    const book = priceBook(LIST, 'v', layers);
    const listed = (day: string) =>
      book.find({ at: at(day) }).map(({ usd, sources }) => [usd, sources]);
    expect(listed('2026-03-01')).toEqual([
      ['1', ['layer:override-1']],
      ['5', ['layer:override-5']],
    ]);
    expect(listed('2026-07-01')).toEqual([
      ['3', aPrice().sources],
      ['5', ['layer:override-5']],
    ]);
    expect(book.find({})).toEqual(LIST);
  });

  test('is the same whether its rows came at once or in pieces, and then takes no more', () => {
    const builder = priceBookBuilder();
    for (const row of [...LIST].reverse()) builder.add([row]);
    const book = builder.build('v');
    expect(book.rows()).toEqual(priceBook(LIST, 'v').rows());
    expect(() => builder.add([aPrice({ region: 'eu-west-1' })])).toThrow(RangeError);
  });
});
