/**
 * The balance of a budget's window inside a command: how it is found, moved and shown.
 *
 * A window that began after the budget was made starts empty, once the budget is whole (see
 * `seeding.ts`), and one that was asked for before has an item. Of all other windows nothing is
 * kept: whoever has to hold in one sums it up first, and whoever posts to one leaves it, since it
 * will be summed up when asked for.
 */
import { post, settleHold, unhold, windowAt } from '@tollkeeper/core';
import type { Balance, Budget, ExcessCause, Posting } from '@tollkeeper/core';
import type { BudgetState } from '../../../ports/ledger-store.ts';
import {
  balanceAttributes,
  balanceOf,
  emptyBalance,
  leaseOf,
  shownBalance,
} from './balance-item.ts';
import type { StoredBalance, StoredLease } from './balance-item.ts';
import type { Definition } from './definition-item.ts';
import { balanceKey, balancePartition, leaseSort } from '../items/keys.ts';
import { NotReady, windowName } from './not-ready.ts';
import type { View } from '../groups/transactions.ts';

/** Leases of one window that are looked at: one an instance. */
const LEASES_MAX = 100_000;

/** A budget and one of its windows. */
export interface BudgetWindow {
  readonly definition: Definition;
  /** Milliseconds since the epoch; 0 and null for `total`. */
  readonly start: number;
  readonly end: number | null;
}

/** The window of a budget that a moment falls in. */
export function windowOf(definition: Definition, at: number): BudgetWindow {
  const { window, timezone } = definition.budget;
  return { definition, ...windowAt(window, timezone, at) };
}

/** Whether the figures of a window are kept: see the head of this file. */
export function isKept({ definition: { since, windows }, start }: BudgetWindow): boolean {
  return start >= since || windows.includes(start);
}

/** What to throw when figures are needed that are not kept, or not whole yet. */
export function notReady(
  kind: 'window' | 'seeding',
  { definition, start }: BudgetWindow,
): NotReady {
  const { budget_id, scope } = definition.budget;
  return new NotReady({ kind, org_id: scope.org_id, budget_id, window_start: start });
}

/** The balance as it is kept; throws `NotReady` when the definition is older than it. */
export function storedAt(view: View, { definition, start }: BudgetWindow): StoredBalance {
  const { budget, since_rev, rev, whole } = definition;
  const item = view.get(balanceKey(budget.budget_id, start));
  const stored = item === undefined ? undefined : balanceOf(item);
  if (stored === undefined || stored.since_rev < since_rev) {
    return { ...emptyBalance(since_rev, rev), seeding: whole ? null : since_rev };
  }
  if (stored.rev > rev) throw new NotReady({ kind: 'news', revision: stored.rev });
  return stored;
}

/** As `storedAt`, of a window to hold in: throws `NotReady` also when it is not whole. */
export function wholeAt(view: View, window: BudgetWindow): StoredBalance {
  if (!isKept(window)) throw notReady('window', window);
  const stored = storedAt(view, window);
  if (stored.seeding !== null) throw notReady('seeding', window);
  return stored;
}

/** What a window has, for who wants to hold in it. */
export interface Room {
  /** Null: it is not kept, and has to be before anybody holds in it. */
  readonly stored: StoredBalance | null;
  readonly shown: Balance;
}

/**
 * What a window has; throws `NotReady` when it is not whole. One that is not kept need not be as
 * long as nobody holds in it: its figures are asked for, by `windowName`.
 */
export function roomAt(view: View, window: BudgetWindow, figures: Map<string, Balance>): Room {
  if (isKept(window)) {
    const stored = wholeAt(view, window);
    return { stored, shown: shownAt(view, window, stored) };
  }
  const { definition, start: window_start } = window;
  const { budget_id, scope } = definition.budget;
  const shown = figures.get(windowName(budget_id, window_start));
  if (shown !== undefined) return { stored: null, shown };
  throw new NotReady({ kind: 'figures', org_id: scope.org_id, budget_id, window_start, figures });
}

/** Writes it as the command leaves it. */
export function keepBalance(view: View, window: BudgetWindow, stored: StoredBalance): void {
  const { budget_id } = window.definition.budget;
  view.put(balanceKey(budget_id, window.start), balanceAttributes(stored));
}

/** What an attempt or submission does to a balance. */
export interface Move {
  /** What it held there, not out of a lease. */
  readonly held: bigint;
  readonly posting: Posting;
  readonly cause: ExcessCause;
}

/**
 * Ends a hold and posts. Of a window that is being summed up only the figures move: what stands
 * above its limit is named when it is whole.
 */
export function moved(budget: Budget, stored: StoredBalance, move: Move): StoredBalance {
  const { held, posting, cause } = move;
  return { ...stored, balance: movedBalance(budget, stored, held, posting, cause) };
}

function movedBalance(
  budget: Budget,
  { balance, seeding }: StoredBalance,
  held: bigint,
  posting: Posting,
  cause: ExcessCause,
): Balance {
  if (seeding !== null) {
    return {
      ...balance,
      held: balance.held - held,
      posted: balance.posted + posting.amount,
      ceiling: balance.ceiling + posting.ceiling,
    };
  }
  if (cause === 'over_bound') return settleHold(budget, balance, held, posting);
  return post(budget, unhold(balance, held), posting, cause);
}

/**
 * The balance as it is shown, with what was spent out of leases. `changed` are leases as the
 * command leaves them.
 */
export function shownAt(
  view: View,
  { definition, start }: BudgetWindow,
  stored: StoredBalance,
  changed: readonly StoredLease[] = [],
): Balance {
  if (stored.leases === 0) return stored.balance;
  const pk = balancePartition(definition.budget.budget_id, start);
  const from = leaseSort('');
  const found = view.query({ pk, from, to: `${from}\uffff`, limit: LEASES_MAX });
  const leases = new Map(found.map(leaseOf).map((lease) => [lease.lease_id, lease]));
  for (const lease of changed) leases.set(lease.lease_id, lease);
  return shownBalance(stored, leases.values());
}

/** The state of a budget in a window, by the balance that is shown. */
export function stateOf({ definition, start, end }: BudgetWindow, balance: Balance): BudgetState {
  return { budget: definition.budget, balance, window_start: start, resets_at: end };
}
