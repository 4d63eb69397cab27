/** The table is made once, whoever makes it, and one of another design is not touched. */
import { CreateTableCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoEngine, startDynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  assertTable,
  dynamoClient,
  initTable,
  tableStatus,
  TableUnfit,
} from '../../../../src/adapters/dynamodb/index.ts';
import { SCHEMA } from '../../../../src/adapters/dynamodb/items/keys.ts';
import { systemClock } from '../../../../src/adapters/system/clock.ts';
import { itemsAt, TABLE } from '../engine-table.ts';

let engine: DynamoEngine;
let client: DynamoDBClient;

beforeAll(async () => {
  engine = await startDynamoEngine('dynoxide');
  client = dynamoClient({ region: 'us-east-1', endpoint: engine.endpoint, table: TABLE });
});

afterAll(async () => {
  client.destroy();
  await engine.stop();
});

test('a table is made once, told, and never taken for one of another design', async () => {
  const items = itemsAt(engine.endpoint);
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
});

test('nothing is changed of a table of somebody else', async () => {
  const refused = async (name: string, keys: readonly [string, string], why: RegExp) => {
    const table = `${name}-tollkeeper`;
    await makeTable(table, keys);
    const [pk, sk] = keys;
    const Item = { [pk]: { S: 'a' }, [sk]: { S: 'b' }, ttl: { N: '1' } };
    await client.send(new PutItemCommand({ TableName: table, Item }));
    const theirs = {
      client,
      items: itemsAt(engine.endpoint, { table }),
      table,
      clock: systemClock(),
    };
    await expect(initTable(theirs)).rejects.toThrow(why);
    await expect(initTable(theirs)).rejects.toThrow(TableUnfit);
    await expect(assertTable(theirs.items, table)).rejects.toThrow(TableUnfit);
    await theirs.items.close();
  };
  await refused('keys', ['id', 'kind'], /was not made by Tollkeeper: its keys are others/);
  await refused('items', ['pk', 'sk'], /items of others in it. Name another --table-prefix/);
  const table = 'items-tollkeeper';
  const items = itemsAt(engine.endpoint, { table });
  expect(await tableStatus({ client, items, table })).toMatchObject({ ttl: false, schema: null });
  await items.close();
});

async function makeTable(table: string, [pk, sk]: readonly [string, string]): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: pk, KeyType: 'HASH' },
        { AttributeName: sk, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [pk, sk].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    }),
  );
}
