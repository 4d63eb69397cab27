/** The stores of a DynamoDB table keep every promise of the ports: here over a table in memory. */
import { afterEach } from 'vitest';
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { leasingConformance } from '@tollkeeper/testkit/conformance/leasing';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { openDynamoStore, type DynamoStores } from '../../../src/adapters/dynamodb/store.ts';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';

let opened: DynamoStores | undefined;

afterEach(async () => {
  await opened?.ledger.close();
  opened = undefined;
});

async function emptied(): Promise<DynamoStores> {
  const clock = systemClock();
  opened = openDynamoStore({
    items: new MemoryItems(),
    clock,
    ids: systemIds(clock),
    random: Math.random,
    leaseMs: 10_000,
    freshnessMs: 5_000,
    laneCount: 4,
  });
  return opened;
}

storeConformance(emptied, memoryStore);
leasingConformance(async () => (await emptied()).ledger);
