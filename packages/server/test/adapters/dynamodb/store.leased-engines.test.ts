/** The stores keep every promise through leases on engines that speak DynamoDB. */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { leasedConformance } from '@tollkeeper/testkit/conformance/leased';
import {
  dynamoEngines,
  startDynamoEngine,
  type DynamoEngine,
} from '@tollkeeper/testkit/dynamo-engine';
import { ClientItems } from '../../../src/adapters/dynamodb/client-items.ts';
import { documentClient, dynamoClient, tableName } from '../../../src/adapters/dynamodb/client.ts';
import { openDynamoStore, type DynamoStores } from '../../../src/adapters/dynamodb/store.ts';
import { initTable } from '../../../src/adapters/dynamodb/table.ts';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';

describe.each(dynamoEngines())('on %s', (name) => {
  let engine: DynamoEngine;
  let client: ReturnType<typeof dynamoClient>;
  let cases = 0;
  let opened: DynamoStores | undefined;

  beforeAll(async () => {
    engine = await startDynamoEngine(name);
    client = dynamoClient({ region: 'us-east-1', endpoint: engine.endpoint, table: '' });
  });

  afterEach(async () => {
    await opened?.ledger.close();
    opened = undefined;
  });

  afterAll(async () => {
    client.destroy();
    await engine.stop();
  });

  /** Every case has a table of its own. */
  async function open(): Promise<DynamoStores> {
    const clock = systemClock();
    const table = tableName(`case${(cases += 1)}-`);
    const random = Math.random;
    const items = new ClientItems({ client: documentClient(client), table, clock, random });
    await initTable({ client, items, table, clock });
    const ids = systemIds(clock);
    const bounds = { leaseMs: 10_000, freshnessMs: 5_000, laneCount: 1 };
    opened = openDynamoStore({ items, clock, ids, random, ...bounds });
    return opened;
  }

  leasedConformance(open, memoryStore);
});
