/** The system's clock and timers. */
import type { Clock, Timer } from '../../ports/clock.ts';

/** Wall clock, monotonic clock and timers of this process. Timers do not keep it alive. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms: number, then: () => void): Timer {
      const timer = setTimeout(then, ms);
      timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
}
