/**
 * The part of the composition root that keeps everything in DynamoDB. It is loaded only where that
 * is so.
 */
import { openDynamoRates } from './adapters/dynamodb/rates/rates.ts';
import { openDynamoStore } from './adapters/dynamodb/store.ts';
import { assertNotBeingCopied, assertTable } from './adapters/dynamodb/items/table.ts';
import { systemChance as random } from './adapters/system/chance.ts';
import { stay } from './adapters/system/stay.ts';
import type { Settings } from './config/settings.ts';
import type { Shared } from './foundation-side.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import { openStoreTable, type TablePlace } from './table-side.ts';

export interface OnTableParts {
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whether to make the table where it is missing, as demos do. */
  readonly makes: boolean;
}

/** Which table, and by which bounds it is shared. */
export type OnTableSettings = TablePlace & Pick<Settings, 'leaseMs' | 'freshnessMs' | 'laneCount'>;

/**
 * The stores of a table, without an instance that would hold anything. Rejects with `TableUnfit` or
 * `StoreUnavailable`.
 */
export async function openTableStores(
  settings: OnTableSettings,
  { clock, ids, makes }: OnTableParts,
) {
  const { leaseMs, freshnessMs, laneCount } = settings;
  const { items, table, init } = await openStoreTable(settings, clock);
  try {
    if (makes) await init();
    else await assertTable(items, table);
    await assertNotBeingCopied(items, table);
  } catch (error) {
    await items.close();
    throw error;
  }
  const bounds = { leaseMs, freshnessMs, laneCount };
  return { ...openDynamoStore({ items, clock, ids, random, ...bounds }), items };
}

/** The stores of a table, for any number of processes on any machines. */
export async function openOnTable(
  settings: OnTableSettings,
  parts: OnTableParts & { readonly instanceId: string },
  opening: AsyncDisposableStack,
): Promise<Shared> {
  const { clock, ids, instanceId } = parts;
  // What waits for the table waits by timers alone, at times when nothing else keeps the process.
  const leave = stay();
  opening.defer(leave);
  const { items, ...stores } = await openTableStores(settings, parts);
  const { ledger, catalog, refusals } = stores;
  opening.defer(() => ledger.close());
  const locks = await stores.join(instanceId);
  opening.defer(() => locks.release());
  return {
    ...{ ledger, catalog, refusals, locks },
    storeCounts: () => items.counts(),
    openRates: () => openDynamoRates({ items, clock, ids, random }),
    end: async (outer, left) => {
      locks.release(left);
      await outer.close().finally(leave);
    },
  };
}
