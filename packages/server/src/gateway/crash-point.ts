/**
 * Named places in the path of a call where the process can be made to stop for good, so that a
 * harness can kill it exactly there: one before and one after each step's effect. Only the demo
 * arms them.
 */

/** Every crash point, in the order in which a call reaches them. */
export const CRASH_POINTS = [
  'before-authenticate',
  'after-authenticate',
  'before-reserve',
  'after-reserve',
  'before-send',
  'after-send',
  'before-first-byte',
  'after-reply',
  'before-settle',
  'after-settle',
  'before-end',
  'after-end',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Called at every point; does nothing unless armed. */
export type ReachCrashPoint = (point: CrashPoint) => void;

/** Nothing is armed: what every real deployment uses. */
export const NO_CRASH: ReachCrashPoint = () => undefined;

/** Stops the process for good when `armed` (`name:count`) is reached for the count-th time. */
export function crashAt(armed: string, stopForGood: () => void): ReachCrashPoint {
  const [name, count = '1'] = armed.split(':');
  if (!CRASH_POINTS.some((point) => point === name) || !/^[1-9]\d*$/.test(count)) {
    throw new Error(
      `TOLLKEEPER_CRASH_POINT is "${armed}"; it should be one of ${CRASH_POINTS.join(', ')} ` +
        'and, after a colon, at which visit to stop.',
    );
  }
  let left = Number(count);
  return (point) => {
    if (point !== name) return;
    left -= 1;
    if (left === 0) stopForGood();
  };
}
