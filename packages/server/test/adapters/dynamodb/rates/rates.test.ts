/** The store of rate limits over a table keeps every promise of the port, and what is its own. */
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';
import { openDynamoRates } from '../../../../src/adapters/dynamodb/index.ts';
import type { RateStore } from '../../../../src/ports/rate-store.ts';
import { NOON, rateConformance } from '../../rate-conformance.ts';
import { countingIds, seeded } from '../group-rig.ts';

rateConformance(() => processOn(new MemoryItems(), virtualClock(NOON)));

function processOn(items: MemoryItems, clock: VirtualClock, seed = 1): RateStore {
  const random = seeded(seed);
  return openDynamoRates({ items, clock, ids: countingIds(random), random });
}
