/** What an open attempt holds of a budget's window. */
import type { HeldPart, OpenAttempt } from './attempt-item.ts';
import type { BudgetWindow } from '../budgets/window-balance.ts';

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
export function directlyHeld(attempt: OpenAttempt, window: BudgetWindow): bigint {
  const part = heldPart(attempt, window);
  return part?.lease === null ? attempt.amounts[window.definition.budget.limit.unit] : 0n;
}
