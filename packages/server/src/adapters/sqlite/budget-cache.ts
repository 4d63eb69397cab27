/**
 * What the writer keeps of budgets between groups: the definitions, found by scope, and the
 * balances it has read. All of it is forgotten when another process has written or a transaction
 * has failed.
 */
import { covers, EMPTY_BALANCE, windowAt } from '@tollkeeper/core';
import type { Balance, Budget, BudgetScope, Subject } from '@tollkeeper/core';

/** A budget, and the windows of it that were touched. */
export interface Definition {
  /** Replaced in place when only its limit or mode change. */
  budget: Budget;
  /** Start of the window in which it was made or last changed in kind. */
  readonly since: number;
  readonly rows: Map<number, Row>;
  /** The row used last: nearly always the one used next. */
  last: Row | undefined;
  dropped: boolean;
}

/** The balance of one window. */
export interface Row {
  readonly definition: Definition;
  readonly start: number;
  readonly end: number | null;
  balance: Balance;
  /** Whether its stored balance is an older one. */
  changed: boolean;
  /** The group that moved it last, and its index among the states of that group. */
  group: number;
  index: number;
}

/** How rows are found that are not in memory. */
export interface BalanceSource {
  read(budgetId: string, start: number): Balance | undefined;
  /** Sums up a window from the ledger. */
  seed(budget: Budget, start: number): Balance;
}

export class BudgetCache {
  readonly #source: BalanceSource;
  readonly #byId = new Map<string, Definition>();
  /** Candidates of each scope by the id that it names; whether they cover is asked of each. */
  readonly #byScope = {
    organization: new Map<string, Definition[]>(),
    application: new Map<string, Definition[]>(),
    user: new Map<string, Definition[]>(),
    key: new Map<string, Definition[]>(),
  };
  /** Rows in memory. */
  size = 0;

  constructor(source: BalanceSource) {
    this.#source = source;
  }

  get(budgetId: string): Definition | undefined {
    return this.#byId.get(budgetId);
  }

  /** Adds a definition; one with the same id and its rows are forgotten. */
  define(budget: Budget, since: number): Definition {
    this.remove(budget.budget_id);
    const definition: Definition = {
      budget,
      since,
      rows: new Map(),
      last: undefined,
      dropped: false,
    };
    this.#byId.set(budget.budget_id, definition);
    const candidates = this.#byScope[budget.scope.type];
    const id = scopeId(budget.scope);
    candidates.set(id, [...(candidates.get(id) ?? []), definition].sort(byBudgetId));
    return definition;
  }

  remove(budgetId: string): void {
    const definition = this.#byId.get(budgetId);
    if (definition === undefined) return;
    definition.dropped = true;
    this.size -= definition.rows.size;
    this.#byId.delete(budgetId);
    const candidates = this.#byScope[definition.budget.scope.type];
    const id = scopeId(definition.budget.scope);
    const others = (candidates.get(id) ?? []).filter((other) => other !== definition);
    if (others.length === 0) candidates.delete(id);
    else candidates.set(id, others);
  }

  clear(): void {
    for (const definition of this.#byId.values()) definition.dropped = true;
    this.#byId.clear();
    for (const candidates of Object.values(this.#byScope)) candidates.clear();
    this.size = 0;
  }

  /** Forgets balances, but not definitions. */
  forgetRows(): void {
    for (const definition of this.#byId.values()) {
      definition.rows.clear();
      definition.last = undefined;
    }
    this.size = 0;
  }

  /** The budgets that cover a subject, in the order of their ids. */
  covering(subject: Subject): Definition[] {
    const found: Definition[] = [];
    const { org_id, app_id, user_id, key_id } = subject;
    const { organization, application, user, key } = this.#byScope;
    collect(organization.get(org_id), subject, found);
    if (application.size > 0) collect(application.get(app_id), subject, found);
    if (user.size > 0 && user_id !== null) collect(user.get(user_id), subject, found);
    if (key.size > 0 && key_id !== null) collect(key.get(key_id), subject, found);
    return found.length > 1 ? found.sort(byBudgetId) : found;
  }

  /** The row of the window at `at`, summed up if nobody had asked for it before. */
  row(definition: Definition, at: number): Row {
    const known = this.knownRow(definition, at);
    if (known !== undefined) return known;
    return this.seeded(definition, at);
  }

  /** The row of the window at `at` as the ledger sums it up, whatever is known of it. */
  seeded(definition: Definition, at: number): Row {
    const { start, end } = windowAt(definition.budget.window, definition.budget.timezone, at);
    const balance = this.#source.seed(definition.budget, start);
    return { definition, start, end, balance, changed: false, group: -1, index: -1 };
  }

  /**
   * The row of the window at `at`, or undefined when the window began before the budget was made
   * and nobody has asked for it: then there is nothing to move, since it will be summed up when
   * asked for.
   */
  knownRow(definition: Definition, at: number): Row | undefined {
    const { last } = definition;
    if (last !== undefined && at >= last.start && (last.end === null || at < last.end)) return last;
    const { budget, since, rows } = definition;
    const { start, end } = windowAt(budget.window, budget.timezone, at);
    let row = rows.get(start);
    if (row === undefined) {
      const stored = this.#source.read(budget.budget_id, start);
      if (stored === undefined && start <= since) return undefined;
      const balance = stored ?? EMPTY_BALANCE;
      row = { definition, start, end, balance, changed: false, group: -1, index: -1 };
      this.keep(row);
    }
    definition.last = row;
    return row;
  }

  /** Keeps a row that is about to be stored. */
  keep(row: Row): void {
    if (row.definition.rows.get(row.start) === row) return;
    row.definition.rows.set(row.start, row);
    this.size += 1;
  }
}

function collect(
  candidates: readonly Definition[] | undefined,
  subject: Subject,
  into: Definition[],
): void {
  if (candidates === undefined) return;
  for (const definition of candidates) {
    if (covers(definition.budget, subject)) into.push(definition);
  }
}

function scopeId(scope: BudgetScope): string {
  switch (scope.type) {
    case 'organization':
      return scope.org_id;
    case 'application':
      return scope.app_id;
    case 'user':
      return scope.user_id;
    case 'key':
      return scope.key_id;
  }
}

function byBudgetId(a: Definition, b: Definition): number {
  return a.budget.budget_id < b.budget.budget_id ? -1 : 1;
}
