/** When a process is started again that ended by itself. */

/** Having lived for so long, a process counts as one that works. */
export const WORKED_MS = 10_000;
const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 10_000;

export interface Restart {
  readonly waitMs: number;
  /** Times in a row that it ended soon. */
  readonly failures: number;
}

/**
 * What worked is started again at once. What ends soon is waited for, twice as long each time, so
 * that a fault that stays does not keep the machine busy.
 */
export function restartOf(livedMs: number, failuresBefore: number): Restart {
  if (livedMs >= WORKED_MS) return { waitMs: 0, failures: 0 };
  const wait = FIRST_WAIT_MS * 2 ** Math.min(failuresBefore, 30);
  return { waitMs: Math.min(wait, WAIT_MAX_MS), failures: failuresBefore + 1 };
}
