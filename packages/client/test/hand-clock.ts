/** A world whose time passes only when a test says so, and whose network is the real one. */
import type { Outside } from '../src/outside.ts';
import { systemOutside } from '../src/adapters/system.ts';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';

export interface HandClock extends VirtualClock {
  readonly outside: Outside;
  /** Resolves with how long somebody asked to be woken after, once somebody does. */
  asleep(): Promise<number>;
}

/** Begins at `start`; the dice always show the middle. */
export function handClock(start = Date.UTC(2026, 10, 22, 14, 33)): HandClock {
  const clock = virtualClock(start);
  const sleeps: number[] = [];
  let told: (() => void) | undefined;
  const outside: Outside = {
    ...systemOutside(),
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, then) => {
      const timer = clock.after(ms, then);
      sleeps.push(ms);
      told?.();
      return () => timer.cancel();
    },
    random: () => 0.5,
  };
  const asleep = async (): Promise<number> => {
    for (;;) {
      const ms = sleeps.shift();
      if (ms !== undefined) return ms;
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  return { ...clock, outside, asleep };
}
