/** How a process finds out that another one is silent, by its own monotonic clock alone. */
import type { Chances } from '../items/backoff.ts';
import type { Head } from './instance-heads.ts';

/**
 * So many processes look at the others, at any time: more would cost more than they find. With
 * fewer processes than that, all do.
 */
const WATCHERS = 32;
/** Silences for which a process stays at it once it has begun. */
const TURN = 4;

interface Seen {
  readonly head: Head;
  /** For how long its version has certainly been the same, as far as we looked. */
  readonly quietMs: number;
}

export class Watch {
  readonly #chances: Chances;
  readonly #leaseMs: number;
  #seen = new Map<string, Seen>();
  /** When the last look had ended. */
  #lookedAt: number | undefined;
  #turnEnds = 0;
  #nextThrow = 0;

  constructor({ leaseMs, ...chances }: Chances & { readonly leaseMs: number }) {
    this.#chances = chances;
    this.#leaseMs = leaseMs;
  }

  /** Whether it is this process that looks now. */
  isDue(): boolean {
    const now = this.#chances.clock.monotonic();
    if (this.#seen.size <= WATCHERS || now < this.#turnEnds) return true;
    if (now < this.#nextThrow) return false;
    this.#nextThrow = now + this.#leaseMs;
    if (this.#chances.random() >= WATCHERS / this.#seen.size) return false;
    this.#turnEnds = now + TURN * this.#leaseMs;
    return true;
  }

  /** What a look found of the others; `startedAt`: when it was begun. */
  note(alive: readonly Head[], startedAt: number): void {
    const between = this.#lookedAt === undefined ? 0 : startedAt - this.#lookedAt;
    // When we could not look for long, they may not have been able to tell, either.
    const counts = Math.max(0, Math.min(between, this.#leaseMs / 2));
    this.#lookedAt = this.#chances.clock.monotonic();
    const before = this.#seen;
    this.#seen = new Map(
      alive.map((head) => {
        const seen = before.get(head.name);
        const same = seen !== undefined && seen.head.v === head.v;
        return [head.name, { head, quietMs: same ? seen.quietMs + counts : 0 }];
      }),
    );
  }

  /** Those that were silent for too long. */
  silent(): readonly Head[] {
    const found = [...this.#seen.values()].filter(({ quietMs }) => quietMs >= this.#leaseMs);
    return found.map(({ head }) => head);
  }
}
