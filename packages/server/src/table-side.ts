/**
 * The part of the composition root that opens the DynamoDB table of the settings. The library is
 * large, and loaded only here.
 */
import type { OpenTable, StoreStatus } from './adapters/dynamodb/instances/open-table.ts';
import { systemClock } from './adapters/system/clock.ts';
import type { Settings } from './config/settings.ts';
import type { Clock } from './ports/clock.ts';

export type { OpenTable, StoreStatus };

export type TablePlace = Pick<Settings, 'region' | 'dynamodbEndpoint' | 'tablePrefix'>;

/** Nothing is asked before it is used. Close its items. */
export async function openStoreTable(
  { region, dynamodbEndpoint, tablePrefix }: TablePlace,
  clock: Clock = systemClock(),
): Promise<OpenTable> {
  const { openTable, tableName } = await import('./adapters/dynamodb/index.ts');
  const endpoint = dynamodbEndpoint === null ? {} : { endpoint: dynamodbEndpoint };
  return openTable({ region, ...endpoint, table: tableName(tablePrefix) }, clock);
}

/** Makes the table of the settings ready; whether it was not there before. */
export async function initStoreTable(place: TablePlace): Promise<{
  readonly table: string;
  readonly created: boolean;
}> {
  const { table, items, init } = await openStoreTable(place);
  try {
    return { table, created: await init() };
  } finally {
    await items.close();
  }
}

/** What there is of the table of the settings. */
export async function storeTableStatus(
  place: TablePlace & Pick<Settings, 'leaseMs'>,
): Promise<StoreStatus> {
  const { items, status } = await openStoreTable(place);
  try {
    return await status(place.leaseMs);
  } finally {
    await items.close();
  }
}
