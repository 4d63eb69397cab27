/**
 * What open holds have taken of budgets: of each that covers them and of whose window figures are
 * kept. That is how settlements find what to move, too.
 */
import { covers } from '@tollkeeper/core';
import type { Allocation, Hold } from '@tollkeeper/core';
import type { OpenAttempt } from './attempt-item.ts';
import { balanceOf } from '../budgets/balance-item.ts';
import { definitionsOf } from '../budgets/budget-states.ts';
import type { Definition } from '../budgets/definition-item.ts';
import { inParallel } from '../entries/entry-reading.ts';
import type { Items } from '../items/items.ts';
import { balanceKey } from '../items/keys.ts';
import { windowName } from '../budgets/not-ready.ts';
import { isKept, windowOf, type BudgetWindow } from '../budgets/window-balance.ts';

/** Open attempts as holds, in their order. */
export async function toHolds(items: Items, open: readonly OpenAttempt[]): Promise<Hold[]> {
  const orgs = new Set(open.map(({ intent }) => intent.subject.org_id));
  const definitions = new Map<string, readonly Definition[]>();
  await inParallel([...orgs], async (org) => {
    definitions.set(org, await definitionsOf(items, org));
  });
  const windows = open.map(({ intent }) =>
    (definitions.get(intent.subject.org_id) ?? [])
      .filter(({ budget }) => covers(budget, intent.subject))
      .map((definition) => windowOf(definition, intent.at))
      .filter(isKept),
  );
  const kept = await keptAmong(items, windows.flat());
  return open.map(({ intent, instance_id, amounts }, index) => {
    const allocations = (windows[index] ?? []).flatMap((window): Allocation[] => {
      const { budget_id, limit } = window.definition.budget;
      const amount = amounts[limit.unit];
      if (amount === 0n || !kept.has(nameOf(window))) return [];
      return [{ budget_id, window_start: window.start, amount }];
    });
    return { intent, instance_id, amounts, allocations };
  });
}

/** Names of the windows that have a balance, of the budgets as they are now. */
async function keptAmong(
  items: Items,
  windows: readonly BudgetWindow[],
): Promise<ReadonlySet<string>> {
  const distinct = [...new Map(windows.map((window) => [nameOf(window), window])).values()];
  const found = await items.get(
    distinct.map(({ definition, start }) => balanceKey(definition.budget.budget_id, start)),
  );
  const kept = distinct.filter(({ definition }, index) => {
    const item = found[index];
    return item !== undefined && balanceOf(item).since_rev === definition.since_rev;
  });
  return new Set(kept.map(nameOf));
}

const nameOf = ({ definition, start }: BudgetWindow): string =>
  windowName(definition.budget.budget_id, start);
