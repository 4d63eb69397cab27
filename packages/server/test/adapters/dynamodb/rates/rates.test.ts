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

test('who is refused a slot takes no requests that the limit did not give', async () => {
  const clock = virtualClock(NOON);
  const items = new MemoryItems();
  const limits = { requests_per_minute: 40, concurrent_requests: 1 };
  const by = (name: string, seed: number) => {
    const rates = processOn(items, clock, seed);
    const call = { instance_id: name, parties: [{ id: 'application one', limits }] };
    return {
      take: () => rates.take({ ...call, tokens: 0, at: clock.now() }),
      finish: () => rates.finish({ ...call, charged: [0], used: 0, at: clock.now() }),
      close: () => rates.close(),
    };
  };
  const [holder, waiter] = [by('holder', 1), by('waiter', 2)];
  let admitted = 0;
  const started = clock.now();
  for (let round = 0; round < 100; round++) {
    if ((await holder.take()).kind === 'refused') break;
    admitted += 1;
    // It comes so often that it would be given a share, and there is never a slot for it.
    for (let again = 0; again < 3; again++) {
      expect(await waiter.take()).toMatchObject({ which: 'concurrent_requests' });
      clock.advance(210);
      await new Promise(setImmediate);
    }
    holder.finish();
    await new Promise(setImmediate);
  }
  const given = limits.requests_per_minute * (1 + (clock.now() - started) / 60_000);
  expect(admitted).toBeLessThanOrEqual(given);
  // And whoever has the slot misses nothing.
  expect(admitted).toBeGreaterThan(given - 2);
  await Promise.all([holder.close(), waiter.close()]);
});
