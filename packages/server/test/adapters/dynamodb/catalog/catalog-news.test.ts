/** How old what is known of the catalogue may be. */
import { expect, test } from 'vitest';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { CatalogNews } from '../../../../src/adapters/dynamodb/catalog/catalog-news.ts';
import type { Item, ItemKey } from '../../../../src/adapters/dynamodb/items/items.ts';
import { REVISIONS } from '../../../../src/adapters/dynamodb/items/keys.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';

/** A table whose reads are counted, held up and made to fail. */
class SlowItems extends MemoryItems {
  reads = 0;
  failing = false;
  gate: Promise<void> = Promise.resolve();

  override async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    this.reads += 1;
    const found = await super.get(keys);
    await this.gate;
    if (this.failing) throw new StoreUnavailable('away');
    return found;
  }

  async raise(catalog: number): Promise<void> {
    await this.writeEach([{ op: 'put', item: { ...REVISIONS, v: 1, catalog } }]);
  }
}

function rig(freshnessMs: number) {
  const clock = virtualClock();
  const items = new SlowItems();
  return { clock, items, news: new CatalogNews({ items, clock, freshnessMs }) };
}

test('what was read within the bound is fresh, and read anew once it is not', async () => {
  const { clock, items, news } = rig(1_000);
  await items.raise(3);
  await news.fresh();
  expect(news.known()).toBe(3);
  await items.raise(4);
  clock.advance(500);
  expect(news.fresh()).toBeUndefined();
  expect([news.known(), items.reads]).toEqual([3, 1]);
  clock.advance(501);
  await news.fresh();
  expect([news.known(), items.reads]).toEqual([4, 2]);
});

test('what is half as old as it may be is read in the background', async () => {
  const { clock, items, news } = rig(1_000);
  await news.fresh();
  await items.raise(9);
  clock.advance(501);
  expect(news.fresh()).toBeUndefined();
  await expect.poll(() => news.known()).toBe(9);
  clock.advance(900);
  expect(news.fresh()).toBeUndefined();
});

test('a bound of zero reads for everybody who asks, with few reads for many', async () => {
  const { items, news } = rig(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  items.gate = promise;
  const first = news.fresh();
  await items.raise(7);
  // These asked after the change: the read on its way may not have seen it.
  const later = [news.fresh(), news.fresh(), news.fresh()];
  resolve();
  await first;
  for (const read of later) await read;
  expect([news.known(), items.reads]).toEqual([7, 2]);
});

test('when the table does not answer, what is too old is not taken for fresh', async () => {
  const { clock, items, news } = rig(1_000);
  await news.fresh();
  items.failing = true;
  clock.advance(800);
  expect(news.fresh()).toBeUndefined();
  clock.advance(300);
  await expect(news.fresh()).rejects.toThrow(StoreUnavailable);
  items.failing = false;
  await items.raise(2);
  await news.fresh();
  expect(news.known()).toBe(2);
});

test('a read that took longer than the bound is no fresh one: the next one counts', async () => {
  const { clock, items, news } = rig(1_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  items.gate = promise;
  const asked = news.fresh();
  clock.advance(1_500);
  await items.raise(8);
  resolve();
  await asked;
  expect([news.known(), items.reads]).toEqual([8, 2]);
});

test('what was made here is known at once, and nothing older takes its place', async () => {
  const { items, news } = rig(1_000);
  await items.raise(5);
  news.learn(6);
  expect(news.known()).toBe(6);
  await news.fresh();
  expect(news.known()).toBe(6);
});
