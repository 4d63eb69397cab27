/** Time as an argument: the only way the pipeline learns what time it is or waits. */

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch, UTC. It may step. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never go back; for durations. */
  monotonic(): number;
  /** Calls `then` once after `ms` milliseconds. Does not keep the process alive by itself. */
  after(ms: number, then: () => void): Timer;
}
