/**
 * An answer that goes on: events as they come, in the form of server-sent events, with a comment
 * every few seconds that keeps proxies from closing it and finds out who has left. At each of these
 * the credential is asked for again, so that a revoked key hears no more.
 */
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../ports/clock.ts';

/** How often the stream says that it is still there. */
export const BEAT_MS = 10_000;

export interface EventStreamParts {
  readonly clock: Clock;
  /** Rejects when the listener may listen no more. */
  readonly stillAllowed: () => Promise<unknown>;
}

/** The stream. It ends with the events, or when the listener is allowed no more. */
export class EventStream extends Readable {
  readonly #events: AsyncIterator<unknown>;
  readonly #parts: EventStreamParts;
  #timer: Timer | undefined;
  #pulling = false;

  constructor(events: AsyncIterable<unknown>, parts: EventStreamParts) {
    super();
    this.#events = events[Symbol.asyncIterator]();
    this.#parts = parts;
    // Whoever asked learns at once that the stream has begun.
    this.push(': listening\n\n');
    this.#beatLater();
  }

  override _read(): void {
    if (this.#pulling) return;
    this.#pulling = true;
    this.#events.next().then(
      ({ value, done }) => {
        this.#pulling = false;
        if (this.destroyed) return;
        if (done === true) this.push(null);
        else this.push(`data: ${JSON.stringify(value)}\n\n`);
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#timer?.cancel();
    void this.#events.return?.();
    done(error);
  }

  #beatLater(): void {
    this.#timer = this.#parts.clock.after(BEAT_MS, () => {
      this.#parts.stillAllowed().then(
        () => {
          if (this.destroyed || this.readableEnded) return;
          // Whoever does not even read what waits is sent no more.
          if (this.readableLength === 0) this.push(': still here\n\n');
          this.#beatLater();
        },
        () => void this.#events.return?.(),
      );
    });
  }
}
