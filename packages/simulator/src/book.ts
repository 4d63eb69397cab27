/**
 * The book: one row per call that reached the simulator, with what AWS would have billed for it.
 * It is the outside truth that a gateway's ledger is compared with, so nothing here depends on
 * what a gateway thinks.
 */
import type { Usage } from './generate/generation.ts';
import { instant } from './clock.ts';

/** What kind of an end a call had. Whether the client stayed is told apart, by `client_gone`. */
export type Outcome =
  | 'completed' // the generation ran to its end
  | 'refused' // turned away by 400, 403, 404, 413 or 429, scripted or not
  | 'failed' // a scripted error or break before any output
  | 'broken' // a scripted break after output had begun
  | 'silent' // scripted: never answered, or reset before any output
  | 'incomplete'; // the request itself never arrived whole

/** One call. Times are milliseconds since the epoch inside, RFC 3339 in JSON. */
export interface Row {
  readonly attemptId: string | null;
  readonly requestId: string;
  readonly invocationId: string | null;
  readonly operation: string;
  readonly modelId: string;
  readonly streamed: boolean;
  readonly startedMs: number;
  servedTier: string | null;
  servedLatency: string | null;
  endedMs: number | null;
  outcome: Outcome | null;
  clientGone: boolean;
  /** The model id that answered, with its cross-region prefix; null when none did. */
  invokedModelId: string | null;
  /** What was consumed; null when nothing was. */
  usage: Usage | null;
  /** Whether AWS bills that; not where the model is paid for by time. */
  billed: boolean;
  /** The scripted fault that it met, by name. */
  fault: string | null;
  /** The HTTP status that was answered, null when none was. */
  status: number | null;
}

/** Which rows to read. */
export interface RowFilter {
  readonly sinceMs: number | null;
  readonly attemptId: string | null;
  readonly running: boolean | null;
}

/** Rows in order of arrival; when full, the oldest go. */
export class Book {
  readonly #callsMax: number;
  #rows: Row[] = [];
  #dropped = 0;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Enters a call that has just arrived. */
  open(row: Row): Row {
    this.#rows.push(row);
    // A quarter goes at once, so that a full book does not shift a million rows for every call.
    if (this.#rows.length > this.#callsMax) {
      const surplus = Math.max(1, Math.floor(this.#callsMax / 4));
      this.#rows = this.#rows.slice(surplus);
      this.#dropped += surplus;
    }
    return row;
  }

  /** Forgets every row. Calls that run are no longer in any book. */
  clear(): void {
    this.#rows = [];
    this.#dropped = 0;
  }

  /** Rows kept, and rows that had to go. */
  get size(): { readonly calls: number; readonly dropped: number } {
    return { calls: this.#rows.length, dropped: this.#dropped };
  }

  /** The rows that match, as they are now. */
  rows(filter: RowFilter): readonly Row[] {
    const { sinceMs, attemptId, running } = filter;
    if (sinceMs === null && attemptId === null && running === null) return this.#rows.slice();
    return this.#rows.filter(
      (row) =>
        (sinceMs === null || row.startedMs >= sinceMs) &&
        (attemptId === null || row.attemptId === attemptId) &&
        (running === null || (row.endedMs === null) === running),
    );
  }
}

/** A row as JSON, in the names of the usage classes. */
export function rowJson(row: Row): string {
  const usage = row.usage;
  return JSON.stringify({
    attempt_id: row.attemptId,
    request_id: row.requestId,
    invocation_id: row.invocationId,
    operation: row.operation,
    model_id: row.modelId,
    invoked_model_id: row.invokedModelId,
    served_tier: row.servedTier,
    served_latency: row.servedLatency,
    stream: row.streamed,
    started_at: instant(row.startedMs),
    ended_at: row.endedMs === null ? null : instant(row.endedMs),
    outcome: row.outcome,
    client_gone: row.clientGone,
    usage:
      usage === null
        ? null
        : {
            input_tokens: usage.input,
            output_tokens: usage.output,
            cache_read_input_tokens: usage.cacheRead,
            cache_write_5m_input_tokens: usage.cacheWrite5m,
            cache_write_30m_input_tokens: usage.cacheWrite30m,
            cache_write_1h_input_tokens: usage.cacheWrite1h,
            units: usage.units,
          },
    billed: row.billed,
    fault: row.fault,
    status: row.status,
  });
}
