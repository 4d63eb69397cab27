/**
 * Refusals on their way to the store, off the path of the call: a refused call leaves a row here,
 * and a timer writes what has gathered. No call ever waits for it, or notices that it fails.
 *
 * Whoever goes on calling after a refusal must not fill the disk. Of one organization, reason and
 * hour, so many calls have a row each; further ones are folded into one row that counts them.
 */
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import type { RefusalRow, RefusalStore } from '../ports/refusal-store.ts';
import type { Refusal, Telemetry } from '../ports/telemetry.ts';

/** Rows that wait for the store at most; calls beyond them are folded. */
export const WAITING_MAX = 10_000;

/** How long rows gather, and how long a store that failed is left alone. In milliseconds. */
export const GATHER_MS = 500;
export const RETRY_MS = 5_000;

/** Rows of one write: few enough that the calls which it goes with do not notice. */
const BATCH_MAX = 128;

/** A model's name comes from the path; no model has a longer one. */
const MODEL_ID_LENGTH_MAX = 512;

const HOUR_MS = 3_600_000;

interface Parts {
  readonly store: RefusalStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
  /** Calls of one organization, reason and hour that have a row each. */
  readonly rowsMax: number;
}

/** One organization and reason in the present hour. */
interface Tally {
  rows: number;
  folded: (Omit<RefusalRow, 'count'> & { count: number }) | undefined;
}

type Folded = NonNullable<Tally['folded']>;

export class RefusalLog {
  readonly #parts: Parts;
  #hour = Number.NaN;
  /** By organization, then by reason. */
  readonly #tallies = new Map<string | null, Map<string, Tally>>();
  #waiting: RefusalRow[] = [];
  /** Folded rows whose count the store does not have yet. */
  readonly #changed = new Set<Folded>();
  #timed = false;
  #writing: Promise<boolean> | undefined;
  #failing = false;
  #notKept = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rows that are not durable yet. */
  get waiting(): number {
    return this.#waiting.length + this.#changed.size;
  }

  /** Rows that the store never took, and calls that found no room for one. */
  get notKept(): number {
    return this.#notKept;
  }

  /** Takes one refusal. Neither waits nor throws. */
  add(refusal: Refusal, operation: string): void {
    const tally = this.#tallyOf(refusal);
    if (tally.rows < this.#parts.rowsMax && this.#waiting.length < WAITING_MAX) {
      tally.rows += 1;
      this.#waiting.push(rowOf(refusal, operation));
    } else this.#fold(tally, refusal);
    this.#writeAfter(GATHER_MS);
  }

  /** Writes what is left. Tries once; what the store does not take then is not kept. */
  async close(): Promise<void> {
    await this.#writing;
    this.#writing = this.#write();
    if (await this.#writing) return;
    const left = this.waiting;
    this.#waiting = [];
    this.#changed.clear();
    this.#lose(left);
  }

  #tallyOf({ at, org_id, reason }: Refusal): Tally {
    const hour = Math.floor(at / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#tallies.clear();
    }
    let ofOrganization = this.#tallies.get(org_id);
    if (ofOrganization === undefined) {
      ofOrganization = new Map();
      this.#tallies.set(org_id, ofOrganization);
    }
    let tally = ofOrganization.get(reason);
    if (tally === undefined) {
      tally = { rows: 0, folded: undefined };
      ofOrganization.set(reason, tally);
    }
    return tally;
  }

  #fold(tally: Tally, refusal: Refusal): void {
    if (tally.folded === undefined) {
      // A store that fails for hours must not make this grow for hours.
      if (this.#changed.size >= WAITING_MAX) return this.#lose(1);
      tally.folded = foldedRow(this.#parts.ids.uuid(), refusal);
    } else tally.folded.count += 1;
    this.#changed.add(tally.folded);
  }

  #writeAfter(ms: number): void {
    if (this.#timed || this.#writing !== undefined) return;
    this.#timed = true;
    this.#parts.clock.after(ms, () => {
      this.#timed = false;
      if (this.#writing === undefined) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = this.#write();
    const written = await this.#writing;
    this.#writing = undefined;
    if (this.waiting > 0) this.#writeAfter(written ? GATHER_MS : RETRY_MS);
  }

  /** Writes batch after batch. False when the store does not take them at the moment. */
  async #write(): Promise<boolean> {
    while (this.waiting > 0) {
      const rows = this.#waiting.slice(0, BATCH_MAX);
      const folded = rows.length > 0 ? [] : [...this.#changed].slice(0, BATCH_MAX);
      for (const row of folded) this.#changed.delete(row);
      const batch = [...rows, ...folded.map((row) => ({ ...row }))];
      try {
        await this.#parts.store.recordRefusals(batch);
        this.#failing = false;
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          for (const row of folded) this.#changed.add(row);
          this.#tellFailure(error);
          return false;
        }
        this.#tellFailure(error);
        this.#lose(batch.length);
      }
      this.#waiting.splice(0, rows.length);
    }
    return true;
  }

  #lose(rows: number): void {
    if (this.#notKept === 0) {
      this.#parts.log('warn', 'Refusals could not be kept; their number is in the metrics.');
    }
    this.#notKept += rows;
  }

  /** The first failure is told; that it goes on shows in `waiting`. */
  #tellFailure(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#parts.log('warn', 'The store did not take refusals.', {
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}

function rowOf(refusal: Refusal, operation: string): RefusalRow {
  const { at, request_id, org_id, app_id, user_id, key_id, model_id, error, reason } = refusal;
  return {
    refusal_id: request_id,
    at,
    org_id,
    app_id,
    user_id,
    key_id,
    model_id: model_id === null ? null : model_id.slice(0, MODEL_ID_LENGTH_MAX),
    operation,
    error,
    reason,
    count: 1,
  };
}

/** Stands for calls of any application, key and model of the organization. */
function foldedRow(id: string, { at, org_id, error, reason }: Refusal): Folded {
  const nobody = { app_id: null, user_id: null, key_id: null, model_id: null, operation: null };
  return { refusal_id: id, at, org_id, ...nobody, error, reason, count: 1 };
}
