/** When a message that was not taken is tried again. */
import type { Ids } from '../../ports/ids.ts';

/** From one wait to the next. */
const FACTOR = 4;
const WAIT_MAX_MS = 6 * 3_600_000;

/**
 * How long to wait after so many failed tries, in milliseconds: the first wait, then four times as
 * long each, at most six hours; and of that a random part of at least a half, so that receivers who
 * were all gone at once are not all tried at once.
 */
export function waitAfter(tries: number, firstMs: number, ids: Pick<Ids, 'secret'>): number {
  const whole = Math.min(WAIT_MAX_MS, firstMs * FACTOR ** (tries - 1));
  const [high = 0, low = 0] = ids.secret(2);
  const chance = (high * 256 + low) / 65_536;
  return Math.ceil(whole / 2 + (whole / 2) * chance);
}
