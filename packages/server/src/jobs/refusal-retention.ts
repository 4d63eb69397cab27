/** Removes refusals that are older than they are kept, a part at a time: calls write in between. */
import type { Clock } from '../ports/clock.ts';
import type { RefusalStore } from '../ports/refusal-store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Rows that one write removes. */
export const PART_MAX = 500;

/** A round of the sweep: works once an hour at most, and tries again when it failed. */
export function refusalRetention(parts: {
  readonly refusals: RefusalStore;
  readonly clock: Clock;
  /** How long refusals are kept. */
  readonly days: number;
}): () => Promise<void> {
  const { refusals, clock, days } = parts;
  let next = -Infinity;
  return async () => {
    if (clock.monotonic() < next) return;
    const before = clock.now() - days * DAY_MS;
    let removed = PART_MAX;
    while (removed === PART_MAX) removed = await refusals.forgetRefusals(before, PART_MAX);
    next = clock.monotonic() + HOUR_MS;
  };
}
