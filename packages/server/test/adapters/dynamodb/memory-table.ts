/** The stores over a table in memory, for tests that look into the table. */
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import type { Items } from '../../../src/adapters/dynamodb/items/items.ts';
import { openDynamoStore, type DynamoStores } from '../../../src/adapters/dynamodb/store.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';
import type { Clock } from '../../../src/ports/clock.ts';

/** Opens the stores on a table, or on an empty one. */
export function storesOn(items: Items = new MemoryItems(), clock: Clock = systemClock()) {
  return openDynamoStore({
    items,
    clock,
    ids: systemIds(clock),
    random: Math.random,
    leaseMs: 10_000,
    freshnessMs: 5_000,
    laneCount: 2,
  }) satisfies DynamoStores;
}

/** Keys of what is in a table, as `pk/sk`, of partitions that begin like this. */
export function keysIn(items: MemoryItems, prefix: string): string[] {
  return [...items.all()]
    .filter(({ pk }) => pk.startsWith(prefix))
    .map(({ pk, sk }) => `${pk}/${sk}`)
    .sort();
}
