/** What runs at the moment: for bounds, for a graceful end, and for calls whose client has left. */

/** A call that has been sent and has not ended. */
export interface RunningCall {
  /** Gives the upstream up; the call then ends as broken. */
  abandon(reason: string): void;
}

export interface RunningLimits {
  /** Calls at once. */
  readonly max: number;
  /** Calls that may go on without a client at once, and for how long each. */
  readonly drainMax: number;
  readonly drainMs: number;
}

/**
 * Counts calls from before admission to after the answer, and bounds those whose client has left.
 */
export class RunningCalls {
  readonly limits: RunningLimits;
  #running = 0;
  readonly #sent = new Set<RunningCall>();
  readonly #draining = new Set<RunningCall>();
  #whenIdle: (() => void) | undefined;

  constructor(limits: RunningLimits) {
    this.limits = limits;
  }

  get count(): number {
    return this.#running;
  }

  get drainingCount(): number {
    return this.#draining.size;
  }

  /** Room for one more call? Then it counts until `leave`. */
  enter(): boolean {
    if (this.#running >= this.limits.max) return false;
    this.#running += 1;
    return true;
  }

  leave(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
  }

  sent(call: RunningCall): void {
    this.#sent.add(call);
  }

  ended(call: RunningCall): void {
    this.#sent.delete(call);
    this.#draining.delete(call);
  }

  /**
   * The client of a sent call has left: it is drained, and the oldest one is given up beyond the
   * bound.
   */
  drain(call: RunningCall): void {
    this.#draining.add(call);
    if (this.#draining.size <= this.limits.drainMax) return;
    const [oldest] = this.#draining;
    if (oldest === undefined) return;
    this.#draining.delete(oldest);
    oldest.abandon('drain_bound_reached');
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  /** Gives up everything that was sent: the process is about to end. */
  abandonAll(reason: string): void {
    for (const call of [...this.#sent]) call.abandon(reason);
  }
}
