/** The store of rate limits over a table keeps every promise of the port, and what is its own. */
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { type Items, openDynamoRates } from '../../../../src/adapters/dynamodb/index.ts';
import type { RateStore } from '../../../../src/ports/rate-store.ts';
import { NOON, rateConformance } from '../../rate-conformance.ts';
import { countingIds, seeded } from '../group-rig.ts';
import { NO_TROUBLE, UnreliableItems } from '../unreliable-items.ts';

rateConformance(() => processOn(new MemoryItems(), virtualClock(NOON)));

function processOn(items: Items, clock: VirtualClock, seed = 1): RateStore {
  const random = seeded(seed);
  return openDynamoRates({ items, clock, ids: countingIds(random), random });
}

test('what was brought back is not brought back again while that is not known', async () => {
  const clock = virtualClock(NOON);
  const items = new UnreliableItems(NO_TROUBLE, () => 0);
  const rates = processOn(items, clock);
  const rule = { limit: 60, length_ms: 60_000 };
  const ask = (by: RateStore, calls: number) =>
    Promise.all(Array.from({ length: calls }, () => by.count('key', rule, clock.now())));
  const first = await ask(rates, 8);
  // What is unused goes back in a while: that happens, no answer comes, and then all is busy.
  items.next.push(
    () => 'lost-after',
    (writes) => ({ kind: 'cancelled', reasons: writes.map(() => ({ kind: 'conflict' })) }),
  );
  for (let passed = 0; passed < 5_000; passed += 50) {
    clock.advance(50);
    await new Promise(setImmediate);
  }
  const rest = await ask(processOn(items, clock, 2), 100);
  const all = [...first, ...rest].filter(({ admitted }) => admitted);
  expect(items.next).toEqual([]);
  expect(all).toHaveLength(rule.limit);
  await rates.close();
});
