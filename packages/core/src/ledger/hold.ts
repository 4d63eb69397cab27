/**
 * A hold reserves part of every budget in scope for one attempt, and is at the same time the
 * durable intent to call: whoever finds it knows who was about to spend, on what, and at most how
 * much.
 *
 * Its states, and the only moves between them:
 *
 *   (none)    -> open      `reserve`: every covering budget has room; written with the intent, all
 *                          or none
 *   open      -> released  `release`: it is certain that nothing was sent (no connection); leaves
 *                          no entry
 *   open      -> settled   `settle`: the attempt ended; the entry, the balances and the end of the
 *                          hold are one atomic write
 *   open      -> settled   recovery: the instance that made it is proven dead; as `settle`, with
 *                          usage unknown and the ceiling at the hold
 *   settled   -> settled   a settlement that comes after recovery appends one correction of the
 *                          recovered entry; any other repetition changes nothing
 *
 * `released` and `settled` are final. An open hold of a living instance is never taken away,
 * however old.
 */
import type { Subject } from '../identity.ts';
import type { Amounts } from '../policy/budget.ts';

/** What one hold took of one budget, in its unit. The window is that of the dispatch. */
export interface Allocation {
  readonly budget_id: string;
  /** Start of the budget's window in milliseconds since the epoch; 0 for `total`. */
  readonly window_start: number;
  /** Never zero. */
  readonly amount: bigint;
}

/**
 * What recovery needs to write the entry of an attempt whose process died. All of it is known
 * before dispatch.
 */
export interface Intent {
  readonly attempt_id: string;
  readonly request_id: string;
  readonly invocation_id: string | null;
  readonly subject: Subject;
  readonly region: string;
  readonly operation: string;
  readonly tier: string;
  readonly streamed: boolean;
  readonly price_version: string;
  readonly priced: 'yes' | 'no';
  readonly tags: Readonly<Record<string, string>>;
  /** When the call was admitted (ms since the epoch); it chooses every budget's window. */
  readonly at: number;
}

/** An open hold as a store gives it back. */
export interface Hold {
  readonly intent: Intent;
  /** The instance that made it; only that one dispatches and settles while it lives. */
  readonly instance_id: string;
  /** The bound: the most the attempt may take. */
  readonly amounts: Amounts;
  readonly allocations: readonly Allocation[];
}
