/**
 * What has to be true of a fleet when all is quiet again: the book of the upstream against the
 * ledger, and the one budget that all callers shared. It reads the API and adds up by itself.
 */
import Big from 'big.js';
import type { Demo } from '../processes.ts';
import { readBook, readBudgets, readEntries, type BudgetRecord } from '../records.ts';

export interface FleetVerdict {
  readonly budget: BudgetRecord;
  readonly rows: number;
  readonly entries: number;
  readonly interrupted: number;
  readonly corrections: number;
  /** Of the limit, in percent: what budgets count, and what is known of it. */
  readonly postedPct: string;
  readonly chargedPct: string;
  readonly violations: readonly string[];
}

/** Compares everything once. */
export async function judgeFleet(
  demo: Demo,
  simulatorUrl: string,
  budgetId: string,
): Promise<FleetVerdict> {
  const [book, entries, budgets] = [
    await readBook(simulatorUrl),
    await readEntries(demo),
    await readBudgets(demo),
  ];
  const budget = budgets.find(({ budget_id }) => budget_id === budgetId);
  if (budget === undefined) throw new Error(`the budget ${budgetId} is gone`);
  const violations: string[] = [];
  const first = Map.groupBy(
    entries.filter(({ entry_type }) => entry_type !== 'correction'),
    ({ attempt_id }) => attempt_id,
  );
  for (const [attempt, found] of first) {
    if (found.length > 1) violations.push(`${found.length} entries of attempt ${attempt}`);
  }
  for (const { attempt_id } of book) {
    if (attempt_id === null) violations.push('a call without an attempt id reached the upstream');
    else if (!first.has(attempt_id)) violations.push(`no entry for the call ${attempt_id}`);
  }
  violations.push(...judgeSequences(entries), ...judgeBudget(budget));
  const counted = sum(entries.map(({ cost_usd }) => cost_usd));
  if (!counted.eq(budget.spent)) {
    violations.push(`the budget has ${budget.spent} spent, its entries cost ${counted}`);
  }
  const ceilings = sum(
    [...first.values()].flat().map((entry) => {
      const own = entries.filter((each) => each.corrects_entry_id === entry.entry_id);
      return leftOfCeiling([entry, ...own]);
    }),
  );
  if (!ceilings.eq(budget.ceiling)) {
    violations.push(`the budget counts ${budget.ceiling} as ceilings, its entries ${ceilings}`);
  }
  const share = (amount: Big): string => amount.div(budget.limit.amount).times(100).toFixed(3);
  return {
    budget,
    rows: book.length,
    entries: first.size,
    interrupted: entries.filter(({ outcome }) => outcome === 'interrupted').length,
    corrections: entries.filter(({ entry_type }) => entry_type === 'correction').length,
    postedPct: share(new Big(budget.spent).plus(budget.ceiling)),
    chargedPct: share(new Big(budget.spent)),
    violations,
  };
}

function judgeSequences(entries: readonly { writer_id: string; sequence: number }[]): string[] {
  return [...Map.groupBy(entries, ({ writer_id }) => writer_id)].flatMap(([writer, own]) => {
    const numbers = own.map(({ sequence }) => sequence).sort((a, b) => a - b);
    const gap = numbers.findIndex((number, index) => number !== index + 1);
    return gap < 0 ? [] : [`writer ${writer} has no entry ${gap + 1}, or has it twice`];
  });
}

function judgeBudget({ held, high_water, excess, limit, budget_id }: BudgetRecord): string[] {
  const wrong: string[] = [];
  if (!new Big(held).eq(0)) wrong.push(`${held} is still held of ${budget_id}`);
  if (!new Big(excess).eq(0)) wrong.push(`${budget_id} has an excess of ${excess}`);
  if (new Big(high_water).gt(limit.amount)) {
    wrong.push(`${budget_id} came to ${high_water} of ${limit.amount}`);
  }
  return wrong;
}

/** What budgets count of an entry and its corrections beyond what is known to have been charged. */
function leftOfCeiling(
  lines: readonly { readonly cost_usd: string; readonly ceiling_usd: string | null }[],
): string {
  const cost = sum(lines.map(({ cost_usd }) => cost_usd));
  const ceiling = sum(lines.map(({ ceiling_usd }) => ceiling_usd ?? '0'));
  return ceiling.gt(cost) ? ceiling.minus(cost).toFixed() : '0';
}

function sum(amounts: readonly string[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0));
}
