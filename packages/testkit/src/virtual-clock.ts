/** Time that passes only when a test says so. */

interface Due {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

/** The server's clock port, with hands that can be moved. */
export interface VirtualClock {
  now(): number;
  monotonic(): number;
  after(ms: number, then: () => void): { cancel(): void };
  /** Lets `ms` milliseconds pass; timers due on the way fire in order, each at its own time. */
  advance(ms: number): void;
  /** Steps the wall clock alone, as an operator or a time server may: no timer notices. */
  step(ms: number): void;
  /** Timers that have neither fired nor been called off. */
  pending(): number;
}

/** Starts at `start` (milliseconds since the epoch) on the wall and at 0 on the monotonic clock. */
export function virtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  const due = new Set<Due>();
  let passed = 0;
  let stepped = 0;
  let order = 0;
  const next = (until: number): Due | undefined =>
    [...due]
      .filter(({ at }) => at <= until)
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .at(0);
  return {
    now: () => start + passed + stepped,
    monotonic: () => passed,
    after(ms, call) {
      const timer = { at: passed + Math.max(0, ms), order: order++, call };
      due.add(timer);
      return { cancel: () => void due.delete(timer) };
    },
    advance(ms) {
      const until = passed + ms;
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        due.delete(timer);
        passed = timer.at;
        timer.call();
      }
      passed = until;
    },
    step(ms) {
      stepped += ms;
    },
    pending: () => due.size,
  };
}
