/** Hours of capacity: which are paid, which were used, and how they are split. */
import { describe, expect, it } from 'vitest';
import { parseUsd } from '../../src/money/pico.ts';
import { apportion, splitPool, type PoolUse } from '../../src/provisioned/pool.ts';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const NOVEMBER = { from: at('2026-11-01T00:00:00Z'), to: at('2026-12-01T00:00:00Z') };
const usd = (text: string): bigint => parseUsd(text) ?? -1n;
const use = (party: string, hour: string, tokens: number, requests = 1): PoolUse => {
  return { party, hour: at(hour), tokens, requests, unknown: 0 };
};
const alwaysThere = {
  units: 2,
  created_at: at('2026-10-10T10:10:10Z'),
  deleted_at: null,
  prices: [{ from: 0, price: usd('39.60') }],
};
const LATER = at('2027-01-01T00:00:00Z');

it('a month that three used: used + idle = hours x units x price, each share by its tokens', () => {
  const split = splitPool(alwaysThere, NOVEMBER, LATER, [
    use('a', '2026-11-01T00:00:00Z', 100),
    use('b', '2026-11-01T00:00:00Z', 200),
    use('c', '2026-11-30T23:00:00Z', 300),
    use('a', '2026-11-30T23:00:00Z', 100),
  ]);
  // 720 hours of 2 units at 39.60: 57,024. Two hours were used: 158.40, split 200 : 200 : 300.
  expect(split).toMatchObject({
    hours: 720,
    used_hours: 2,
    idle_hours: 718,
    cost: usd('57024'),
    used_cost: usd('158.4'),
    idle_cost: usd('56865.6'),
    basis: 'tokens',
    weight: 700,
  });
  const costs = split.shares.map(({ party, cost }) => [party, cost]);
  // 158.4 x 2/7 = 45.257142857142(857...), x 3/7 = 67.885714285714(285...): one pico is left, and
  // a lost most of it, as b did.
  expect(costs).toEqual([
    ['a', usd('45.257142857143')],
    ['b', usd('45.257142857143')],
    ['c', usd('67.885714285714')],
  ]);
});

describe('the hours that are paid', () => {
  const hours = (created: string, deleted: string | null, now = LATER): number =>
    splitPool(
      {
        ...alwaysThere,
        created_at: at(created),
        deleted_at: deleted === null ? null : at(deleted),
      },
      NOVEMBER,
      now,
      [],
    ).hours;

  it.each([
    ['begun counts whole', '2026-11-03T10:59:59Z', '2026-11-03T12:00:01Z', 3],
    [
      'of its end does not count when it ends as that begins',
      '2026-11-03T10:00:00Z',
      '2026-11-03T12:00:00Z',
      2,
    ],
    ['before the month are of another month', '2026-10-31T22:00:00Z', '2026-11-01T01:00:00Z', 1],
    ['after the month as well', '2026-11-30T23:30:00Z', '2026-12-05T00:00:00Z', 1],
    ['are none before it was there', '2026-12-01T00:00:00Z', null, 0],
  ])('one that is %s', (_, created, deleted, expected) => {
    expect(hours(created, deleted)).toBe(expected);
  });

  it('of two months that meet are counted once', () => {
    const october = { from: at('2026-10-01T00:00:00Z'), to: NOVEMBER.from };
    const capacity = { ...alwaysThere, deleted_at: at('2026-11-02T00:30:00Z') };
    const [first = 0, second = 0] = [october, NOVEMBER].map(
      (span) => splitPool(capacity, span, LATER, []).hours,
    );
    const [from, to] = [at('2026-10-10T10:00:00Z'), at('2026-11-02T01:00:00Z')];
    expect(first + second).toBe((to - from) / HOUR);
  });

  it('go as far as now', () => {
    expect(hours('2026-11-03T10:00:00Z', null, at('2026-11-03T12:00:00Z'))).toBe(3);
  });
});

it('a price holds from its moment on; hours without one make the cost unknown', () => {
  const prices = [
    { from: at('2026-11-02T00:00:00Z'), price: usd('10') },
    { from: at('2026-11-03T00:00:00Z'), price: usd('20') },
  ];
  const capacity = { ...alwaysThere, units: 1, deleted_at: at('2026-11-04T00:00:00Z'), prices };
  const span = { from: at('2026-11-02T00:00:00Z'), to: NOVEMBER.to };
  expect(splitPool(capacity, span, LATER, [])).toMatchObject({
    hours: 48,
    cost: usd('720'),
    idle_cost: usd('720'),
    priced_hours: [
      { price: usd('10'), hours: 24 },
      { price: usd('20'), hours: 24 },
    ],
  });
  const whole = splitPool(capacity, NOVEMBER, LATER, [use('a', '2026-11-03T05:00:00Z', 7)]);
  expect(whole).toMatchObject({ hours: 72, cost: null, used_cost: null, idle_cost: null });
  expect(whole.shares).toEqual([
    { party: 'a', tokens: 7, requests: 1, unknown: 0, weight: 7, cost: null },
  ]);
});

it('without any tokens, requests decide; with some, a request without any weighs nothing', () => {
  const images = splitPool(alwaysThere, NOVEMBER, LATER, [
    use('a', '2026-11-01T00:00:00Z', 0, 3),
    use('b', '2026-11-01T01:00:00Z', 0, 1),
  ]);
  expect(images).toMatchObject({ basis: 'requests', used_hours: 2, weight: 4 });
  expect(images.shares.map(({ cost }) => cost)).toEqual([usd('118.8'), usd('39.6')]);
  const mixed = splitPool(alwaysThere, NOVEMBER, LATER, [
    use('a', '2026-11-01T00:00:00Z', 0, 3),
    use('b', '2026-11-01T01:00:00Z', 5, 1),
  ]);
  expect(mixed).toMatchObject({ basis: 'tokens', used_hours: 1 });
  expect(mixed.shares.map(({ cost }) => cost)).toEqual([0n, usd('79.2')]);
});

it('a month that nobody used is idle whole', () => {
  const split = splitPool(alwaysThere, NOVEMBER, LATER, []);
  expect(split).toMatchObject({ used_hours: 0, used_cost: 0n, idle_cost: usd('57024') });
});

it('what was used and wholly taken back by corrections was not used: every hour is idle', () => {
  const split = splitPool(alwaysThere, NOVEMBER, LATER, [
    { ...use('a', '2026-11-01T00:00:00Z', 9), requests: 0 },
    { ...use('a', '2026-11-02T00:00:00Z', -9), requests: 0 },
  ]);
  expect(split).toMatchObject({ used_hours: 0, weight: 0, idle_cost: usd('57024') });
});

it('what is left over goes to those who lost most by rounding down', () => {
  expect(apportion(10n, [1, 1, 1])).toEqual([4n, 3n, 3n]);
  expect(apportion(10n, [1, 2, 4])).toEqual([1n, 3n, 6n]);
  expect(apportion(5n, [0, 0])).toEqual([0n, 0n]);
  expect(apportion(0n, [1, 2])).toEqual([0n, 0n]);
});
