/**
 * What a command lacks before it can be decided, other than items: it is thrown by the command, got
 * by whoever gave it, and the command is given again.
 */
import type { Balance } from '@tollkeeper/core';

/** What is to be got before the command is given again. */
export type Need =
  /** The definitions of an organization have to be read. */
  | { readonly kind: 'organization'; readonly org_id: string }
  /** There are newer definitions, of this revision. */
  | { readonly kind: 'news'; readonly revision: number }
  /** Another process is summing up this window of a budget. */
  | WindowNeed<'seeding'>
  /** This window began before the budget was made, and has to be kept from now on. */
  | WindowNeed<'window'>
  /** As before, but it is enough to know its figures: they are put there, by `windowName`. */
  | (WindowNeed<'figures'> & { readonly figures: Map<string, Balance> });

interface WindowNeed<Kind> {
  readonly kind: Kind;
  readonly org_id: string;
  readonly budget_id: string;
  readonly window_start: number;
}

/** One text for a window. */
export const windowName = (budgetId: string, windowStart: number): string =>
  `${budgetId} ${windowStart}`;

export class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly need: Need;

  constructor(need: Need) {
    super(`A command of the DynamoDB store lacks what it needs: ${need.kind}.`);
    this.need = need;
  }
}
