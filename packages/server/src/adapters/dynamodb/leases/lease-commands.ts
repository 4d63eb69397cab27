/**
 * Leases: taking, growing, giving back, ending. Each of these also tells the balance what was spent
 * out of the lease since the last time.
 */
import { hold, roomFor } from '@tollkeeper/core';
import type { Balance } from '@tollkeeper/core';
import type { TakeLease, TakenLease } from '../../../ports/leasing-ledger.ts';
import {
  balanceAttributes,
  balanceOf,
  emptyBalance,
  leaseAttributes,
  leaseOf,
  type StoredBalance,
  type StoredLease,
} from '../budgets/balance-item.ts';
import type { ItemKey } from '../items/items.ts';
import { balanceKey, instanceLeaseSort, instancePartition, leaseKey } from '../items/keys.ts';
import type { KnownLease } from './lease-memory.ts';
import { leaseAt } from './lease-spending.ts';
import type { LedgerContext } from '../ledger-context.ts';
import type { Command } from '../groups/transactions.ts';
import { keepBalance, notReady, roomAt, stateOf, windowOf } from '../budgets/window-balance.ts';

/** The answer, and what to remember of the lease. */
export interface TakenIn {
  readonly answer: TakenLease;
  readonly known?: KnownLease;
}

/** `takeLease`, of a budget of this organization. */
export function takeCommand(
  context: LedgerContext,
  orgId: string,
  command: TakeLease,
): Command<TakenIn> {
  const { instance_id, lease_id, budget_id, at, wanted, least } = command;
  const figures = new Map<string, Balance>();
  return {
    kind: 'other',
    instance_id,
    decide(view) {
      const gone = { answer: { kind: 'gone' } } as const;
      const definition = context.definitions.get(orgId, budget_id);
      if (definition === undefined) return gone;
      const { budget, since_rev } = definition;
      const window = windowOf(definition, at);
      const before = leaseAt(view, window, lease_id);
      if (command.grows !== (before?.instance_id === instance_id)) return gone;
      const { stored, shown } = roomAt(view, window, figures);
      const reason = roomFor(budget, shown, least);
      if (reason !== 'fits') {
        const { resets_at } = stateOf(window, shown);
        const blocking = { budget, balance: shown, amount: least, reason, resets_at };
        return { answer: { kind: 'refused', blocking } };
      }
      if (stored === null) throw notReady('window', window);
      const free = budget.limit.amount - stored.balance.posted - stored.balance.held;
      const amount = budget.mode === 'warn' || wanted < free ? wanted : free;
      const lease = before ?? newLease(command, since_rev);
      const folded = fold(stored, lease);
      const leases = stored.leases + (before === undefined ? 1 : 0);
      const balance = hold(folded.stored.balance, amount);
      keepBalance(view, window, { ...folded.stored, balance, leases });
      const granted = folded.lease.granted + amount;
      const key = leaseKey(budget_id, window.start, lease_id);
      view.put(key, leaseAttributes({ ...folded.lease, granted }));
      const name = { lease_id, budget_id, window_start: window.start };
      if (before === undefined) {
        view.create(pointerKey(instance_id, lease_id), { budget_id, window_start: window.start });
      }
      const state = stateOf(window, hold(shown, amount));
      const epoch = context.leases.epochOf(instance_id);
      return {
        answer: { kind: 'taken', lease: name, amount, state },
        known: { ...name, instance_id, epoch, since_rev },
      };
    },
  };
}

function newLease({ lease_id, instance_id }: TakeLease, since_rev: number): StoredLease {
  return { lease_id, instance_id, since_rev, granted: 0n, spent: { amount: 0n, ceiling: 0n } };
}

/** What was spent out of the lease becomes posted in the balance, and is held no more. */
function fold(
  stored: StoredBalance,
  lease: StoredLease,
): { readonly stored: StoredBalance; readonly lease: StoredLease } {
  const { amount, ceiling } = lease.spent;
  const { balance } = stored;
  return {
    stored: {
      ...stored,
      balance: {
        ...balance,
        posted: balance.posted + amount,
        ceiling: balance.ceiling + ceiling,
        held: balance.held - amount,
      },
    },
    lease: { ...lease, granted: lease.granted - amount, spent: { amount: 0n, ceiling: 0n } },
  };
}

/** What is given back of a lease. */
export interface GivenBack {
  readonly instance_id: string;
  readonly lease_id: string;
  readonly budget_id: string;
  readonly window_start: number;
  readonly amount: bigint;
  /** All that is left is given back, and the lease is no more. */
  readonly ends: boolean;
}

/** `returnLease`. */
export function returnCommand(given: GivenBack): Command<void> {
  const { instance_id, lease_id, budget_id, ends } = given;
  const pointer = pointerKey(instance_id, lease_id);
  return {
    kind: 'other',
    reads: [
      leaseKey(budget_id, given.window_start, lease_id),
      balanceKey(budget_id, given.window_start),
      ...(ends ? [pointer] : []),
    ],
    decide(view) {
      // Whoever never had an answer to its take may be wrong about the window that was chosen.
      const place = ends ? view.get(pointer) : undefined;
      const window_start = Number(place?.window_start ?? given.window_start);
      const ofLease = leaseKey(budget_id, window_start, lease_id);
      const ofBalance = balanceKey(budget_id, window_start);
      const item = view.get(ofLease);
      if (ends) view.delete(pointer);
      if (item === undefined) return;
      const before = leaseOf(item);
      const balanceItem = view.get(ofBalance);
      const kept = balanceItem === undefined ? undefined : balanceOf(balanceItem);
      // A lease of a budget that is another one by now is counted nowhere.
      const isCounted = kept?.since_rev === before.since_rev;
      const { stored, lease } = fold(kept ?? emptyBalance(before.since_rev, 0), before);
      const left = lease.granted;
      const amount = ends || given.amount > left ? left : given.amount;
      if (ends) view.delete(ofLease);
      else view.put(ofLease, leaseAttributes({ ...lease, granted: left - amount }));
      if (!isCounted) return;
      const balance = { ...stored.balance, held: stored.balance.held - amount };
      const leases = stored.leases - (ends ? 1 : 0);
      view.put(ofBalance, balanceAttributes({ ...stored, balance, leases }));
    },
  };
}

/** Where an instance is said to have a lease. */
function pointerKey(instanceId: string, leaseId: string): ItemKey {
  return { pk: instancePartition(instanceId), sk: instanceLeaseSort(leaseId) };
}
