/** The world as this process sees it. */
import { randomUUID } from 'node:crypto';
import type { Outside } from '../outside.ts';

/** The system's clocks, chance and network. */
export function systemOutside(): Outside {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms, then, hold = false) => {
      const timer = setTimeout(then, ms);
      if (!hold) timer.unref();
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    uuid: () => randomUUID(),
    fetchWithin: (ms, signal) => (url, init) =>
      fetch(url, { ...init, signal: AbortSignal.any([AbortSignal.timeout(ms), signal]) }),
  };
}
