/**
 * What a window amounts to when it is summed up from the ledger itself: what entries dispatched in
 * it have posted (of a window without an end, removed entries too) and what open holds reserve
 * there. It is how a new budget starts, and what is shown of a window that nobody has asked for
 * before.
 */
import type { DatabaseSync } from 'node:sqlite';
import { changeLimit, covers, EMPTY_BALANCE, namesOfModel, windowAt } from '@tollkeeper/core';
import type { Balance, Budget } from '@tollkeeper/core';
import { archivedPostings } from './archive.ts';
import { dispatchedRows, IN_WINDOW } from './dispatched.ts';
import { holdOf, HOLD_SELECT } from './rows.ts';
import type { HoldColumns } from './rows.ts';
import { moneyOf, moneySum } from './schema.ts';

/**
 * The balance of the window that begins at `start`. What is above the limit is named as
 * `limit_lowered`.
 */
export function seedBalance(database: DatabaseSync, budget: Budget, start: number): Balance {
  const { end } = windowAt(budget.window, budget.timezone, start);
  const present = sumEntries(database, budget, start, end);
  const removed = end === null ? archivedPostings(database, budget) : { posted: 0n, ceiling: 0n };
  const posted = present.posted + removed.posted;
  const ceiling = present.ceiling + removed.ceiling;
  const held = sumHolds(database, budget, start, end);
  const balance = { ...EMPTY_BALANCE, posted, ceiling, held, high_water: posted + held };
  return changeLimit(null, budget, balance);
}

/** What entries dispatched in the window have posted to a budget, in its unit. */
export function sumEntries(
  database: DatabaseSync,
  budget: Budget,
  start: number,
  end: number | null,
): { posted: bigint; ceiling: bigint } {
  const { unit } = budget.limit;
  const { where, values } = narrowing(budget, start, end ?? Number.MAX_SAFE_INTEGER);
  const columns = `${unit}_posted AS posted, ${unit}_ceiling AS ceiling`;
  const statement = database.prepare(
    `SELECT ${moneySum('posted', 'posted')}, ${moneySum('ceiling', 'ceiling')}
     FROM ${dispatchedRows(columns, where)}`,
  );
  statement.setReadBigInts(true);
  const sum = statement.get(values) as Record<string, bigint>;
  return {
    posted: moneyOf(sum.posted_high ?? 0n, sum.posted_low ?? 0n),
    ceiling: moneyOf(sum.ceiling_high ?? 0n, sum.ceiling_low ?? 0n),
  };
}

/** Starts of the windows from a moment on in which entries or open holds may count. */
export function laterWindows(
  database: DatabaseSync,
  { scope, window, timezone }: Budget,
  from: number,
): ReadonlySet<number> {
  const found = database
    .prepare(
      `SELECT DISTINCT dispatched_at FROM ${dispatchedRows('dispatched_at', IN_WINDOW)}
       UNION SELECT dispatched_at FROM holds WHERE org_id = $org AND dispatched_at >= $start`,
    )
    .all({ $org: scope.org_id, $start: from, $end: Number.MAX_SAFE_INTEGER });
  return new Set(found.map((row) => windowAt(window, timezone, Number(row.dispatched_at)).start));
}

/** Which entries a budget counts in a window, as SQL and the values it binds. */
function narrowing(
  { scope, match }: Budget,
  start: number,
  end: number,
): { where: string; values: Record<string, string | number> } {
  const where = [IN_WINDOW];
  const values: Record<string, string | number> = { $org: scope.org_id, $start: start, $end: end };
  const narrow = (column: string, value: string): void => {
    where.push(`${column} = $${column}`);
    values[`$${column}`] = value;
  };
  if (scope.type === 'application') narrow('app_id', scope.app_id);
  if (scope.type === 'user') narrow('user_id', scope.user_id);
  if (scope.type === 'key') narrow('key_id', scope.key_id);
  if (match !== null && 'label' in match) narrow('label', match.label);
  if (match !== null && 'model_id' in match) {
    where.push('model_id IN (SELECT value FROM json_each($models))');
    values.$models = JSON.stringify(namesOfModel(match.model_id));
  }
  return { where: where.join(' AND '), values };
}

function sumHolds(
  database: DatabaseSync,
  budget: Budget,
  start: number,
  end: number | null,
): bigint {
  const statement = database.prepare(
    `${HOLD_SELECT} WHERE org_id = ? AND dispatched_at >= ? AND dispatched_at < ?`,
  );
  statement.setReturnArrays(true);
  const found = statement.all(budget.scope.org_id, start, end ?? Number.MAX_SAFE_INTEGER);
  return (found as unknown as HoldColumns[])
    .map(holdOf)
    .filter(({ intent }) => covers(budget, intent.subject))
    .reduce((sum, { amounts }) => sum + amounts[budget.limit.unit], 0n);
}
