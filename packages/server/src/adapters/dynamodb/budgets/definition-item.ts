/**
 * The items of budgets themselves: the definition under its organization, and the same in the log
 * of changes, by which processes that remember definitions learn what is new.
 */
import type { Budget } from '@tollkeeper/core';
import { textOf } from '../items/attribute-values.ts';
import type { Item } from '../items/items.ts';
import type { Attributes } from '../groups/transactions.ts';

/** A budget, with what says which of its windows have to be summed up. */
export interface Definition {
  readonly budget: Budget;
  /** Start of the window in which it was made or last changed in kind. */
  readonly since: number;
  /**
   * The revision by which it was made or last changed in kind. Balances, leases and holds name it:
   * those of another one are of a budget that is no more.
   */
  readonly since_rev: number;
  /** The revision of its last change. */
  readonly rev: number;
  /**
   * Starts of windows from before `since` that somebody has asked for: from then on they have
   * balances. All other windows from before are summed up when they are shown.
   */
  readonly windows: readonly number[];
  /**
   * What came into its windows before it was made is in their balances. Until then a balance that
   * is not there yet has to be summed up like that of the window in which the budget was made.
   */
  readonly whole: boolean;
}

/** What one revision of budgets has changed. */
export interface BudgetChange {
  readonly revision: number;
  readonly budget_id: string;
  /** Null: it was removed. */
  readonly definition: Definition | null;
}

/** Seconds for which changes can be looked up; who is further behind starts anew. */
export const CHANGES_TTL_S = 7 * 86_400;

export function definitionAttributes(definition: Definition): Attributes {
  const { budget, since, since_rev, rev, windows, whole } = definition;
  return {
    budget: budgetToText(budget),
    since,
    since_rev,
    rev,
    ...(windows.length === 0 ? {} : { windows }),
    ...(whole ? {} : { young: true }),
  };
}

/** What an item `O#<org>/<budget id>` says. */
export function definitionOf(item: Item): Definition {
  return {
    budget: budgetOfText(textOf(item.budget)),
    since: Number(item.since),
    since_rev: Number(item.since_rev),
    rev: Number(item.rev),
    windows: Array.isArray(item.windows) ? (item.windows as readonly number[]) : [],
    whole: item.young !== true,
  };
}

/** `ttl`: seconds since the epoch. */
export function changeAttributes(
  { revision, budget_id, definition }: BudgetChange,
  ttl: number,
): Attributes {
  return {
    revision,
    budget_id,
    ...(definition === null ? {} : definitionAttributes(definition)),
    ttl,
  };
}

/** What an item `BUDGETCHANGES/<revision>` says. */
export function changeOf(item: Item): BudgetChange {
  return {
    revision: Number(item.revision),
    budget_id: textOf(item.budget_id),
    definition: item.budget === undefined ? null : definitionOf(item),
  };
}

function budgetToText(budget: Budget): string {
  const { unit, amount } = budget.limit;
  return JSON.stringify({ ...budget, limit: { unit, amount: amount.toString() } });
}

function budgetOfText(text: string): Budget {
  const budget = JSON.parse(text) as Budget & { limit: { amount: string } };
  return { ...budget, limit: { unit: budget.limit.unit, amount: BigInt(budget.limit.amount) } };
}
