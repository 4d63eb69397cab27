/**
 * The balances of a ledger in memory that leases: budgets, the rows of their windows, the leases of
 * those, and what is summed up when a budget comes late.
 */
import { changeLimit, covers, EMPTY_BALANCE, sameKind, unhold, windowAt } from '@tollkeeper/core';
import type { Amounts, Balance, Budget, Hold, Intent, Postings, Subject } from '@tollkeeper/core';
import { budgetAudit, type AuditStamp } from '../../ports/audit.ts';
import type { BudgetState, PutBudget } from '../../ports/ledger-store.ts';
import type { LeasedPart, LeaseLost, LeaseState } from '../../ports/leasing-ledger.ts';
import type { MemoryAudit } from './audit.ts';

export interface Definition {
  readonly budget: Budget;
  /** Start of the window in which it was made or last changed in kind. */
  readonly since: number;
}

export interface Lease extends LeaseState {
  granted: bigint;
}

export interface OpenHold {
  readonly intent: Intent;
  readonly instance_id: string;
  readonly amounts: Amounts;
  /** The lease that a budget's part came out of, by budget. */
  readonly leases: Map<string, string>;
}

/** What an entry posts, and where. */
export interface Posted {
  readonly subject: Subject;
  readonly at: number;
  readonly postings: Postings;
}

export class LeasingBalances {
  readonly definitions = new Map<string, Definition>();
  readonly rows = new Map<string, Balance>();
  readonly leases = new Map<string, Lease>();
  readonly holds = new Map<string, OpenHold>();
  readonly lines = new Map<string, Posted>();
  removed: Posted[] = [];
  readonly #audit: MemoryAudit;

  constructor(audit: MemoryAudit) {
    this.#audit = audit;
  }

  putBudget({ budget, at, audit }: PutBudget): BudgetState {
    const { budget_id } = budget;
    const before = this.definitions.get(budget_id);
    if (audit !== undefined) this.#audit.keep(budgetAudit(audit, before?.budget, budget));
    const { start } = windowAt(budget.window, budget.timezone, at);
    if (before !== undefined && sameKind(before.budget, budget)) {
      const state = this.stateAt(before, at);
      const balance = changeLimit(before.budget, budget, state.balance);
      this.definitions.set(budget_id, { budget, since: before.since });
      this.rows.set(rowKey(budget_id, start), balance);
      return { ...state, budget, balance };
    }
    this.#dropRows(budget_id);
    const definition = { budget, since: start };
    this.definitions.set(budget_id, definition);
    const state = this.stateAt(definition, at);
    this.rows.set(rowKey(budget_id, start), state.balance);
    for (const later of this.#windowsFrom(budget, state.resets_at ?? Infinity)) {
      const early = this.#seed(budget, later);
      if (early.high_water !== 0n) this.rows.set(rowKey(budget_id, later), early);
    }
    return state;
  }

  removeBudget(budgetId: string, audit?: AuditStamp): boolean {
    const before = this.definitions.get(budgetId)?.budget;
    if (before !== undefined && audit !== undefined) {
      this.#audit.keep(budgetAudit(audit, before, undefined));
    }
    this.#dropRows(budgetId);
    return this.definitions.delete(budgetId);
  }

  covering(subject: Subject): Definition[] {
    return [...this.definitions.values()]
      .filter(({ budget }) => covers(budget, subject))
      .sort(byId);
  }

  stateAt({ budget, since }: Definition, at: number): BudgetState {
    const { start, end } = windowAt(budget.window, budget.timezone, at);
    const row = this.rows.get(rowKey(budget.budget_id, start));
    const balance = row ?? (start > since ? EMPTY_BALANCE : this.#seed(budget, start));
    return { budget, balance, window_start: start, resets_at: end };
  }

  /** Starts of the windows from a moment on in which there is something. */
  #windowsFrom(budget: Budget, from: number): ReadonlySet<number> {
    const holds = [...this.holds.values()].map(({ intent }) => intent);
    const later = [...this.lines.values(), ...holds].filter(
      ({ subject, at }) => at >= from && covers(budget, subject),
    );
    return new Set(later.map(({ at }) => windowAt(budget.window, budget.timezone, at).start));
  }

