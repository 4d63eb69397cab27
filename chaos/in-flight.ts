/**
 * How many calls may be inside the gateway at a moment, as the callers see it: calls that a caller
 * waits for, and calls that a caller has left and that the gateway may still be draining. This is
 * the most that a kill at that moment can interrupt.
 */

/**
 * How long the gateway may go on with a call that its caller has left, when the upstream answers.
 */
const DRAIN_MS = 3_000;

/** One call from the caller's side. */
export interface OpenCall {
  /** The caller went away before the answer was complete. */
  left(upstreamHangs: boolean): void;
  /** The answer was complete, whatever it said. */
  done(): void;
}

export class InFlight {
  #active = 0;
  /** When each call that was left behind is certain to have ended. */
  #lingering: number[] = [];
  /** All calls begun, and all that were left. */
  begun = 0;
  leftBehind = 0;

  begin(): OpenCall {
    this.#active += 1;
    this.begun += 1;
    let open = true;
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      this.#active -= 1;
      return true;
    };
    return {
      done: () => void close(),
      left: (upstreamHangs) => {
        if (!close()) return;
        this.leftBehind += 1;
        this.#lingering.push(upstreamHangs ? Number.POSITIVE_INFINITY : Date.now() + DRAIN_MS);
      },
    };
  }

  /** The most that can be inside the gateway now. */
  count(): number {
    const now = Date.now();
    this.#lingering = this.#lingering.filter((until) => until > now);
    return this.#active + this.#lingering.length;
  }

  /** The gateway died: nothing that was left behind goes on. */
  gatewayDied(): void {
    this.#lingering = [];
  }

  get active(): number {
    return this.#active;
  }
}
