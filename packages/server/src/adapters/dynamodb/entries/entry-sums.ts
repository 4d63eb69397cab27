/** Sums over entries: each line is folded as it is read, and none is kept. */
import { covers, SummaryFold, windowAt, type Budget, type Summary } from '@tollkeeper/core';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import type { SummaryQuery } from '../../../ports/ledger-store.ts';
import { archivedPostings } from './archive.ts';
import { eachDispatched, eachStarted } from './entry-reading.ts';
import type { Items } from '../items/items.ts';

/** What entries have posted to a budget, and what of it is a ceiling. */
export interface Posted {
  readonly posted: bigint;
  readonly ceiling: bigint;
}

/** How often sums are read anew because entries were removed meanwhile. */
const TRIES = 5;

/** Sums of entries by the keys asked for. */
export async function summaryOf(items: Items, query: SummaryQuery): Promise<Summary> {
  const fold = new SummaryFold(query.group_by);
  await eachStarted(items, query, (line) => fold.add(line));
  return fold.summary();
}

/** What entries dispatched from `from` on and before `to` have posted to a budget, in its unit. */
export async function postedOf(
  items: Items,
  budget: Budget,
  time: { readonly from?: number; readonly to?: number },
  beforeRev = Infinity,
): Promise<Posted> {
  const { unit } = budget.limit;
  const sum = { posted: 0n, ceiling: 0n };
  await eachDispatched(items, budget.scope.org_id, time, ({ entry, postings, rev }) => {
    if (rev >= beforeRev || !covers(budget, entry)) return;
    sum.posted += postings[unit].amount;
    sum.ceiling += postings[unit].ceiling;
  });
  return sum;
}

/**
 * What entries have posted to a budget in the window that begins at `start`; of one without an end
 * also those that were removed since. With `beforeRev`, only entries that were written under
 * definitions of budgets older than that revision: removed ones are long older. Rejects with
 * `StoreUnavailable` when entries keep being removed.
 */
export async function postedInWindow(
  items: Items,
  budget: Budget,
  start: number,
  beforeRev = Infinity,
): Promise<Posted> {
  const { end } = windowAt(budget.window, budget.timezone, start);
  if (end !== null) return postedOf(items, budget, { from: start, to: end }, beforeRev);
  let removed = await archivedPostings(items, budget);
  for (let tries = 0; tries < TRIES; tries++) {
    const present = await postedOf(items, budget, {}, beforeRev);
    const now = await archivedPostings(items, budget);
    // What was removed meanwhile may have been counted twice, or not at all.
    if (now.entries === removed.entries) {
      const { posted, ceiling } = present;
      return { posted: posted + now.posted, ceiling: ceiling + now.ceiling };
    }
    removed = now;
  }
  throw new StoreUnavailable('Entries are being removed while they are summed up.');
}
