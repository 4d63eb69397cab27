/** Takes postings out of leases, inside a command. */
import type { Posting } from '@tollkeeper/core';
import { leaseAttributes, leaseOf, type StoredLease } from '../budgets/balance-item.ts';
import { leaseKey } from '../items/keys.ts';
import type { View } from '../groups/transactions.ts';
import type { BudgetWindow } from '../budgets/window-balance.ts';

/** What is left of a posting after a part of it came out of a lease. */
export interface Spent {
  /** For the balance itself. */
  readonly rest: Posting;
  /** As it is now; undefined: nothing came out of a lease. */
  readonly lease?: StoredLease;
}

/** The lease as the command sees it; undefined: it is no more. */
export function leaseAt(
  view: View,
  { definition, start }: BudgetWindow,
  leaseId: string,
): StoredLease | undefined {
  const item = view.get(leaseKey(definition.budget.budget_id, start, leaseId));
  if (item === undefined) return undefined;
  const lease = leaseOf(item);
  return lease.since_rev === definition.since_rev ? lease : undefined;
}

/**
 * Posts up to `amount` of the posting out of the lease. The ceiling goes where the rest goes: only
 * a posting that comes out of the lease as a whole takes its ceiling along.
 */
export function spend(
  view: View,
  { definition, start }: BudgetWindow,
  lease: StoredLease | undefined,
  amount: bigint,
  posting: Posting,
): Spent {
  const taken = amount < posting.amount ? amount : posting.amount;
  if (lease === undefined || taken <= 0n) return { rest: posting };
  const isAll = taken === posting.amount;
  const ceiling = isAll ? posting.ceiling : 0n;
  const spent = { amount: lease.spent.amount + taken, ceiling: lease.spent.ceiling + ceiling };
  const next = { ...lease, spent };
  view.put(leaseKey(definition.budget.budget_id, start, lease.lease_id), leaseAttributes(next));
  const rest = { amount: posting.amount - taken, ceiling: posting.ceiling - ceiling };
  return { rest, lease: next };
}
