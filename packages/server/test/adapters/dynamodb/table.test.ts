/** The table is made once, whoever makes it, and one of another design is not touched. */
import { startDynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { expect, test } from 'vitest';
import {
  assertTable,
  dynamoClient,
  initTable,
  tableStatus,
  TableUnfit,
} from '../../../src/adapters/dynamodb/index.ts';
import { SCHEMA } from '../../../src/adapters/dynamodb/keys.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { itemsAt, TABLE } from './engine-table.ts';

test('a table is made once, told, and never taken for one of another design', async () => {
  const engine = await startDynamoEngine('dynoxide');
  const items = itemsAt(engine.endpoint);
  const client = dynamoClient({ region: 'us-east-1', endpoint: engine.endpoint, table: TABLE });
  const parts = { client, items, table: TABLE, clock: systemClock() };

  expect(await tableStatus(parts)).toMatchObject({ table: TABLE, state: null, schema: null });
  expect(await initTable(parts)).toBe(true);
  expect(await initTable(parts)).toBe(false);
  expect(await tableStatus(parts)).toMatchObject({
    state: 'ACTIVE',
    billing: 'PAY_PER_REQUEST',
    ttl: true,
    schema: 1,
  });
  await assertTable(items, TABLE);

  await items.writeEach([{ op: 'put', item: { ...SCHEMA, v: 2, schema: 99 } }]);
  await expect(assertTable(items, TABLE)).rejects.toThrow(TableUnfit);
  await expect(initTable(parts)).rejects.toThrow(/schema 99/);
  await items.writeEach([{ op: 'delete', key: SCHEMA }]);
  await expect(assertTable(items, TABLE)).rejects.toThrow(/store init/);

  await items.close();
  client.destroy();
  await engine.stop();
});
