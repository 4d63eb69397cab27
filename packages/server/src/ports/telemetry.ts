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

/** The door that a call came through, and the tenant whose it is, as tokens name it. */
export interface Through {
  readonly door: 'apportioning' | 'profiling' | 'chat';
  readonly tenant_id: string;
}

export interface Telemetry {
  refused(refusal: Refusal): void;
  /** Whether anybody makes something of the caller's `traceparent`. */
  readonly traces?: boolean;
  /**
   * An attempt ended and its entry is durable. `traceparent` is the caller's header, where `traces`
   * asks for it; `through` is absent of calls that came through no door.
   */
  settled(entry: EntryDraft | Entry, traceparent?: string, through?: Through): void;
  /** Usage went above what was held: the operator is alerted. */
  excess(intent: Intent, budgetIds: readonly string[]): void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: object,
  ) => void;
}