  /** Only windows without leases are ever summed up. */
  #seed(budget: Budget, start: number): Balance {
    const { unit } = budget.limit;
    const inWindow = (subject: Subject, at: number): boolean =>
      covers(budget, subject) && windowAt(budget.window, budget.timezone, at).start === start;
    const sum = { posted: 0n, ceiling: 0n, held: 0n };
    const removed = budget.window === 'total' ? this.removed : [];
    for (const { subject, at, postings } of [...this.lines.values(), ...removed]) {
      if (!inWindow(subject, at)) continue;
      sum.posted += postings[unit].amount;
      sum.ceiling += postings[unit].ceiling;
    }
    for (const { intent, amounts } of this.holds.values()) {
      if (inWindow(intent.subject, intent.at)) sum.held += amounts[unit];
    }
    const balance = { ...EMPTY_BALANCE, ...sum, high_water: sum.posted + sum.held };
    return changeLimit(null, budget, balance);
  }

  /** Moves the balances in which a dispatch at `at` counts. */
  move(subject: Subject, at: number, change: (state: BudgetState) => Balance): BudgetState[] {
    return this.covering(subject).flatMap((definition) => {
      const { budget, since } = definition;
      const { start } = windowAt(budget.window, budget.timezone, at);
      const key = rowKey(budget.budget_id, start);
      if (!this.rows.has(key) && start < since) return [];
      const state = this.stateAt(definition, at);
      const balance = change(state);
      this.rows.set(key, balance);
      return [{ ...state, balance }];
    });
  }

  allocationsOf({ intent, amounts }: Hold): Hold['allocations'] {
    return this.covering(intent.subject).flatMap(({ budget: { budget_id, ...budget } }) => {
      const window_start = windowAt(budget.window, budget.timezone, intent.at).start;
      const amount = amounts[budget.limit.unit];
      if (amount === 0n || !this.rows.has(rowKey(budget_id, window_start))) return [];
      return [{ budget_id, window_start, amount }];
    });
  }

  lineOf(entryId: string | null): Posted | undefined {
    return this.lines.get(`attempt ${entryId}`) ?? this.lines.get(`submission ${entryId}`);
  }

  /** The leases named of which the instance has none in the window of `at`. */
  lost(leased: readonly LeasedPart[], instanceId: string, at: number): LeaseLost | undefined {
    const lost = leased.filter(({ lease_id, budget_id }) => {
      const lease = this.leases.get(lease_id);
      const definition = this.definitions.get(budget_id);
      if (lease?.instance_id !== instanceId || definition === undefined) return true;
      return this.stateAt(definition, at).window_start !== lease.window_start;
    });
    const lease_ids = lost.map(({ lease_id }) => lease_id);
    return lost.length > 0 ? { kind: 'lease_lost', lease_ids } : undefined;
  }

  /** Of a lease, what nobody has in use. Whoever asks for more has lost count. */
  unused(lease: Lease, amount = 0n): bigint {
    const { budget_id, lease_id } = lease;
    const unit = this.definitions.get(budget_id)?.budget.limit.unit ?? 'usd';
    const used = [...this.holds.values()]
      .filter(({ leases }) => leases.get(budget_id) === lease_id)
      .reduce((sum, { amounts }) => sum + amounts[unit], 0n);
    if (amount + used > lease.granted) throw new Error('More is used than was leased.');
    return lease.granted - used;
  }

  /** What open holds took stays held: from now on they are as holds of no lease. */
  end(lease: Lease): void {
    this.giveBack(lease, this.unused(lease));
    for (const { leases } of this.holds.values()) {
      if (leases.get(lease.budget_id) === lease.lease_id) leases.delete(lease.budget_id);
    }
    this.leases.delete(lease.lease_id);
  }

  /** Takes a posting out of a lease; how much of it there was to take. */
  spend(part: Pick<LeasedPart, 'lease_id' | 'amount'> | undefined): bigint {
    const lease = part && this.leases.get(part.lease_id);
    if (part === undefined || lease === undefined) return 0n;
    this.unused(lease, part.amount);
    reduce(lease, part.amount);
    return part.amount;
  }

  giveBack(lease: Lease, amount: bigint): void {
    this.unused(lease, amount);
    reduce(lease, amount);
    const key = rowKey(lease.budget_id, lease.window_start);
    const balance = this.rows.get(key);
    if (balance === undefined) throw new Error('A lease of a window that is not kept.');
    this.rows.set(key, unhold(balance, amount));
  }

  /** Holds are direct from then on: they are summed up with what takes the place of the rows. */
  #dropRows(budgetId: string): void {
    for (const key of this.rows.keys()) {
      if (key.startsWith(`${budgetId} `)) this.rows.delete(key);
    }
    for (const { lease_id, budget_id } of this.leases.values()) {
      if (budget_id === budgetId) this.leases.delete(lease_id);
    }
    for (const { leases } of this.holds.values()) leases.delete(budgetId);
  }
}

/** A lease never has less than nothing: whoever uses it has lost count. */
function reduce(lease: Lease, amount: bigint): void {
  if (amount < 0n || amount > lease.granted) throw new Error('More is used than was leased.');
  lease.granted -= amount;
}

export function rowKey(budgetId: string, windowStart: number): string {
  return `${budgetId} ${windowStart}`;
}

export function byId(a: Definition, b: Definition): number {
  return a.budget.budget_id < b.budget.budget_id ? -1 : 1;
}
