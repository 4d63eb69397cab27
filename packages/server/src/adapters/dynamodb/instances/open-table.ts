/** One table with everything that is needed to use it, over one client. */
import type { Clock } from '../../../ports/clock.ts';
import { documentClient, dynamoClient, type DynamoPlace } from '../items/client.ts';
import { ClientItems } from '../items/client-items.ts';
import { CountedItems } from '../items/counted-items.ts';
import { allHeads } from './instance-heads.ts';
import { initTable, tableStatus, type TableStatus } from '../items/table.ts';

export interface OpenTable {
  readonly table: string;
  /** Counted; closing them closes the client. */
  readonly items: CountedItems;
  /** Makes the table, or what is missing of it. True when it was not there before. */
  readonly init: () => Promise<boolean>;
  readonly status: (leaseMs: number) => Promise<StoreStatus>;
}

export interface StoreStatus extends TableStatus {
  /** Processes that share it, as far as they have not been dealt with. */
  readonly instances: {
    readonly alive: number;
    /** Of those that are taken for alive, by our clock: not heard of for three leases. */
    readonly silent: number;
    readonly fenced: number;
  };
}

/** So many leases without a word are more than a slow beat, or a clock that is a little off. */
const SILENT_LEASES = 3;

export function openTable(place: DynamoPlace, clock: Clock): OpenTable {
  const { table } = place;
  const client = dynamoClient(place);
  const document = documentClient(client);
  // Chance decides nothing here but how long is waited.
  const chances = { clock, random: Math.random };
  const items = new CountedItems(new ClientItems({ client: document, table, ...chances }));
  const parts = { client, items, table, clock };
  return {
    table,
    items,
    init: () => staying(() => initTable(parts)),
    status: (leaseMs) =>
      staying(async () => {
        const status = await tableStatus(parts);
        const heads = status.schema === null ? [] : await allHeads(items);
        const alive = heads.filter(({ state }) => state === 'alive');
        const before = clock.now() - SILENT_LEASES * leaseMs;
        const silent = alive.filter(({ at }) => at !== null && at < before).length;
        const fenced = heads.filter(({ state }) => state === 'fenced').length;
        return { ...status, instances: { alive: alive.length - silent, silent, fenced } };
      }),
  };
}

/** The process stays while this goes on: the timers of pauses alone would not keep it. */
export async function staying<T>(work: () => Promise<T>): Promise<T> {
  const keeping = setInterval(() => undefined, 60_000);
  try {
    return await work();
  } finally {
    clearInterval(keeping);
  }
}
