/** What an open attempt holds of a budget's window. */
import type { HeldPart, OpenAttempt } from './attempt-item.ts';
import type { StoredBalance } from './balance-item.ts';
import type { BudgetWindow } from './window-balance.ts';

/** What the attempt says itself; undefined: it was made without this budget. */
export function heldPart(
  attempt: OpenAttempt,
  { definition, start }: BudgetWindow,
): HeldPart | undefined {
  const { budget, since_rev } = definition;
  return attempt.held.find(
    (part) =>
      part.budget_id === budget.budget_id &&
      part.since_rev === since_rev &&
      part.window_start === start,
  );
}

/** What the balance itself counts as held for the attempt, in the budget's unit. */
export function directlyHeld(
  attempt: OpenAttempt,
  window: BudgetWindow,
  { seeding }: StoredBalance,
): bigint {
  const { definition, start } = window;
  const amount = attempt.amounts[definition.budget.limit.unit];
  const part = heldPart(attempt, window);
  if (part !== undefined) return part.lease === null ? amount : 0n;
  // It ends before the window that is being summed up has come to it.
  if (seeding !== null) return 0n;
  // Windows from after the making of the budget start empty and are its business from then on, also
  // as far as holds are concerned that are older: no store looks for such.
  return start > definition.since ? amount : 0n;
}
