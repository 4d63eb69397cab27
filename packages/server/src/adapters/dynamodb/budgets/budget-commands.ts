/**
 * Changes of definitions. Each raises the revision of budgets, and is told to all processes
 * afterwards (see `seeding.ts`); one that makes a budget, or changes what it counts, leaves its
 * window to be summed up.
 */
import { changeLimit, sameKind, windowAt } from '@tollkeeper/core';
import type { Budget } from '@tollkeeper/core';
import { budgetAudit, type AuditStamp } from '../../../ports/audit.ts';
import type { BudgetState, PutBudget } from '../../../ports/ledger-store.ts';
import { textOf } from '../items/attribute-values.ts';
import { balanceAttributes, emptyBalance } from './balance-item.ts';
import {
  changeAttributes,
  CHANGES_TTL_S,
  definitionAttributes,
  definitionOf,
  type Definition,
} from './definition-item.ts';
import {
  balanceKey,
  BUDGET_CHANGES_PARTITION,
  BUDGET_ORGS_PARTITION,
  budgetKey,
  changeSort,
  definitionKey,
  REVISIONS,
} from '../items/keys.ts';
import { raiseRevisions } from '../catalog/revisions.ts';
import type { Command, View } from '../groups/transactions.ts';
import { isKept, keepBalance, shownAt, stateOf, wholeAt, windowOf } from './window-balance.ts';

/** What came of a change. */
export interface BudgetPut {
  readonly revision: number;
  readonly definition: Definition;
  /** The state, when the figures stay; null: its windows have to be summed up. */
  readonly state: BudgetState | null;
  /** Starts of these windows: the present one, and the next. */
  readonly windows: readonly number[];
}

/** `putBudget`, up to where its windows have to be summed up. `now`: seconds since the epoch. */
export function putCommand({ budget, at, audit }: PutBudget, now: number): Command<BudgetPut> {
  const { budget_id, scope } = budget;
  const { start, end } = windowAt(budget.window, budget.timezone, at);
  return {
    kind: 'other',
    reads: [
      budgetKey(budget_id),
      definitionKey(scope.org_id, budget_id),
      REVISIONS,
      balanceKey(budget_id, start),
      ...(end === null ? [] : [balanceKey(budget_id, end)]),
    ],
    decide(view) {
      const before = definitionIn(view, budget.budget_id);
      if (before !== undefined && sameKind(before.budget, budget)) {
        return changeFigures(view, { budget, at, audit }, before, now);
      }
      const revision = raise(view, audit, before?.budget, budget);
      const made: Definition = {
        budget,
        since: start,
        since_rev: revision,
        rev: revision,
        windows: [],
        whole: false,
      };
      // The next window may have begun for others.
      const windows = end === null ? [start] : [start, end];
      for (const window of windows) {
        const seeding = { ...emptyBalance(revision, revision), seeding: revision };
        view.put(balanceKey(budget.budget_id, window), balanceAttributes(seeding));
      }
      const moved = before !== undefined && before.budget.scope.org_id !== budget.scope.org_id;
      if (moved) view.delete(definitionKey(before.budget.scope.org_id, budget.budget_id));
      writeDefinition(view, made, now);
      return { revision, definition: made, state: null, windows };
    },
  };
}

/** Another limit or mode: what the window has counted stays. */
function changeFigures(
  view: View,
  { budget, at, audit }: { budget: Budget; at: number; audit: AuditStamp | undefined },
  before: Definition,
  now: number,
): BudgetPut {
  const window = windowOf(before, at);
  const stored = wholeAt(view, window);
  const revision = raise(view, audit, before.budget, budget);
  const definition = { ...before, budget, rev: revision };
  const balance = changeLimit(before.budget, budget, stored.balance);
  const next = { ...stored, balance, rev: revision };
  keepBalance(view, window, next);
  writeDefinition(view, definition, now);
  const state = stateOf({ ...window, definition }, shownAt(view, window, next));
  return { revision, definition, state, windows: [] };
}

/** `removeBudget`; null: there is none. Balances stay: they are of no budget any more. */
export function removeCommand(
  budgetId: string,
  audit: AuditStamp | undefined,
  now: number,
): Command<number | null> {
  return {
    kind: 'other',
    reads: [budgetKey(budgetId)],
    decide(view) {
      const before = definitionIn(view, budgetId);
      if (before === undefined) return null;
      const revision = raise(view, audit, before.budget, undefined);
      view.delete(budgetKey(budgetId));
      view.delete(definitionKey(before.budget.scope.org_id, budgetId));
      const change = { revision, budget_id: budgetId, definition: null };
      writeChange(view, changeAttributes(change, now + CHANGES_TTL_S), revision);
      return revision;
    },
  };
}

/**
 * Makes a window that began before the budget one whose figures are kept. Null: it is one already,
 * or there is no such budget any more.
 */
export function keepWindowCommand(
  orgId: string,
  budgetId: string,
  start: number,
  now: number,
): Command<number | null> {
  return {
    kind: 'other',
    decide(view) {
      const item = view.get(definitionKey(orgId, budgetId));
      const before = item === undefined ? undefined : definitionOf(item);
      if (before === undefined || isKept({ definition: before, start, end: null })) return null;
      const revision = raise(view, undefined, before.budget, before.budget);
      const { since_rev } = before;
      const seeding = { ...emptyBalance(since_rev, revision), seeding: revision };
      view.put(balanceKey(budgetId, start), balanceAttributes(seeding));
      writeDefinition(view, { ...before, rev: revision, windows: [...before.windows, start] }, now);
      return revision;
    },
  };
}

/**
 * Notes in the table, inside a command, that everything older than the budget is in its balances.
 * The revision by which that is known: whoever does not know it yet does no harm.
 */
export function noteWhole(view: View, before: Definition, now: number): number {
  const revision = raise(view, undefined, before.budget, before.budget);
  writeDefinition(view, { ...before, rev: revision, whole: true }, now);
  return revision;
}

/** The definition as the table has it. */
export function definitionIn(view: View, budgetId: string): Definition | undefined {
  const place = view.get(budgetKey(budgetId));
  if (place === undefined) return undefined;
  const item = view.get(definitionKey(textOf(place.org_id), budgetId));
  return item === undefined ? undefined : definitionOf(item);
}

function raise(
  view: View,
  stamp: AuditStamp | undefined,
  before: Budget | undefined,
  after: Budget | undefined,
): number {
  const audit = stamp === undefined ? undefined : budgetAudit(stamp, before, after);
  const raised = raiseRevisions(view, { budgets: true, audit });
  if (raised === undefined) throw new Error('The revision of budgets was not raised.');
  return raised.budgets;
}

function writeDefinition(view: View, definition: Definition, now: number): void {
  const { budget, rev: revision } = definition;
  const { budget_id, scope } = budget;
  view.put(definitionKey(scope.org_id, budget_id), definitionAttributes(definition));
  view.put(budgetKey(budget_id), { org_id: scope.org_id });
  view.set({ pk: BUDGET_ORGS_PARTITION, sk: scope.org_id }, {});
  const change = { revision, budget_id, definition };
  writeChange(view, changeAttributes(change, now + CHANGES_TTL_S), revision);
}

function writeChange(
  view: View,
  attributes: ReturnType<typeof changeAttributes>,
  revision: number,
): void {
  view.create({ pk: BUDGET_CHANGES_PARTITION, sk: changeSort(revision) }, attributes);
}
