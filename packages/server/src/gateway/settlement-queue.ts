/**
 * Settlements on their way to the ledger. One that the store cannot take at the moment is kept and
 * repeated until it can: repeating is safe, because the attempt id makes it the same settlement.
 * Nothing here is ever dropped while the process lives; what dies with it is recovered from the
 * durable intents.
 */
import type { Clock } from '../ports/clock.ts';
import {
  StoreUnavailable,
  type LedgerStore,
  type Settle,
  type Settled,
} from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

const BACKOFF_FIRST_MS = 20;
const BACKOFF_MAX_MS = 2_000;
/** Commands that the store did not take, beyond which no new call is taken on. */
const REPEATING_MAX = 1_000;

export class SettlementQueue {
  readonly #ledger: LedgerStore;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  #pending = 0;
  /** Of those pending, the ones that have failed at least once. */
  #repeating = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(ledger: LedgerStore, clock: Clock, telemetry: Telemetry) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Settlements that are not durable yet. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Whether so much has to be repeated that a new call should not even be tried: a reservation that
   * fails must be released, which would be one command more to keep.
   */
  get overwhelmed(): boolean {
    return this.#repeating >= REPEATING_MAX;
  }

  /** Resolves when the settlement is durable, however long that takes. */
  settle(command: Settle): Promise<Settled> {
    return this.#persist(() => this.#ledger.settle(command), command.entry.attempt_id);
  }

  /** Ends a hold of which nothing was sent, as stubbornly as `settle`. */
  release(attemptId: string): Promise<void> {
    return this.#persist(() => this.#ledger.release(attemptId), attemptId);
  }

  /** Resolves when nothing is pending. */
  empty(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Every call comes through here, so that the way on which nothing fails is kept short. */
  #persist<T>(write: () => Promise<T>, attemptId: string): Promise<T> {
    this.#pending += 1;
    return write().then(
      (written) => {
        this.#ended();
        return written;
      },
      (error: unknown) => this.#persistAfter(error, write, attemptId),
    );
  }

  async #persistAfter<T>(error: unknown, write: () => Promise<T>, attemptId: string): Promise<T> {
    this.#repeating += 1;
    try {
      this.#noteFailure(error, attemptId);
      return await this.#repeatUntilWritten(write);
    } finally {
      this.#repeating -= 1;
      this.#ended();
    }
  }

  #ended(): void {
    this.#pending -= 1;
    if (this.#pending === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  async #repeatUntilWritten<T>(write: () => Promise<T>): Promise<T> {
    for (let wait = BACKOFF_FIRST_MS; ; wait = Math.min(wait * 2, BACKOFF_MAX_MS)) {
      await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
    }
  }

  /** Logs a first failure; that it goes on failing is shown by `pending`. */
  #noteFailure(error: unknown, attemptId: string): void {
    if (!(error instanceof StoreUnavailable)) throw error;
    this.#telemetry.log('warn', 'The ledger did not take a settlement; it is kept and repeated.', {
      attempt_id: attemptId,
      cause: error.message,
    });
  }
}
