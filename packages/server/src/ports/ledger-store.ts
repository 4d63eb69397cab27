/**
 * The hot port: budgets, holds and entries. Every method is atomic and durable when its promise
 * resolves, safe to repeat, and safe to call from any number of processes on the same store.
 *
 * Ids, times and amounts come in; a store makes none and decides nothing of its own: which budgets
 * cover a subject, which window a time falls in and how balances move are the pure functions of
 * `@tollkeeper/core` (`covers`, `windowAt`, `roomFor`, `settleHold`, ...), applied inside the
 * store's atomic step. What varies is only where the rows lie.
 *
 * Failure: a rejected promise with `StoreUnavailable` means that the write may or may not have
 * happened; repeating it with the same ids is always right.
 */
import type {
  Amounts,
  Balance,
  Budget,
  Entry,
  EntryDraft,
  EntryFilter,
  Hold,
  Intent,
  LabelSum,
  Posting,
  Subject,
  Summary,
  SummaryKey,
} from '@tollkeeper/core';
import type { AuditStamp } from './audit.ts';
import type { LedgerArchive } from './ledger-archive.ts';

export type { LabelSum, SummaryGroup, SummaryKey } from '@tollkeeper/core';

/** The store did not answer, or could not write: disk full, read-only, gone. Repeating is safe. */
export class StoreUnavailable extends Error {
  readonly code = 'store_unavailable';
  override readonly name = 'StoreUnavailable';
}

/** Asks for a hold on every budget that covers the intent's subject, all or none. */
export interface Reserve {
  readonly instance_id: string;
  readonly intent: Intent;
  /** The bound of the attempt in every unit. */
  readonly amounts: Amounts;
  /**
   * Revision of the catalogue (keys, grants, organizations) by which the caller authenticated and
   * authorised. A store that knows a newer one answers `stale`, and the caller looks again: that is
   * how a revocation made by any process takes effect on the next call of every process.
   */
  readonly catalog_revision: number;
}

/** A budget that stood in the way, with the figures of the moment. */
export interface Blocking {
  readonly budget: Budget;
  readonly balance: Balance;
  /** What was asked of it, in its unit. */
  readonly amount: bigint;
  readonly reason: 'held' | 'spent';
  /** When its window ends, in milliseconds since the epoch; null for `total`. */
  readonly resets_at: number | null;
}

/** One budget after a change. */
export interface BudgetState {
  readonly budget: Budget;
  readonly balance: Balance;
  readonly window_start: number;
  readonly resets_at: number | null;
}

export type Reserved =
  | { readonly kind: 'held'; readonly states: readonly BudgetState[] }
  | { readonly kind: 'refused'; readonly blocking: readonly Blocking[] }
  | { readonly kind: 'stale'; readonly catalog_revision: number }
  /** This attempt id already has a hold or an entry: nothing changed, and nothing may be sent. */
  | { readonly kind: 'duplicate' };

/** Ends an attempt: entry, balances and hold in one write. */
export interface Settle {
  readonly instance_id: string;
  /** The entry. Its `attempt_id` names the hold. */
  readonly entry: EntryDraft;
  /** What is posted to each unit; `usd.ceiling` is the part that is not a known charge. */
  readonly postings: { readonly [unit in keyof Amounts]: Posting };
  /**
   * `attempt`: by the process that made the call. `recovery`: on behalf of a dead one.
   * An `attempt` that finds the entry of a recovery appends `correction` in its place.
   */
  readonly origin: 'attempt' | 'recovery';
  /** Id of the correction, should one be needed. */
  readonly correction_id: string;
}

/**
 * A settlement whose upstream request id names a submission of the same organization withdraws that
 * in the same write, by one correction (`withdrawalOf` of core). `withdrew` says whose it was: the
 * balances of its budgets have changed too.
 */
export type Settled =
  | {
      readonly kind: 'settled';
      readonly sequence: number;
      readonly states: readonly BudgetState[];
      readonly withdrew?: Subject;
    }
  | { readonly kind: 'corrected'; readonly sequence: number; readonly withdrew?: Subject }
  /** The same settlement had happened before: nothing changed. */
  | { readonly kind: 'already' }
  /** No hold and no entry carries this attempt id. */
  | { readonly kind: 'unknown_attempt' };

/**
 * Appends an entry that had no hold: a submission, or a correction made by a job or an operator.
 */
