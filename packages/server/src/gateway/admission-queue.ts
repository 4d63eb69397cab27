/**
 * Calls that wait because only the holds of running calls are in their way. Calls of the same line
 * (the same key, application, user and model) are served in the order in which they came: a
 * newcomer joins the end of its line, and only the first of a line asks the ledger again - when a
 * call of its organization has ended, and now and then, since calls end in other processes too.
 */
import type { Clock, Timer } from '../ports/clock.ts';

/** How often the first of a line asks again without a sign from this process. */
const RETRY_MS = 50;

/** Why a wait ended: ask again now, the time is up, or the caller has left. */
export type Woken = 'again' | 'timeout' | 'gone';

/** A place in a line. */
export interface Place {
  /** Waits for the next turn. Only the first of a line gets `again`. */
  wait(): Promise<Woken>;
  /** The caller left: ends a running wait. */
  leave(): void;
  /** Gives the place up, whatever came of it. */
  done(): void;
}

interface Waiter {
  readonly org: string;
  wake: ((how: Woken) => void) | undefined;
}

export class AdmissionQueue {
  readonly #clock: Clock;
  readonly #placesMax: number;
  readonly #lines = new Map<string, Waiter[]>();
  #places = 0;
  #retry: Timer | undefined;

  constructor(clock: Clock, placesMax: number) {
    this.#clock = clock;
    this.#placesMax = placesMax;
  }

  /** Places taken in all lines. */
  get length(): number {
    return this.#places;
  }

  /** Whether calls of this line are waiting: a newcomer has to join them. */
  hasLine(line: string): boolean {
    return this.#lines.has(line);
  }

  /**
   * Takes a place at the end of a line for at most `waitMs`; undefined when all places are taken.
   */
  join(org: string, line: string, waitMs: number): Place | undefined {
    if (this.#places >= this.#placesMax) return undefined;
    this.#places += 1;
    const waiter: Waiter = { org, wake: undefined };
    const waiters = this.#lines.get(line);
    if (waiters === undefined) this.#lines.set(line, [waiter]);
    else waiters.push(waiter);
    let over: Woken | undefined;
    const end = (how: Woken): void => {
      over ??= how;
      waiter.wake?.(over);
    };
    const timer = this.#clock.after(waitMs, () => end('timeout'));
    this.#retryLater();
    return {
      wait: () =>
        new Promise((resolve) => {
          if (over !== undefined) return resolve(over);
          waiter.wake = (how) => {
            waiter.wake = undefined;
            resolve(how);
          };
        }),
      leave: () => end('gone'),
      done: () => {
        timer.cancel();
        this.#remove(line, waiter);
      },
    };
  }

  /** A call of this organization has ended, so there may be room. */
  roomMayBe(org: string): void {
    if (this.#places === 0) return;
    for (const [first] of this.#lines.values()) if (first?.org === org) first.wake?.('again');
  }

  #remove(line: string, waiter: Waiter): void {
    const waiters = this.#lines.get(line);
    const at = waiters?.indexOf(waiter) ?? -1;
    if (waiters === undefined || at < 0) return;
    waiters.splice(at, 1);
    this.#places -= 1;
    if (waiters.length === 0) this.#lines.delete(line);
    // Whoever is first now may fit where the one before did not, or beside it.
    else if (at === 0) waiters[0]?.wake?.('again');
  }

  #retryLater(): void {
    if (this.#retry !== undefined) return;
    this.#retry = this.#clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      if (this.#places === 0) return;
      for (const [first] of this.#lines.values()) first?.wake?.('again');
      this.#retryLater();
    });
  }
}
