/** Budgets made, changed and removed, and what becomes of their windows and leases. */
import { changeLimit, sameKind, windowAt } from '@tollkeeper/core';
import type { Budget } from '@tollkeeper/core';
import { budgetAudit } from '../../ports/audit.ts';
import { keepAudit } from './audit.ts';
import type { Definition } from './budget-cache.ts';
import { stateOf } from './budget-row.ts';
import type { SlowCommand, WriteAnswer } from './protocol.ts';
import { budgetToText } from './rows.ts';
import { laterWindows } from './seed.ts';
import type { WriteSession } from './write-session.ts';

export class BudgetCommands {
  readonly #session: WriteSession;

  constructor(session: WriteSession) {
    this.#session = session;
  }

  put({ budget, at, audit }: Extract<SlowCommand, { op: 'put_budget' }>): WriteAnswer {
    const { budgets, database } = this.#session;
    const before = budgets.get(budget.budget_id);
    if (audit !== undefined) keepAudit(database, budgetAudit(audit, before?.budget, budget));
    if (before !== undefined && sameKind(before.budget, budget)) {
      const row = budgets.row(before, at);
      const balance = changeLimit(before.budget, budget, row.balance);
      before.budget = budget;
      this.#store(budget, before.since);
      this.#session.move(row, balance);
      return { kind: 'budget', state: stateOf(row) };
    }
    this.#clear(budget.budget_id);
    const { start } = windowAt(budget.window, budget.timezone, at);
    const row = budgets.row(budgets.define(budget, start), at);
    this.#store(budget, start);
    this.#session.move(row, row.balance);
    if (row.end !== null) this.#takeWhatCameEarly(row.definition, row.end);
    return { kind: 'budget', state: stateOf(row) };
  }

  remove({ budgetId, audit }: Extract<SlowCommand, { op: 'remove_budget' }>): WriteAnswer {
    const { budgets, database } = this.#session;
    const before = budgets.get(budgetId);
    if (before === undefined) return { kind: 'removed', removed: false };
    if (audit !== undefined) keepAudit(database, budgetAudit(audit, before.budget, undefined));
    budgets.remove(budgetId);
    this.#clear(budgetId);
    database.prepare('DELETE FROM budgets WHERE budget_id = ?').run(budgetId);
    this.#session.raiseBudgetsRevision();
    return { kind: 'removed', removed: true };
  }

  /** Its figures are void. Holds out of its leases go on as holds of no lease. */
  #clear(budgetId: string): void {
    this.#session.database.prepare('DELETE FROM balances WHERE budget_id = ?').run(budgetId);
    this.#session.leases.endOfBudget(budgetId);
  }

  /**
   * Later windows may have begun for others: usage is told with a time just ahead, and a process
   * whose clock is behind may be late. What is there already would never be summed up.
   */
  #takeWhatCameEarly(definition: Definition, next: number): void {
    const { budgets, database } = this.#session;
    for (const start of laterWindows(database, definition.budget, next)) {
      const row = budgets.seeded(definition, start);
      if (row.balance.high_water !== 0n) this.#session.move(row, row.balance);
    }
  }

  #store(budget: Budget, since: number): void {
    this.#session.database
      .prepare('INSERT OR REPLACE INTO budgets VALUES (?, ?, ?, ?)')
      .run(budget.budget_id, budget.scope.org_id, since, budgetToText(budget));
    this.#session.raiseBudgetsRevision();
  }
}
