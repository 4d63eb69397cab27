/** What is told of the balance of one window. */
import { roomFor } from '@tollkeeper/core';
import type { Budget, BudgetUnit } from '@tollkeeper/core';
import type { Blocking, BudgetState } from '../../ports/ledger-store.ts';
import type { Row } from './budget-cache.ts';

export function stateOf(row: Row): BudgetState {
  return {
    budget: budgetOf(row),
    balance: row.balance,
    window_start: row.start,
    resets_at: row.end,
  };
}

/** How a budget stands in the way of an amount, which does not fit. */
export function refusalOf(row: Row, amount: bigint): Blocking {
  const budget = budgetOf(row);
  const reason = roomFor(budget, row.balance, amount) === 'spent' ? 'spent' : 'held';
  return { budget, balance: row.balance, amount, reason, resets_at: row.end };
}

export function budgetOf(row: Row): Budget {
  return row.definition.budget;
}

export function unitOf(row: Row): BudgetUnit {
  return row.definition.budget.limit.unit;
}
