/**
 * Budgets with the figures of a window, as they are shown. A window that nobody has asked for, and
 * that began before its budget was made, is summed up from entries and open holds, and not kept.
 */
import { changeLimit, covers, EMPTY_BALANCE, windowAt } from '@tollkeeper/core';
import type { Balance, Budget } from '@tollkeeper/core';
import type { BudgetState } from '../../../ports/ledger-store.ts';
import { textOf } from '../items/attribute-values.ts';
import { balanceOf, leaseOf, shownBalance } from './balance-item.ts';
import { definitionOf, type Definition } from './definition-item.ts';
import { inParallel } from '../entries/entry-reading.ts';
import { postedInWindow } from '../entries/entry-sums.ts';
import { allItems } from '../items/item-pages.ts';
import type { Item, ItemKey, Items } from '../items/items.ts';
import {
  BALANCE_SORT,
  balancePartition,
  BUDGET_ORGS_PARTITION,
  budgetKey,
  budgetsPartition,
} from '../items/keys.ts';
import { openAttempts } from '../attempts/open-attempts.ts';

/** How often a balance is read anew because leases moved meanwhile. */
const TRIES = 5;

/** Every definition, or those of one organization, in the order of their ids. */
export async function definitionsOf(items: Items, orgId?: string): Promise<Definition[]> {
  const orgs =
    orgId === undefined
      ? (await allItems(items, { pk: BUDGET_ORGS_PARTITION })).map(({ sk }) => sk)
      : [orgId];
  const found: Definition[] = [];
  await inParallel(orgs, async (org) => {
    const definitions = await allItems(items, { pk: budgetsPartition(org) });
    found.push(...definitions.map(definitionOf));
  });
  return found.sort((a, b) => (a.budget.budget_id < b.budget.budget_id ? -1 : 1));
}

/** The definitions of these ids, in their order; undefined where there is none. */
export async function definitionsById(
  items: Items,
  budgetIds: readonly string[],
): Promise<(Definition | undefined)[]> {
  const places = await items.get(budgetIds.map(budgetKey));
  const keys = new Map<string, ItemKey>();
  for (const [index, id] of budgetIds.entries()) {
    const place = places[index];
    if (place !== undefined) keys.set(id, { pk: budgetsPartition(textOf(place.org_id)), sk: id });
  }
  const found = await items.get([...keys.values()]);
  const byId = new Map([...keys.keys()].map((id, index) => [id, found[index]]));
  return budgetIds.map((id) => {
    const item = byId.get(id);
    return item === undefined ? undefined : definitionOf(item);
  });
}

/** The states of budgets at a moment, in their order. */
export async function statesAt(
  items: Items,
  definitions: readonly Definition[],
  at: number,
): Promise<BudgetState[]> {
  const keys = definitions.map(({ budget }) => balanceKey(budget, at));
  const found = await items.get(keys);
  const states: BudgetState[] = [];
  const each = definitions.map((definition, index) => ({ definition, index }));
  await inParallel(each, async ({ definition, index }) => {
    const { budget } = definition;
    const { start, end } = windowAt(budget.window, budget.timezone, at);
    const balance = await balanceAt(items, definition, start, found[index]);
    states[index] = { budget, balance, window_start: start, resets_at: end };
  });
  return states;
}

async function balanceAt(
  items: Items,
  definition: Definition,
  start: number,
  item: Item | undefined,
): Promise<Balance> {
  const stored = item === undefined ? undefined : balanceOf(item);
  if (stored === undefined || stored.since_rev !== definition.since_rev) {
    if (definition.whole && start > definition.since) return EMPTY_BALANCE;
    return summedUp(items, definition.budget, start);
  }
  if (stored.seeding !== null) {
    const balance = await summedUp(items, definition.budget, start);
    const { excess, high_water } = stored.balance;
    const highest = high_water > balance.high_water ? high_water : balance.high_water;
    return { ...balance, high_water: highest, excess };
  }
  return stored.leases === 0 ? stored.balance : withLeases(items, definition, start);
}

/** The balance of a window from which instances have leases. */
async function withLeases(items: Items, definition: Definition, start: number): Promise<Balance> {
  const { pk, sk } = { pk: balancePartition(definition.budget.budget_id, start), sk: BALANCE_SORT };
  let shown: Balance = EMPTY_BALANCE;
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await allItems(items, { pk });
    const before = found.find((item) => item.sk === sk);
    const leases = found.filter((item) => item.sk !== sk).map(leaseOf);
    shown = before === undefined ? EMPTY_BALANCE : shownBalance(balanceOf(before), leases);
    const [after] = await items.get([{ pk, sk }]);
    // What a lease has spent moves to the balance in steps that a query may see half of.
    if (after?.v === before?.v) break;
  }
  return shown;
}

/**
 * What a window amounts to by entries and open holds. What is above the limit is named as
 * `limit_lowered`.
 */
async function summedUp(items: Items, budget: Budget, start: number): Promise<Balance> {
  const { posted, ceiling } = await postedInWindow(items, budget, start);
  const held = await heldInWindow(items, budget, start);
  const balance = { ...EMPTY_BALANCE, posted, ceiling, held, high_water: posted + held };
  return changeLimit(null, budget, balance);
}

async function heldInWindow(items: Items, budget: Budget, start: number): Promise<bigint> {
  let held = 0n;
  for (const { intent, amounts } of await openAttempts(items)) {
    const isIn = windowAt(budget.window, budget.timezone, intent.at).start === start;
    if (isIn && covers(budget, intent.subject)) held += amounts[budget.limit.unit];
  }
  return held;
}

function balanceKey({ budget_id, window, timezone }: Budget, at: number): ItemKey {
  return {
    pk: balancePartition(budget_id, windowAt(window, timezone, at).start),
    sk: BALANCE_SORT,
  };
}
