/** How often and how long something is tried again that another one, or the service, stopped. */
import type { Clock } from '../../../ports/clock.ts';

export interface Patience {
  /** Milliseconds after which nothing is tried again. */
  readonly ms: number;
  /** Tries at most, the first one included. */
  readonly tries: number;
  /** The first pause and the longest, in milliseconds. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** What a call of the product waits for at most. */
export const PATIENCE: Patience = {
  ms: 5_000,
  tries: 60,
  firstPauseMs: 4,
  longestPauseMs: 250,
};

/** Where time and chance come from. */
export interface Chances {
  readonly clock: Clock;
  /** From 0 inclusive to 1 exclusive. */
  readonly random: () => number;
}

/**
 * Pauses that double, each a random part of its length, so that those who were stopped together do
 * not come again together.
 */
export class Backoff {
  readonly #chances: Chances;
  readonly #patience: Patience;
  readonly #since: number;
  #tries = 0;
  #pauses = 0;

  constructor(chances: Chances, patience: Patience) {
    this.#chances = chances;
    this.#patience = patience;
    this.#since = chances.clock.monotonic();
  }

  /** Whether to try again after one more failure. */
  failed(): boolean {
    this.#tries += 1;
    return this.#tries < this.#patience.tries && !this.isOver();
  }

  /** Whether it has taken too long. */
  isOver(): boolean {
    return this.#chances.clock.monotonic() - this.#since >= this.#patience.ms;
  }

  /** Until the next try. */
  pause(): Promise<void> {
    const { firstPauseMs, longestPauseMs } = this.#patience;
    const most = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#pauses, 30));
    this.#pauses += 1;
    return pause(this.#chances.clock, most * this.#chances.random());
  }
}

/** Lets time pass. */
export function pause(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}
