/** What calls have asked for lately: by it shares are sized. */
import type { ShareDemand } from '@tollkeeper/core';

const NOTHING: ShareDemand = { calls: 0, tokens: 0 };

export class RecentDemand {
  readonly #spanMs: number;
  #began = 0;
  #now: ShareDemand = NOTHING;
  #before: ShareDemand = NOTHING;

  /** `spanMs`: about how long "lately" is. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** One more call, at a monotonic time. */
  add(tokens: number, at: number): void {
    this.#turn(at);
    this.#now = { calls: this.#now.calls + 1, tokens: this.#now.tokens + tokens };
  }

  /** The present span or the one before, whichever had more calls. */
  lately(at: number): ShareDemand {
    this.#turn(at);
    return this.#now.calls >= this.#before.calls ? this.#now : this.#before;
  }

  #turn(at: number): void {
    const passed = at - this.#began;
    if (passed < this.#spanMs) return;
    this.#before = passed < 2 * this.#spanMs ? this.#now : NOTHING;
    this.#now = NOTHING;
    this.#began = at;
  }
}
