/**
 * Long work in short turns: the event loop serves calls in between. A clock that stands still never
 * makes anybody wait.
 */
import type { Clock } from '../ports/clock.ts';

/** Longest turn in milliseconds before others get theirs. */
const TURN_MS_MAX = 8;

/** Items between two looks at the clock. */
export const TURN_ITEMS = 250;

/** A pause that is taken only when the present turn has been long enough. */
export function pacer(clock: Clock): () => Promise<void> {
  let began = clock.monotonic();
  return async () => {
    if (clock.monotonic() - began < TURN_MS_MAX) return;
    await new Promise<void>((resolve) => clock.after(0, resolve));
    began = clock.monotonic();
  };
}

/** Calls `each` for slices of the items, with pauses in between. */
export async function inTurns<T>(
  clock: Clock,
  items: readonly T[],
  each: (slice: readonly T[]) => void,
): Promise<void> {
  const pause = pacer(clock);
  for (let start = 0; start < items.length; start += TURN_ITEMS) {
    each(items.slice(start, start + TURN_ITEMS));
    await pause();
  }
}
