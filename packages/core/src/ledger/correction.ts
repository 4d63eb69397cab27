/**
 * What a settlement means that comes after recovery. A process was proven dead, its attempt was
 * settled as interrupted with its ceiling at the hold, and then the real settlement arrives after
 * all: the recovered entry stays as it is, and one correction says what became known. Together they
 * cost, and count in every budget, exactly what the late settlement says.
 */
import type { BudgetUnit } from '../policy/budget.ts';
import type { Posting } from './balance.ts';
import type { Entry, EntryDraft } from './entry.ts';

/** What an entry posts to budgets of each unit. */
export type Postings = { readonly [unit in BudgetUnit]: Posting };

/**
 * The correction of a recovered entry by the settlement `late` of the same attempt. It carries what
 * the late settlement found out (usage, charge lines, outcome, times); its `cost` and `ceiling` are
 * changes, so that sums over both entries are those of `late`. A recovered entry has no charge
 * lines, which is why those of the correction need no counterpart.
 */
export function correctionOf(recovered: Entry, late: EntryDraft, correctionId: string): EntryDraft {
  const neverUncertain = recovered.ceiling === null && late.ceiling === null;
  return {
    ...late,
    entry_id: correctionId,
    entry_type: 'correction',
    corrects_entry_id: recovered.entry_id,
    cost: late.cost - recovered.cost,
    ceiling: neverUncertain ? null : (late.ceiling ?? 0n) - (recovered.ceiling ?? 0n),
  };
}

/** What two entries post together. */
export function addPostings(a: Postings, b: Postings): Postings {
  const sum = (unit: BudgetUnit): Posting => ({
    amount: a[unit].amount + b[unit].amount,
    ceiling: a[unit].ceiling + b[unit].ceiling,
  });
  return { usd: sum('usd'), tokens: sum('tokens'), requests: sum('requests') };
}

/** What takes budgets from having counted `before` to counting `after`. */
export function correctPostings(before: Postings, after: Postings): Postings {
  const change = (unit: BudgetUnit): Posting => ({
    amount: after[unit].amount - before[unit].amount,
    ceiling: after[unit].ceiling - before[unit].ceiling,
  });
  return { usd: change('usd'), tokens: change('tokens'), requests: change('requests') };
}
