/** Looking prices up: by exact key, at a moment. */
import { describe, expect, test } from 'vitest';
import { bandFor, priceBook, startOfUtcDate } from '../../src/index.ts';
import type { PriceQuery, PriceRow } from '../../src/index.ts';
import { aPrice, NOW } from './a-price.ts';

const QUERY: PriceQuery = {
  model_id: 'a.model',
  region: 'us-east-1',
  scope: 'in_region',
  tier: 'standard',
  at: NOW,
};

function inputAt(rows: readonly PriceRow[], change: Partial<PriceQuery> = {}): string | undefined {
  const card = priceBook(rows, 'v').rateCard({ ...QUERY, ...change });
  return card === undefined ? undefined : bandFor(card, 1).prices.input?.usd;
}

describe('rateCard', () => {
  test.each<Partial<PriceQuery>>([
    { model_id: 'a.mode' },
    { model_id: 'a.model:0' },
    { model_id: 'us.a.model' },
    { region: 'us-east-2' },
    { region: '*' },
    { scope: 'geo' },
    { scope: 'global' },
    { tier: 'flex' },
  ])('finds nothing for a key that differs: %j', (change) => {
    expect(inputAt([aPrice()], change)).toBeUndefined();
  });

  test('keeps models, regions, scopes and tiers apart', () => {
    const rows = [
      aPrice({ usd: '1' }),
      aPrice({ usd: '2', model_id: 'b.model' }),
      aPrice({ usd: '3', region: 'eu-west-1' }),
      aPrice({ usd: '4', scope: 'global' }),
      aPrice({ usd: '5', tier: 'priority' }),
    ];
    expect(inputAt(rows)).toBe('1');
    expect(inputAt(rows, { model_id: 'b.model' })).toBe('2');
    expect(inputAt(rows, { region: 'eu-west-1' })).toBe('3');
    expect(inputAt(rows, { scope: 'global' })).toBe('4');
    expect(inputAt(rows, { tier: 'priority' })).toBe('5');
  });

  test('takes the latest price not after the moment, by the UTC date', () => {
    const rows = [
      aPrice({ usd: '3', effective_from: '2026-07-01' }),
      aPrice({ usd: '1', effective_from: '2026-01-01' }),
      aPrice({ usd: '2', effective_from: '2026-03-15' }),
    ];
    expect(inputAt(rows, { at: Date.UTC(2026, 0, 1) - 1 })).toBeUndefined();
    expect(inputAt(rows, { at: Date.UTC(2026, 0, 1) })).toBe('1');
    expect(inputAt(rows, { at: Date.UTC(2026, 2, 15) - 1 })).toBe('1');
    expect(inputAt(rows, { at: Date.UTC(2026, 2, 15) })).toBe('2');
    expect(inputAt(rows, { at: Date.UTC(2026, 6, 1) - 1 })).toBe('2');
    expect(inputAt(rows, { at: Date.UTC(2026, 6, 1) })).toBe('3');
    expect(inputAt(rows, { at: Date.UTC(2099, 0, 1) })).toBe('3');
  });

  test('changes only the class whose price changed', () => {
    const book = priceBook(
      [
        aPrice({ usd: '1' }),
        aPrice({ usage_class: 'output', usd: '5' }),
        aPrice({ usage_class: 'output', usd: '4', effective_from: '2026-06-01' }),
      ],
      'v',
    );
    const card = book.rateCard(QUERY);
    expect(card?.bands[0]?.prices).toMatchObject({ input: { usd: '1' }, output: { usd: '4' } });
  });

  test('says which version it is and how long it holds', () => {
    const book = priceBook([aPrice(), aPrice({ usd: '2', effective_from: '2026-06-01' })], '7');
    const card = book.rateCard({ ...QUERY, at: Date.UTC(2026, 1, 1) });
    expect(card).toMatchObject({
      price_version: '7',
      model_id: 'a.model',
      tier: 'standard',
      valid_from: Date.UTC(2026, 0, 1),
      valid_until: Date.UTC(2026, 5, 1),
    });
    expect(book.rateCard(QUERY)?.valid_until).toBe(Infinity);
  });

  test('gives the same card again, so that nothing is compiled twice', () => {
    const book = priceBook([aPrice()], 'v');
    expect(book.rateCard(QUERY)).toBe(book.rateCard({ ...QUERY, at: NOW + 1 }));
  });
});

describe('a book', () => {
  test('does not change when the rows it was made of do', () => {
    const rows = [aPrice()];
    const book = priceBook(rows, 'v');
    rows.push(aPrice({ region: 'eu-west-1' }));
    expect(book.rows()).toHaveLength(1);
    expect(book.rateCard({ ...QUERY, region: 'eu-west-1' })).toBeUndefined();
    expect(Object.isFrozen(book.rows())).toBe(true);
  });

  test.each<[string, Partial<PriceRow>]>([
    ['no such date', { effective_from: '2026-13-01' }],
    ['no such date', { effective_from: '2026-02-29' }],
    ['no such context band', { context_band: 'le_lots' }],
    ['not a price', { usd: '1e-6' }],
    ['not a price', { per: 12 }],
  ])('refuses a row with %s, naming its key: %j', (reason, change) => {
    const book = () => priceBook([aPrice(), aPrice({ region: 'eu-west-1', ...change })], 'v');
    expect(book).toThrow(`price a.model|eu-west-1|in_region|standard|input|`);
    expect(book).toThrow(reason);
  });

  test('refuses a key that is stated twice, even at the same price', () => {
    expect(() => priceBook([aPrice(), aPrice()], 'v')).toThrow(/a\.model.*repeated/);
  });
});

describe('find', () => {
  const old = aPrice({ usd: '1' });
  const now = aPrice({ usd: '2', effective_from: '2026-06-01' });
  const future = aPrice({ usd: '3', effective_from: '2027-01-01' });
  const elsewhere = aPrice({ region: 'eu-west-1' });
  const other = aPrice({ model_id: 'b.model' });
  const book = priceBook([other, future, elsewhere, now, old], 'v');

  test('lists everything by key and date without a filter', () => {
    expect(book.find({})).toEqual([elsewhere, old, now, future, other]);
    expect(book.rows()).toEqual([elsewhere, old, now, future, other]);
  });

  test.each([
    [{ model_id: 'b.model' }, [other]],
    [{ region: 'eu-west-1' }, [elsewhere]],
    [{ model_id: 'a.model', region: 'us-east-1' }, [old, now, future]],
    [{ at: NOW }, [elsewhere, now, other]],
    [{ at: Date.UTC(2026, 0, 2), region: 'us-east-1' }, [old, other]],
    [{ at: 0 }, []],
    [{ model_id: 'a.' }, []],
  ])('%j leaves the rows that it names', (filter, rows) => {
    expect(book.find(filter)).toEqual(rows);
  });
});

describe('startOfUtcDate', () => {
  test.each([
    ['1970-01-01', 0],
    ['2024-02-29', 1_709_164_800_000],
    ['2026-12-31', 1_798_675_200_000],
  ])('%s begins at %d', (date, start) => {
    expect(startOfUtcDate(date)).toBe(start);
  });

  test.each(['', '2026-1-1', '2026-00-10', '2026-04-31', '2026-01-00', '2026-01-01T00:00:00Z'])(
    '%j is no date',
    (date) => {
      expect(startOfUtcDate(date)).toBeUndefined();
    },
  );
});
