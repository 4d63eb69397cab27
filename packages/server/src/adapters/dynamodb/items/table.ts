/** The table itself: made once, with on-demand billing, and what can be told about it. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  ScanCommand,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../../ports/clock.ts';
import { pause } from './backoff.ts';
import { unavailable } from './client-failures.ts';
import type { Item, Items } from './items.ts';
import { COPY, ENTRY_SHARDS, INSTANCE_SHARDS, SCHEMA } from './keys.ts';

/** The number of the design that this version reads and writes. */
export const TABLE_SCHEMA = 1;
/** Seconds since the epoch after which DynamoDB removes an item by itself. */
const TTL_ATTRIBUTE = 'ttl';

const READY_EVERY_MS = 500;
const READY_TRIES = 240;

export interface TableStatus {
  readonly table: string;
  /** Null: there is no such table. */
  readonly state: string | null;
  readonly billing: string | null;
  /** As the service counts them, every six hours or so. */
  readonly items: number | null;
  readonly bytes: number | null;
  /** Whether items end by themselves. */
  readonly ttl: boolean;
  /** Of what `initTable` has written; null: that has not happened. */
  readonly schema: number | null;
}

/** A table that this version must not touch. */
export class TableUnfit extends Error {
  readonly code = 'table_unfit';
  override readonly name = 'TableUnfit';
}

export interface TableParts {
  readonly client: DynamoDBClient;
  readonly items: Items;
  readonly table: string;
  readonly clock: Clock;
}

/**
 * Makes the table, or what is missing of it. True when it was not there before. Rejects with
 * `TableUnfit`, and changes nothing, when it is somebody else's.
 */
export async function initTable(parts: TableParts): Promise<boolean> {
  const created = await createTable(parts);
  await refuseForeign(parts, await untilActive(parts));
  const written = await parts.items.transact(
    [
      {
        op: 'put',
        item: {
          ...SCHEMA,
          v: 1,
          schema: TABLE_SCHEMA,
          entry_shards: ENTRY_SHARDS,
          instance_shards: INSTANCE_SHARDS,
        },
        condition: { kind: 'absent' },
      },
    ],
    `init-${String(parts.clock.now())}`,
  );
  if (written.kind !== 'committed') await assertTable(parts.items, parts.table);
  await expireItems(parts);
  return created;
}

/** Rejects unless the table is of this design, or has nothing in it and the right keys. */
async function refuseForeign(
  { client, items, table }: TableParts,
  { KeySchema: keys = [] }: TableDescription,
): Promise<void> {
  const found = keys.map(({ AttributeName: name, KeyType: type }) => `${type} ${name}`).join();
  if (found !== 'HASH pk,RANGE sk') throw foreign(table, 'its keys are others');
  if ((await readSchema(items, table)) !== undefined) return assertTable(items, table);
  const { Items: some = [] } = await client
    .send(new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true }))
    .catch((error: unknown) => {
      throw unavailable(error, table);
    });
  if (some.length > 0) throw foreign(table, 'there are items of others in it');
}

function foreign(table: string, why: string): TableUnfit {
  return new TableUnfit(
    `The DynamoDB table ${table} was not made by Tollkeeper: ${why}. Name another --table-prefix.`,
  );
}

async function readSchema(items: Items, table: string): Promise<Item | undefined> {
  try {
    return (await items.get([SCHEMA]))[0];
  } catch (error) {
    const otherKeys = error instanceof Error && error.name === 'ValidationException';
    throw otherKeys ? foreign(table, 'its keys are others') : error;
  }
}

/** What there is of the table. */
export async function tableStatus({
  client,
  items,
  table,
}: Omit<TableParts, 'clock'>): Promise<TableStatus> {
  const described = await describe(client, table);
  if (described === undefined) {
    return {
      table,
      state: null,
      billing: null,
      items: null,
      bytes: null,
      ttl: false,
      schema: null,
    };
  }
  const schema = await readSchema(items, table);
  return {
    table,
    state: described.TableStatus ?? null,
    billing: described.BillingModeSummary?.BillingMode ?? 'PROVISIONED',
    items: described.ItemCount ?? null,
    bytes: described.TableSizeBytes ?? null,
    ttl: await hasTtl(client, table),
    schema: schema === undefined ? null : Number(schema.schema),
  };
}

/** Rejects with `TableUnfit` unless the table is of the design that this version knows. */
export async function assertTable(items: Items, table: string): Promise<void> {
  const found = await readSchema(items, table);
  if (found === undefined) {
    throw new TableUnfit(
      `The DynamoDB table ${table} was not made ready. Run "tollkeeper store init".`,
    );
  }
  const fits =
    found.schema === TABLE_SCHEMA &&
    found.entry_shards === ENTRY_SHARDS &&
    found.instance_shards === INSTANCE_SHARDS;
  if (fits) return;
  throw new TableUnfit(
    `The DynamoDB table ${table} has schema ${JSON.stringify(found.schema)}; this version of ` +
      `Tollkeeper knows ${TABLE_SCHEMA}. Use the version that made it, or another table.`,
  );
}

/** Rejects with `TableUnfit` while another store is being copied into the table. */
export async function assertNotBeingCopied(items: Items, table: string): Promise<void> {
  const [copy] = await items.get([COPY]);
  if (copy === undefined || copy.done_at !== undefined) return;
  throw new TableUnfit(
    `A copy into the DynamoDB table ${table} was begun and has not ended. Wait for it, or run ` +
      '"tollkeeper store copy" again: it goes on where it was.',
  );
}

async function createTable({ client, table }: TableParts): Promise<boolean> {
  if ((await describe(client, table)) !== undefined) return false;
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      }),
    );
    return true;
  } catch (error) {
    // Somebody else is just making it.
    if (error instanceof ResourceInUseException) return false;
    throw unavailable(error, table);
  }
}

async function untilActive({ client, table, clock }: TableParts): Promise<TableDescription> {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    const described = await describe(client, table);
    if (described?.TableStatus === 'ACTIVE') return described;
    await pause(clock, READY_EVERY_MS);
  }
  throw new Error(`The DynamoDB table ${table} has not become active in time. Try again.`);
}

async function expireItems({ client, table }: TableParts): Promise<void> {
  if (await hasTtl(client, table)) return;
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  try {
    await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
  } catch (error) {
    // Somebody else may just have done it.
    if (!(await hasTtl(client, table))) throw unavailable(error, table);
  }
}

async function hasTtl(client: DynamoDBClient, table: string): Promise<boolean> {
  try {
    const answer = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
    const { TimeToLiveStatus: status, AttributeName: name } = answer.TimeToLiveDescription ?? {};
    return name === TTL_ATTRIBUTE && (status === 'ENABLED' || status === 'ENABLING');
  } catch (error) {
    throw unavailable(error, table);
  }
}

async function describe(client: DynamoDBClient, table: string) {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: table }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw unavailable(error, table);
  }
}
