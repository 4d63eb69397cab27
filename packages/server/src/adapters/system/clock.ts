/** The system's clock and timers, and a wall clock that a file sets, for demos. */
import { readFileSync } from 'node:fs';
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

/**
 * As `systemClock`, but the wall clock is what the file says, read again on every question: a
 * signed number of milliseconds to add to the machine's own, or an RFC 3339 instant at which it
 * stands still. No file, or none that can be read so: what it said last, at first the machine's
 * own time. Timers and the monotonic clock are the machine's.
 */
export function fileClock(path: string): Clock {
  const machine = systemClock();
  let told: (now: number) => number = (now) => now;
  return {
    ...machine,
    now: () => {
      told = read(path) ?? told;
      return told(machine.now());
    },
  };
}

function read(path: string): ((now: number) => number) | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
  if (/^[+-]?\d{1,15}$/.test(text)) return (now) => now + Number(text);
  // A file that is just being written is shorter than an instant.
  const instant = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(instant) ? undefined : () => instant;
}
