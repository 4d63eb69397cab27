/**
 * What the data plane tells the outside about itself: counters and logs, never prompts or secrets.
 */
import type { Entry, EntryDraft, Intent } from '@tollkeeper/core';

/** One refused call. A refusal is not an entry: nothing was sent. */
export interface Refusal {
  readonly at: number;
  readonly request_id: string;
  readonly org_id: string | null;
  readonly app_id: string | null;
  readonly user_id: string | null;
  readonly key_id: string | null;
  readonly model_id: string | null;
  /** AWS error name that the caller saw. */
  readonly error: string;
  /** Stable word for the cause, such as `budget_spent`. */
  readonly reason: string;
}

export interface Telemetry {
  refused(refusal: Refusal): void;
  /** Whether anybody makes something of the caller's `traceparent`. */
  readonly traces?: boolean;
  /**
   * An attempt ended and its entry is durable. `traceparent` is the caller's header, where `traces`
   * asks for it.
   */
  settled(entry: EntryDraft | Entry, traceparent?: string): void;
  /** Usage went above what was held: the operator is alerted. */
  excess(intent: Intent, budgetIds: readonly string[]): void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: object,
  ) => void;
}
