/**
 * The stores on one DynamoDB table. Any number of processes open them on the same table: what they
 * share is in the table, and what each remembers is only ever acted upon on condition that it is
 * still so.
 */
import type { Ids } from '../../ports/ids.ts';
import type { InstanceLocks } from '../../ports/instance-locks.ts';
import type { LeasingLedger } from '../../ports/leasing-ledger.ts';
import type { Stores } from '../../ports/stores.ts';
import type { Chances } from './items/backoff.ts';
import { DynamoCatalog } from './catalog/catalog.ts';
import { CatalogNews } from './catalog/catalog-news.ts';
import { Definitions } from './budgets/definitions.ts';
import { GroupCommit } from './groups/group-commit.ts';
import { underNames } from './instances/instance-names.ts';
import { Instances } from './instances/instances.ts';
import { IntentGroups } from './instances/intent-groups.ts';
import type { Items } from './items/items.ts';
import { LeaseMemory } from './leases/lease-memory.ts';
import { ledgerOf } from './ledger.ts';
import { LedgerReads } from './ledger-reads.ts';
import { LedgerWrites } from './ledger-writes.ts';
import { WritingMemory } from './entries/line-writing.ts';
import { inOne } from './budgets/news-push.ts';
import { DynamoRefusals } from './catalog/refusals.ts';

export interface DynamoStoreParts extends Chances {
  /** The table. Closed with the stores. */
  readonly items: Items;
  readonly ids: Ids;
  /** How long an instance may be silent before others take it for dead. */
  readonly leaseMs: number;
  /**
   * How old what is known of the catalogue may be, in milliseconds, when another process changes
   * it; 0: it is read with every call.
   */
  readonly freshnessMs: number;
  /** Transactions of one instance that are on their way at once. */
  readonly laneCount: number;
}

export interface DynamoStores extends Stores {
  readonly ledger: LeasingLedger;
  /**
   * Registers the instance of this process: from now on it tells that it lives, and looks who else
   * does. Its locks have to be released before the ledger is closed. Rejects with
   * `StoreUnavailable`.
   */
  join(instanceId: string): Promise<InstanceLocks>;
}

/** Opens the stores of a table that was made ready. Nothing is read before it is used. */
export function openDynamoStore(parts: DynamoStoreParts): DynamoStores {
  const { items, clock, ids, random, leaseMs, freshnessMs, laneCount } = parts;
  const definitions = new Definitions(items);
  const chances = { items, clock, ids, random, news: definitions };
  const instances = new Instances({ ...chances, leaseMs, laneCount });
  const leases = new LeaseMemory();
  const transactions = new GroupCommit({ ...chances, lanes: leases.watching(instances) });
  const news = new CatalogNews({ items, clock, freshnessMs, news: definitions });
  const groups = new IntentGroups(items, clock, ids);
  const writes = new LedgerWrites({
    items,
    transactions,
    clock,
    context: {
      definitions,
      writing: new WritingMemory(),
      groups,
      leases,
      catalogRevision: () => news.known(),
      now: () => clock.now(),
    },
    fresh: () => news.fresh(),
    push: inOne((revision) => instances.push(revision)),
  });
  const reads = new LedgerReads({ items, transactions, ids, clock });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await groups.clear();
    await instances.close();
    await items.close();
  };
  const ledger = ledgerOf(writes, reads, () => (closed ??= close()));
  return {
    ledger: underNames(ledger, (instanceId) => instances.nameOf(instanceId)),
    catalog: new DynamoCatalog({ items, transactions, learn: (revision) => news.learn(revision) }),
    refusals: new DynamoRefusals({ items, transactions, ids }),
    join: (instanceId) => instances.join(instanceId),
  };
}
