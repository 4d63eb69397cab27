/**
 * What passes between the event loop and the workers. Commands of the hot path are flat tuples of
 * strings and numbers, in the order in which SQL binds them: cloning them between threads costs a
 * fraction of what objects cost. All amounts are whole numbers in `SqlInteger` form.
 */
import type { Budget, Subject } from '@tollkeeper/core';
import type { AuditQuery, AuditRecord, AuditStamp } from '../../ports/audit.ts';
import type { CatalogKind, CatalogPut, CatalogPutResult } from '../../ports/catalog-store.ts';
import type { CopiedThrough, ForgetEntries, Forgotten } from '../../ports/ledger-archive.ts';
import type { RefusalQuery, RefusalRow } from '../../ports/refusal-store.ts';
import type {
  Blocking,
  BudgetState,
  EntryQuery,
  LabelQuery,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import type { LeasedPart, LeaseLost, TakeLease, TakenLease } from '../../ports/leasing-ledger.ts';
import type { EntryColumns } from './entry-row.ts';

/**
 * An integer as SQLite binds it: a number where that is exact, else a bigint of at most 64 bits.
 */
export type SqlInteger = number | bigint;

/** Operation codes: the first member of a tuple. */
export const RESERVE = 0;
export const RELEASE = 1;
export const SETTLE = 2;
export const RECORD = 3;
/** Any of these but `RELEASE`, with parts that come out of leases. */
export const LEASED = 4;

/** One value of `line_key, attempt_id, ..., body` of the entries table; see `ROW`. */
export type EntryRow = readonly (string | SqlInteger | null)[];

/** Where the writer finds what it needs in an `EntryRow`. */
export const ROW = {
  lineKey: 0,
  attemptId: 1,
  correctsEntryId: 3,
  orgId: 4,
  appId: 5,
  userId: 6,
  keyId: 7,
  label: 8,
  modelId: 9,
  ceiling: 19,
  postings: 20,
  body: 26,
} as const;

export type ReserveTuple = readonly [
  op: typeof RESERVE,
  attemptId: string,
  instanceId: string,
  catalogRevision: number,
  orgId: string,
  appId: string,
  userId: string | null,
  keyId: string | null,
  label: string | null,
  modelId: string,
  at: number,
  usd: SqlInteger,
  tokens: SqlInteger,
  requests: SqlInteger,
  intent: string,
  /** Null: the attempt's own id. */
  requestId: string | null,
];

export type ReleaseTuple = readonly [op: typeof RELEASE, attemptId: string];

export type SettleTuple = readonly [
  op: typeof SETTLE,
  attemptId: string,
  instanceId: string,
  recovered: 0 | 1,
  correctionId: string,
  unknown: 0 | 1,
  unpriced: 0 | 1,
  row: EntryRow,
];

export type RecordTuple = readonly [
  op: typeof RECORD,
  instanceId: string,
  at: number,
  cause: 'submitted' | 'correction',
  unknown: 0 | 1,
  unpriced: 0 | 1,
  row: EntryRow,
  catalogRevision: number | null,
  knownAs: readonly string[],
  /** Of a submission, the ids of the call that it tells of. */
  own: readonly string[],
];

export type LeasedTuple = readonly [
  op: typeof LEASED,
  leased: readonly LeasedPart[],
  command: ReserveTuple | SettleTuple | RecordTuple,
];

/** Gives a part of a lease back, or ends it. */
export interface ReturnLeaseCommand {
  readonly op: 'return_lease';
  readonly part: LeasedPart & { readonly instance_id: string };
  readonly ends: boolean;
}

/** Commands that are rare enough to be readable. */
export type SlowCommand =
  | {
      readonly op: 'put_budget';
      readonly budget: Budget;
      readonly at: number;
      readonly audit: AuditStamp | undefined;
    }
  | {
      readonly op: 'remove_budget';
      readonly budgetId: string;
      readonly audit: AuditStamp | undefined;
    }
  | { readonly op: 'catalog_put'; readonly put: Omit<CatalogPut, 'value'>; readonly value: string }
  | {
      readonly op: 'catalog_remove';
      readonly kind: CatalogKind;
      readonly id: string;
      readonly expected: number | undefined;
      readonly quiet: boolean | undefined;
      readonly audit: AuditRecord | undefined;
    }
  | { readonly op: 'take_lease'; readonly take: TakeLease }
  | ReturnLeaseCommand
  | { readonly op: 'end_leases'; readonly instanceId: string }
  | { readonly op: 'keep_refusals'; readonly rows: readonly RefusalRow[] }
  | { readonly op: 'forget_refusals'; readonly before: number; readonly limit: number }
  | { readonly op: 'mark_copied'; readonly place: string; readonly through: CopiedThrough }
  | { readonly op: 'forget_entries'; readonly which: ForgetEntries }
  | { readonly op: 'probe' };

export type WriteCommand =
  ReserveTuple | ReleaseTuple | SettleTuple | RecordTuple | LeasedTuple | SlowCommand;

/**
 * Answer codes: the first member of a tuple whose other members are indexes into
 * `Committed.states`.
 */
export const HELD = 0;
export const SETTLED = 1;
export const RECORDED = 2;

export type WriteAnswer =
  /** `[HELD, ...states]`, `[SETTLED, sequence, ...states]`, `[RECORDED, sequence, ...states]`. */
  | readonly number[]
  | { readonly kind: 'refused'; readonly blocking: readonly Blocking[] }
  | { readonly kind: 'stale'; readonly catalog_revision: number }
  /** Both as in the port; the states are indexes here too. Without a withdrawal it is a tuple. */
  | {
      readonly kind: 'settled';
      readonly sequence: number;
      readonly states: readonly number[];
      readonly withdrew: Subject;
    }
  | { readonly kind: 'corrected'; readonly sequence: number; readonly withdrew?: Subject }
  /** What a record found in its place; null: an open hold. */
  | { readonly kind: 'present'; readonly entry: EntryColumns | null }
  | LeaseLost
  | Extract<TakenLease, { readonly kind: 'taken' }>
  | { readonly kind: 'duplicate' | 'already' | 'unknown_attempt' | 'released' | 'probed' | 'kept' }
  | { readonly kind: 'gone' | 'returned' }
  | { readonly kind: 'forgotten'; readonly rows: number }
  | { readonly kind: 'forgotten_entries'; readonly forgotten: Forgotten }
  | { readonly kind: 'budget'; readonly state: BudgetState }
  | { readonly kind: 'removed'; readonly removed: boolean }
  | CatalogPutResult
  | { readonly kind: 'failed'; readonly unavailable: boolean; readonly message: string };

/** To the writer: commands in order, or a control message. */
export type ToWriter = readonly WriteCommand[] | { readonly control: 'close' | 'restart_log' };

/**
 * From the writer: the answers to the next commands in order, after the commit that made them
 * durable.
 */
export interface Committed {
  /** Every balance the group moved, as the commit left it. */
  readonly states: readonly BudgetState[];
  readonly answers: readonly WriteAnswer[];
}

/** Questions to the reader, each answered with the value that `reader.ts` says. */
export type ReadQuestion =
  | { readonly op: 'budgets'; readonly at: number; readonly orgId: string | undefined }
  | { readonly op: 'budget_states'; readonly budgetIds: readonly string[]; readonly at: number }
  | {
      readonly op: 'posted_since';
      readonly budget: Budget;
      readonly from: number;
      readonly to: number;
    }
  | { readonly op: 'label_sums'; readonly query: LabelQuery }
  | { readonly op: 'holds'; readonly instanceId: string | undefined }
  | { readonly op: 'leases'; readonly instanceId: string }
  | { readonly op: 'entries'; readonly query: EntryQuery }
  | { readonly op: 'summary'; readonly query: SummaryQuery }
  | {
      readonly op: 'entries_of_writer';
      readonly writerId: string;
      readonly after: number;
      readonly limit: number;
    }
  | { readonly op: 'corrections'; readonly entryIds: readonly string[] }
  | { readonly op: 'writers' }
  | { readonly op: 'copied'; readonly place: string }
  | { readonly op: 'catalog_get'; readonly kind: CatalogKind; readonly id: string }
  | {
      readonly op: 'catalog_list';
      readonly kind: CatalogKind;
      readonly parent: string | undefined;
      readonly limit: number;
      readonly cursor: string | undefined;
    }
  | { readonly op: 'catalog_revision' }
  | { readonly op: 'audit'; readonly query: AuditQuery }
  | { readonly op: 'refusals'; readonly query: RefusalQuery }
  | { readonly op: 'probe' };

/** Pages of the log, and those of them that are in the file too. */
export interface Checkpointed {
  readonly logPages: number;
  readonly copiedPages: number;
}

/** From the reader: the answer to the next question in order. */
export type ReadAnswer =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly unavailable: boolean; readonly message: string };
