/** Refreshing prices: news make a version, nothing new makes none, a failure changes nothing. */
import { expect, test } from 'vitest';
import { priceBook, type PriceRow } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { keepPricesFresh, refreshPrices } from '../../src/jobs/price-refresh.ts';
import { PriceHome } from '../../src/prices/price-home.ts';
import { priceSourceOf } from '../../src/prices/price-source.ts';

const AT = Date.UTC(2026, 10, 22);
const HOUR_MS = 3_600_000;

function row(usd: string, effective_from: string): PriceRow {
  return {
    model_id: 'a.b',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: 'input',
    context_band: 'all',
    effective_from,
    usd,
    per: 1_000_000,
    confidence: 'high',
    sources: ['offer'],
  };
}

async function setUp() {
  const clock = virtualClock(AT);
  const stores = memoryStore();
  const log = () => undefined;
  const shipped = priceBook([row('1', '2026-01-01')], '2026-11-21.1');
  const prices = await PriceHome.open({ ...stores, clock, log, shipped });
  const asked: string[] = [];
  let answer: readonly PriceRow[] | Error = [];
  const list = {
    read: async (region: string) => {
      asked.push(region);
      if (answer instanceof Error) throw answer;
      return { rows: answer, rejected: 0, offers: ['AmazonBedrock 1'] };
    },
  };
  const region = 'us-east-1';
  const parts = { prices, list, region, clock, ids: systemIds(clock), log };
  const source = (): string => {
    const [price] = prices.current().find({ at: AT });
    return price === undefined ? 'none' : priceSourceOf(price, prices.refreshState);
  };
  return { clock, prices, parts, asked, source, answers: (next: typeof answer) => (answer = next) };
}

test('news become a version, once; then the list says nothing new', async () => {
  const { prices, parts, answers, source } = await setUp();
  expect(source()).toBe('CONFIG_FALLBACK');
  answers([row('2', '2026-11-01')]);
  const version = { kind: 'changed', price_version: '2026-11-22.1' };
  expect(await refreshPrices(parts)).toEqual(version);
  expect(prices.versions.at(-1)).toMatchObject({ reason: 'refresh', created_by: 'job' });
  expect(source()).toBe('PRICING_API');
  expect(await refreshPrices(parts)).toEqual({ kind: 'unchanged' });
  expect(prices.versions).toHaveLength(2);
});

test('a list that cannot be had leaves the prices as they were heard last', async () => {
  const { prices, parts, answers, source } = await setUp();
  answers([row('2', '2026-11-01')]);
  await refreshPrices(parts);
  answers(new Error('no connection'));
  expect(await refreshPrices(parts)).toEqual({ kind: 'failed', cause: 'no connection' });
  expect([source(), prices.current().version]).toEqual(['CACHED', '2026-11-22.1']);
  answers([row('2', '2026-11-01')]);
  await refreshPrices(parts);
  expect(source()).toBe('PRICING_API');
});

test('it is asked at once and then every interval, until it is stopped', async () => {
  const { clock, parts, asked } = await setUp();
  const rounds = async (): Promise<void> => {
    while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const stop = keepPricesFresh(parts, HOUR_MS);
  await rounds();
  expect(asked).toEqual(['us-east-1']);
  clock.advance(HOUR_MS);
  await rounds();
  expect(asked).toHaveLength(2);
  stop();
  clock.advance(5 * HOUR_MS);
  expect(asked).toHaveLength(2);
});
