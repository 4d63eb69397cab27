/** What lies under an instance: the leases that it has, and the lists of what it intended. */
import type { LeaseName } from '../../../ports/leasing-ledger.ts';
import { attemptOf } from '../attempts/attempt-item.ts';
import { textOf } from '../items/attribute-values.ts';
import { leaseOf, type StoredLease } from '../budgets/balance-item.ts';
import { allItems, itemPages } from '../items/item-pages.ts';
import type { Item, ItemKey, Items } from '../items/items.ts';
import {
  attemptKey,
  instanceLeaseSort,
  instancePartition,
  intentGroupSort,
  leaseKey,
} from '../items/keys.ts';
import { attemptsOfGroup } from '../entries/line-items.ts';

/** A lease by its name, and as it is kept; undefined: it is no more. */
export interface NamedLease {
  readonly lease: LeaseName;
  readonly stored: StoredLease | undefined;
}

/** Sorts behind everything that a sort key begins with. */
const BEHIND = '~';

/** The leases of an instance. */
export async function leasesOf(items: Items, instanceId: string): Promise<NamedLease[]> {
  const found = await allItems(items, {
    pk: instancePartition(instanceId),
    from: instanceLeaseSort(''),
    to: instanceLeaseSort(BEHIND),
  });
  const names = found.map(nameOf);
  const kept = await items.get(
    names.map(({ budget_id, window_start, lease_id }) =>
      leaseKey(budget_id, window_start, lease_id),
    ),
  );
  return names.map((lease, index) => {
    const item = kept[index];
    return { lease, stored: item === undefined ? undefined : leaseOf(item) };
  });
}

function nameOf(item: Item): LeaseName {
  return {
    lease_id: item.sk.slice(instanceLeaseSort('').length),
    budget_id: textOf(item.budget_id),
    window_start: Number(item.window_start),
  };
}

/** The lists of intents of an instance in which nothing is open any more. */
export async function endedGroups(items: Items, instanceId: string): Promise<ItemKey[]> {
  const ended: ItemKey[] = [];
  const bounds = { from: intentGroupSort(''), to: intentGroupSort(BEHIND) };
  for await (const page of itemPages(items, { pk: instancePartition(instanceId), ...bounds })) {
    const ids = [...new Set(page.flatMap(attemptsOfGroup))];
    const found = await items.get(ids.map(attemptKey));
    const open = new Set(
      found.flatMap((item) =>
        item !== undefined && attemptOf(item).kind === 'open' ? [item.pk] : [],
      ),
    );
    for (const item of page) {
      const isEnded = attemptsOfGroup(item).every((id) => !open.has(attemptKey(id).pk));
      if (isEnded) ended.push({ pk: item.pk, sk: item.sk });
    }
  }
  return ended;
}
