/** What this process asked of a budget of late, kept as two spans of time. */

/** An estimate over about one span. */
export interface Recent {
  readonly calls: number;
  readonly amount: bigint;
}

const PARTS = 1_000;

export class Demand {
  readonly #spanMs: number;
  #since = 0;
  #calls = 0;
  #amount = 0n;
  #callsBefore = 0;
  #amountBefore = 0n;

  /** Looks back over about `spanMs` milliseconds. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** A call asks for an amount. Times are those of the monotonic clock. */
  add(amount: bigint, now: number): void {
    this.#turn(now);
    this.#calls += 1;
    this.#amount += amount;
  }

  /** The span that runs, and of the one before as much as is left of a whole span. */
  recent(now: number): Recent {
    this.#turn(now);
    const left = 1 - (now - this.#since) / this.#spanMs;
    const part = BigInt(Math.round(left * PARTS));
    return {
      calls: this.#calls + Math.ceil(this.#callsBefore * left),
      amount: this.#amount + (this.#amountBefore * part) / BigInt(PARTS),
    };
  }

  #turn(now: number): void {
    const passed = now - this.#since;
    if (passed < this.#spanMs) return;
    const isNext = passed < 2 * this.#spanMs;
    this.#callsBefore = isNext ? this.#calls : 0;
    this.#amountBefore = isNext ? this.#amount : 0n;
    this.#calls = 0;
    this.#amount = 0n;
    this.#since = isNext ? this.#since + this.#spanMs : now;
  }
}
