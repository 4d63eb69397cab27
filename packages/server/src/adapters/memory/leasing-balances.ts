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
    const next = state.resets_at;
    const early = next === null ? EMPTY_BALANCE : this.#seed(budget, next);
    if (early.high_water !== 0n) this.rows.set(rowKey(budget_id, next ?? 0), early);
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
      if (!this.rows.has(rowKey(budget_id, window_start))) return [];
      return [{ budget_id, window_start, amount: amounts[budget.limit.unit] }];
    });
  }

  lineOf(entryId: string | null): Posted | undefined {
    return this.lines.get(`attempt ${entryId}`) ?? this.lines.get(`submission ${entryId}`);
  }

  lost(leased: readonly LeasedPart[]): LeaseLost | undefined {
    const lost = leased.map(({ lease_id }) => lease_id).filter((id) => !this.leases.has(id));
    return lost.length > 0 ? { kind: 'lease_lost', lease_ids: lost } : undefined;
  }

  /** Takes a posting out of a lease; how much of it there was to take. */
  spend(part: Pick<LeasedPart, 'lease_id' | 'amount'> | undefined): bigint {
    const lease = part && this.leases.get(part.lease_id);
    if (part === undefined || lease === undefined) return 0n;
    reduce(lease, part.amount);
    return part.amount;
  }

  giveBack(lease: Lease, amount: bigint): void {
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