export interface RecordEntry {
  readonly instance_id: string;
  readonly entry: EntryDraft;
  readonly postings: { readonly [unit in keyof Amounts]: Posting };
  /**
   * Milliseconds since the epoch that choose the window of every budget it posts to. A correction
   * counts where the entry counts that it corrects, as long as that is there.
   */
  readonly at: number;
  readonly cause: 'submitted' | 'correction';
  /** As in `Reserve`; absent: whatever the store knows is accepted. */
  readonly catalog_revision?: number;
  /**
   * Ids by which the same call may be in the ledger already: of an attempt of the same organization
   * its attempt id, its request id or the upstream's request id; of an open hold the first two; of
   * a submission its request id and the upstream's. When one is found, nothing is written. An
   * upstream's id is looked for among the attempts of the last `KNOWN_UPSTREAM_MS` before `at` at
   * least.
   *
   * The ids of a submission itself are looked for among submissions in any case: no two of an
   * organization tell of the same call. (The entry id follows from the request id.) A call that is
   * reported under the upstream's id before it ends is not found: see `Settled`.
   */
  readonly known_as?: readonly string[];
}

/** How far back an attempt is found by its upstream request id, in milliseconds. */
export const KNOWN_UPSTREAM_MS = 7 * 86_400_000;

export type Recorded =
  | {
      readonly kind: 'recorded';
      readonly sequence: number;
      readonly states: readonly BudgetState[];
    }
  /**
   * Nothing changed: there is an entry of the same id, or what `known_as` names. Of several, the
   * first in the order of the ids given, oldest first; null: an open hold. For a correction of what
   * was withdrawn: the entry that did it.
   */
  | { readonly kind: 'already'; readonly entry: Entry | null }
  | { readonly kind: 'stale'; readonly catalog_revision: number };

/** Creates or replaces a budget and seeds its present window. */
export interface PutBudget {
  readonly budget: Budget;
  /** The moment whose window is seeded with what was already spent and is held. */
  readonly at: number;
  /** Kept in the same step, with the definition that was there before: see `budgetAudit`. */
  readonly audit?: AuditStamp;
}

/** Which entries to list. */
export interface EntryQuery extends EntryFilter {
  readonly limit: number;
  /** As given by the page before. */
  readonly cursor?: string;
}

export interface EntryPage {
  /** Oldest first, by (`started_at`, `writer_id`, `sequence`). */
  readonly entries: readonly Entry[];
  readonly next_cursor: string | null;
}

export interface SummaryQuery extends Omit<EntryQuery, 'limit' | 'cursor' | 'request_id'> {
  readonly group_by: readonly SummaryKey[];
}

/** Which entries to sum by label: those dispatched from `from` (inclusive) to `to` (exclusive). */
export interface LabelQuery {
  readonly org_id: string;
  readonly app_id?: string;
  readonly from: number;
  readonly to: number;
}

export interface LedgerStore extends LedgerArchive {
  /** See `Reserve`. A `held` answer is the durable intent: only then may the call be sent. */
  reserve(command: Reserve): Promise<Reserved>;
  /**
   * Ends a hold of which it is certain that nothing was sent. Unknown or ended: nothing happens.
   */
  release(attemptId: string): Promise<void>;
  settle(command: Settle): Promise<Settled>;
  record(command: RecordEntry): Promise<Recorded>;
  /**
   * Ends the leases of an instance of which no hold is open any more (see `leasing-ledger.ts`):
   * part of recovery, after its holds were settled. Without any: nothing happens.
   */
  endLeases(instanceId: string): Promise<void>;

  /**
   * Writes the definition, and in the same atomic step seeds its window at `at` with what entries
   * have posted and running holds have reserved there. Running holds count in it from then on.
   */
  putBudget(command: PutBudget): Promise<BudgetState>;
  /**
   * Removes a budget and its balances; running holds go on without it. False when there was none.
   */
  removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean>;
  /** Budgets with the balance of the window at `at`; all, or those of one organization. */
  budgets(at: number, orgId?: string): Promise<readonly BudgetState[]>;

  /** The states at `at` of the budgets named, in their order; undefined where there is none. */
  budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]>;
  /**
   * What entries dispatched from `from` (inclusive) to `to` (exclusive) have posted to a budget, in
   * its unit; the budget need not be there.
   */
  postedSince(budget: Budget, from: number, to: number): Promise<bigint>;

  /** Open holds, of one instance or of all. */
  holds(instanceId?: string): Promise<readonly Hold[]>;
  entries(query: EntryQuery): Promise<EntryPage>;
  summary(query: SummaryQuery): Promise<Summary>;
  /** In the order of the labels, null first. */
  labelSums(query: LabelQuery): Promise<readonly LabelSum[]>;
  /**
   * Entries of one writer after a sequence, in order and gap-free but for what was removed: how
   * copies are made.
   */
  entriesOfWriter(writerId: string, after: number, limit: number): Promise<readonly Entry[]>;
  /** The corrections of these entries; those of one writer in its order. */
  correctionsOf(entryIds: readonly string[]): Promise<readonly Entry[]>;
  /** Every writer with its last sequence. */
  writers(): Promise<readonly { writer_id: string; last_sequence: number }[]>;

  /** A write and a read that prove the store works; rejects with `StoreUnavailable`. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
