/**
 * Refusals as rows of their own. They are no entries: nothing was sent, and no balance knows of
 * them. A row says who was refused what and why, and never what a request held.
 */

/** One refused call; or, with `count` above one or without a model, many that were folded. */
export interface RefusalRow {
  /** The request id of the call; of a folded row an id of its own. */
  readonly refusal_id: string;
  /** Milliseconds since the epoch; of a folded row the moment of its first call. */
  readonly at: number;
  readonly org_id: string | null;
  readonly app_id: string | null;
  readonly user_id: string | null;
  readonly key_id: string | null;
  /** As the caller named it, cut where it is overlong. */
  readonly model_id: string | null;
  /** AWS name of the operation, such as `Converse`. */
  readonly operation: string | null;
  /** AWS error name that the caller saw. */
  readonly error: string;
  /** Stable word for the cause, such as `budget_spent`. */
  readonly reason: string;
  /** Calls that the row stands for. */
  readonly count: number;
}

/** Which rows to list. All members narrow; `from` is inclusive and `to` exclusive, on `at`. */
export interface RefusalQuery {
  readonly org_id?: string;
  readonly app_id?: string;
  readonly user_id?: string;
  readonly key_id?: string;
  readonly model_id?: string;
  readonly reason?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  /** As given by the page before. */
  readonly cursor?: string;
}

export interface RefusalPage {
  /** Oldest first, by (`at`, `refusal_id`). */
  readonly refusals: readonly RefusalRow[];
  readonly next_cursor: string | null;
}

export interface RefusalStore {
  /**
   * Keeps rows durably. A row that is there already (same `at` and `refusal_id`) stays, and its
   * `count` becomes the larger of the two: repeating is safe. Rejects with `StoreUnavailable`; some
   * of the rows may be kept then.
   */
  recordRefusals(rows: readonly RefusalRow[]): Promise<void>;
  refusals(query: RefusalQuery): Promise<RefusalPage>;
  /** Removes the oldest rows from before a moment, at most `limit`; how many these were. */
  forgetRefusals(before: number, limit: number): Promise<number>;
}

/** Reads `<at>.<refusal_id>`. Throws a RangeError for a cursor that no page has given out. */
export function readRefusalCursor(cursor: string): { readonly at: number; readonly id: string } {
  const [, at, id] = /^(-?\d+)\.(.*)$/s.exec(cursor) ?? [];
  if (at === undefined || id === undefined) {
    throw new RangeError('This is not a cursor of a list of refusals.');
  }
  return { at: Number(at), id };
}
