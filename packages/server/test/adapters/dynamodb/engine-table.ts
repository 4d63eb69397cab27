/** A table made ready on an engine that runs for one test file. */
import {
  ClientItems,
  type ClientItemsParts,
  documentClient,
  dynamoClient,
  initTable,
  type Patience,
  tableName,
} from '../../../src/adapters/dynamodb/index.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';

export const TABLE = tableName('test-');

/** Gives up before a test does. */
const PATIENCE: Patience = { ms: 2_000, tries: 4, firstPauseMs: 1, longestPauseMs: 5 };

/** Items at an endpoint, whatever is there. */
export function itemsAt(
  endpoint: string,
  rest: Partial<Pick<ClientItemsParts, 'consumed' | 'table'>> = {},
): ClientItems {
  const client = dynamoClient({ region: 'us-east-1', endpoint, table: TABLE });
  return new ClientItems({
    client: documentClient(client),
    table: TABLE,
    clock: systemClock(),
    random: Math.random,
    patience: PATIENCE,
    ...rest,
  });
}

/** Items of a table that was made for them. */
export async function freshItemsAt(endpoint: string): Promise<ClientItems> {
  const client = dynamoClient({ region: 'us-east-1', endpoint, table: TABLE });
  const items = itemsAt(endpoint);
  await initTable({ client, items, table: TABLE, clock: systemClock() });
  client.destroy();
  return items;
}
