/**
 * How entries leave the ledger in the end. They are copied elsewhere first, writer by writer and
 * without gaps; only what was copied is ever removed, and what it posted stays in sums, so that
 * budgets without an end still start with all that was ever spent.
 */

/** A writer's entries up to and including this one. */
export interface CopiedThrough {
  readonly writer_id: string;
  readonly sequence: number;
}

/** Which entries may go: at most so many of the oldest are looked at. */
export interface ForgetEntries {
  /** They started and were dispatched before this moment (ms since the epoch). */
  readonly before: number;
  readonly limit: number;
}

/** What became of the entries that were looked at. */
export interface Forgotten {
  readonly removed: number;
  /** Old enough, but not copied anywhere, or dispatched later than they started. */
  readonly kept: number;
}

export interface LedgerArchive {
  /** How far each writer's entries have been copied to a place, in the order of the writers. */
  copied(place: string): Promise<readonly CopiedThrough[]>;
  /** Notes that a copy is durable. It never moves back. */
  markCopied(place: string, through: CopiedThrough): Promise<void>;
  /**
   * Removes what was copied to any place; it is found no more, and its id is free. Looks at the
   * oldest by (`started_at`, `writer_id`, `sequence`).
   */
  forgetEntries(command: ForgetEntries): Promise<Forgotten>;
}
