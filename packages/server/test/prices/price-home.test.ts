/**
 * The home of prices: every change a version, every version built again, every process on the store
 * the same prices; and a long list that is taken in while calls go on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bandFor,
  priceBook,
  type PriceBook,
  type PriceLayer,
  type PriceRow,
} from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { PriceHome, type ChangeHeading } from '../../src/prices/price-home.ts';
import { ContradictoryImport } from '../../src/prices/import-plan.ts';

const AT = Date.UTC(2026, 10, 22, 12);
const TODAY = '2026-11-22';
const clock = { ...systemClock(), now: () => AT };
const KEY = { model_id: 'a.b', region: 'us-east-1', scope: 'in_region', tier: 'standard' } as const;
const HEADING: ChangeHeading = { reason: 'import', note: null, createdBy: 'test' };

function row(change: Partial<PriceRow> = {}): PriceRow {
  return {
    ...KEY,
    usage_class: 'input',
    context_band: 'all',
    effective_from: '2026-01-01',
    usd: '1',
    per: 1_000_000,
    confidence: 'high',
    sources: ['list'],
    ...change,
  };
}

const SHIPPED = [row(), row({ usage_class: 'output', usd: '5' })];

function open(stores: Stores, rows: readonly PriceRow[] = SHIPPED, version = '2026-11-21.1') {
  const log = () => undefined;
  return PriceHome.open({ ...stores, clock, log, shipped: priceBook(rows, version) });
}

function inputOf(book: PriceBook, org_id?: string): string | undefined {
  const query = { ...KEY, at: AT, ...(org_id === undefined ? {} : { org_id }) };
  const card = book.rateCard(query);
  return card === undefined ? undefined : bandFor(card, 1).prices.input?.usd;
}

function discount(percent: string, change: Partial<PriceLayer> = {}): PriceLayer {
  return {
    layer_id: 'd',
    kind: 'discount',
    percent,
    org_id: null,
    provider: null,
    model_id: null,
    effective_from: '2026-01-01',
    effective_until: null,
    ...change,
  } as PriceLayer;
}

const put = (home: PriceHome, layer: PriceLayer) =>
  home.changeLayers({ ...HEADING, reason: 'layer' }, () => ({ put: [layer], removed: [] }));
const take = (home: PriceHome, rows: readonly PriceRow[], rowsId = 'r') =>
  home.importRows(rows, { rowsId, asOf: TODAY, heading: HEADING });

describe('versions', () => {
  test('while nothing was changed, the shipped version counts as it is', async () => {
    const stores = memoryStore();
    const home = await open(stores);
    expect(home.current().version).toBe('2026-11-21.1');
    expect(home.versions).toMatchObject([{ reason: 'shipped', number: 1, counts: { added: 2 } }]);
    expect((await open(stores)).versions).toHaveLength(1);
  });

  test('every change makes the next version of its day, and each can be built again', async () => {
    const stores = memoryStore();
    const home = await open(stores);
    await put(home, discount('10'));
    await take(home, [row({ usd: '2', effective_from: '2026-11-01' })]);
    await put(home, discount('50'));
    const versions = home.versions.map(({ price_version }) => price_version);
    expect(versions).toEqual(['2026-11-21.1', '2026-11-22.1', '2026-11-22.2', '2026-11-22.3']);
    // By another process that starts later, from the store alone.
    const later = await open(stores);
    const prices = await Promise.all(versions.map((version) => later.book(version)));
    expect(prices.map((book) => book && inputOf(book))).toEqual(['1', '0.9', '1.8', '1']);
    expect(inputOf(later.current())).toBe('1');
    expect(later.current().version).toBe('2026-11-22.3');
    expect(await later.book('2026-11-22.4')).toBeUndefined();
  });

  test('a book in use stays what it was when a new one takes its place', async () => {
    const home = await open(memoryStore());
    const before = home.current();
    await put(home, discount('10'));
    expect([inputOf(before), inputOf(home.current())]).toEqual(['1', '0.9']);
  });

  test('a release with other prices is a version, under what was laid over the old', async () => {
    const stores = memoryStore();
    const old = await open(stores);
    await put(old, discount('10'));
    await take(old, [row({ usage_class: 'output', usd: '7', effective_from: '2026-11-01' })]);
    const upgraded = await open(stores, [row({ usd: '3' }), SHIPPED[1] ?? row()], '2026-12-01.1');
    expect(upgraded.versions.at(-1)).toMatchObject({ reason: 'shipped', number: 4 });
    expect(upgraded.current().version).toBe('2026-12-01.1');
    expect(inputOf(upgraded.current())).toBe('2.7');
    const card = upgraded.current().rateCard({ ...KEY, at: AT });
    expect(card?.bands[0]?.prices.output?.usd).toBe('6.3');
    // The release before, started again, takes what is there.
    const again = await open(stores);
    expect([again.versions.length, again.current().version]).toEqual([4, '2026-12-01.1']);
    expect(inputOf(again.current())).toBe('2.7');
    expect(await again.book('2026-11-21.1').then((book) => book && inputOf(book))).toBe('1');
  });

  test('other shipped prices under the same name get a name of their own', async () => {
    const stores = memoryStore();
    await open(stores);
    const changed = await open(stores, [row({ usd: '9' })]);
    expect(changed.current().version).toBe('2026-11-22.1');
    expect(inputOf(changed.current())).toBe('9');
  });

  test('of many changes at once by two processes none is lost', async () => {
    const stores = memoryStore();
    const homes = [await open(stores), await open(stores)];
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        put(homes[index % 2] as PriceHome, discount('1', { layer_id: `l${index}` })),
      ),
    );
    for (const home of homes) {
      const book = await home.latest();
      expect(book.layers.map(({ layer_id }) => layer_id).sort()).toHaveLength(8);
      expect(book.version).toBe('2026-11-22.8');
    }
  });
});

describe('another process', () => {
  test('has the new prices once it learns that the catalogue has changed', async () => {
    const stores = memoryStore();
    const [one, two] = [await open(stores), await open(stores)];
    await put(one, discount('20'));
    expect(inputOf(two.current())).toBe('1');
    await two.refresh(await stores.catalog.revision());
    expect(inputOf(two.current())).toBe('0.8');
  });

  test('keeps what it has while the store cannot be read, and looks again', async () => {
    const stores = memoryStore();
    const one = await open(stores);
    let failing = false;
    const catalog: CatalogStore = {
      ...stores.catalog,
      list: async (kind, options) => {
        if (failing) throw new Error('gone');
        return stores.catalog.list(kind, options);
      },
    };
    const two = await open({ ...stores, catalog });
    await put(one, discount('20'));
    failing = true;
    const revision = await stores.catalog.revision();
    await two.refresh(revision);
    expect(inputOf(two.current())).toBe('1');
    failing = false;
    await two.refresh(revision);
    expect(inputOf(two.current())).toBe('0.8');
  });
});

describe('an import', () => {
  test('adds what is news, changes what differs, leaves what the book says already', async () => {
    const home = await open(memoryStore());
    const { plan, version } = await take(home, [
      row({ usd: '1.0', effective_from: '2026-06-01' }),
      row({ usage_class: 'output', usd: '6', effective_from: '2026-06-01' }),
      row({ usage_class: 'cache_read', usd: '0.1' }),
    ]);
    expect([plan.added.length, plan.changed.length, plan.same]).toEqual([1, 1, 1]);
    expect(version?.counts).toEqual({ added: 1, changed: 1, removed: 0, layers: 0 });
    const card = home.current().rateCard({ ...KEY, at: AT });
    expect(card?.bands[0]?.prices).toMatchObject({
      input: { usd: '1' },
      output: { usd: '6' },
      cache_read: { usd: '0.1' },
    });
  });

  test('takes away what the book believed to have come later, up to its day', async () => {
    const shipped = [row(), row({ usd: '4', effective_from: '2026-11-10' })];
    const home = await open(memoryStore(), shipped);
    const { plan } = await take(home, [row({ usd: '2', effective_from: '2026-11-01' })]);
    expect(plan.removed.map(({ before }) => before?.effective_from)).toEqual(['2026-11-10']);
    expect(inputOf(home.current())).toBe('2');
    const dates = [
      row({ usd: '2', effective_from: '2026-11-01' }),
      row({ usd: '4', effective_from: '2026-11-10' }),
    ];
    const other = await open(memoryStore(), shipped);
    expect((await take(other, dates)).plan.removed).toEqual([]);
    expect(inputOf(other.current())).toBe('4');
  });

  test('takes a price back to what it was before, where it changes twice', async () => {
    const home = await open(memoryStore(), [
      row(),
      row({ effective_from: '2026-06-01', usd: '9' }),
    ]);
    // What the book says from June on is neither of the two prices, and goes in both directions.
    await take(home, [
      row({ usd: '9', effective_from: '2026-09-01' }),
      row({ usd: '1', effective_from: '2026-11-01' }),
      row({ usd: '2', effective_from: '2026-03-01' }),
    ]);
    const months = [2, 4, 7, 10, 12].map((month) => Date.UTC(2026, month - 1, 15));
    const prices = months.map((at) => {
      const card = home.current().rateCard({ ...KEY, at });
      return card && bandFor(card, 1).prices.input?.usd;
    });
    expect(prices).toEqual(['1', '2', '2', '9', '1']);
  });

  test('that ends after another one stands above it, though both began at once', async () => {
    const home = await open(memoryStore());
    const since = { effective_from: '2026-11-01' };
    // Many more rows, so that the other one is done while these are written.
    const many = Array.from({ length: 9000 }, (_, index) => row({ model_id: `a.m${index}` }));
    const [short, long] = await Promise.all([
      take(home, [row({ ...since, usd: '2' })], 'short'),
      take(home, [row(since), ...many], 'long'),
    ]);
    expect([short.version?.number, long.version?.number]).toEqual([2, 3]);
    expect(long.plan.changed).toMatchObject([{ before: { usd: '2' }, after: { usd: '1' } }]);
    expect(inputOf(home.current())).toBe('1');
  });

  test('of nothing new makes no version, and one that contradicts itself neither', async () => {
    const home = await open(memoryStore());
    expect((await take(home, SHIPPED)).version).toBeNull();
    const twice = [row({ usd: '2' }), row({ usd: '3' })];
    await expect(take(home, twice)).rejects.toThrow(ContradictoryImport);
    expect(home.versions).toHaveLength(1);
  });

  test('counts the prices of the same models that it says nothing of', async () => {
    const home = await open(memoryStore());
    const { plan } = await take(home, [row({ usd: '2', effective_from: '2026-11-01' })]);
    expect(plan.missing).toBe(1);
  });
});

test('a hundred thousand rows are taken in while others get their turn', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-prices-'));
  const onFatal = (error: Error): never => {
    throw error;
  };
  const stores = await openSqliteStore({ path: join(dir, 'store.db'), onFatal });
  try {
    const home = await open(stores);
    const rows = Array.from({ length: 100_000 }, (_, index) =>
      row({
        model_id: `p.m${Math.floor(index / 40)}`,
        region: `us-east-${index % 10}`,
        usage_class: ['input', 'output', 'cache_read', 'cache_write_5m'][index % 4] ?? '',
        tier: ['standard', 'batch'][Math.floor(index / 20) % 2] ?? '',
      }),
    );
    const distinct = new Map(
      rows.map((each) => [`${each.model_id}${each.region}${each.usage_class}${each.tier}`, each]),
    );
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    const { plan } = await take(home, [...distinct.values()]);
    clearInterval(count);
    expect(plan.added).toHaveLength(distinct.size);
    // One long turn would be one tick of the timer.
    expect(turns).toBeGreaterThan(20);
    const again = await open(stores);
    expect(again.current().rows()).toHaveLength(distinct.size + SHIPPED.length);
    expect(again.current().version).toBe(home.current().version);
  } finally {
    await stores.ledger.close();
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
