/**
 * What a command lacks before it can be decided, other than items: it is thrown by the command, got
 * by whoever gave it, and the command is given again.
 */
export type Need =
  /** The definitions of an organization have to be read. */
  | { readonly kind: 'organization'; readonly org_id: string }
  /** There are newer definitions, of this revision. */
  | { readonly kind: 'news'; readonly revision: number }
  /** Another process is summing up this window of a budget. */
  | WindowNeed<'seeding'>
  /** This window began before the budget was made, and has to be summed up. */
  | WindowNeed<'window'>;

interface WindowNeed<Kind> {
  readonly kind: Kind;
  readonly org_id: string;
  readonly budget_id: string;
  readonly window_start: number;
}

export class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly need: Need;

  constructor(need: Need) {
    super(`A command of the DynamoDB store lacks what it needs: ${need.kind}.`);
    this.need = need;
  }
}
