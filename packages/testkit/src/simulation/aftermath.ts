/**
 * After calm: every process still serves, whatever it has been through; and weeks later, when all
 * was down and items have expired, what is there is still right.
 */
import type { Engine } from './engine.ts';
import type { SimulatedProcess } from './process.ts';
import type { World } from './world.ts';
import type { Tried, Workload } from './workload.ts';

/** A call of whoever tries is answered within so much time; starting may take a lease besides. */
const ANSWERED_WITHIN_MS = 8_000;
const STARTED_WITHIN_MS = 30_000;
/** What was taken of a limit and is not used is back after so much. */
const SHARES_BACK_MS = 4_000;
/** What is on its way to the store arrives within so much; nobody starts before that. */
const IN_FLIGHT_MS = 35_000;
const DOWN_MS = IN_FLIGHT_MS + 1_000;
/** Longer than anything is kept that expires. */
const LATER_MS = 60 * 86_400_000;
/** Of what has expired so much is gone; the rest is still waiting for it. */
const GONE = 0.8;

/** Every process is called, and has to answer as the ledger stands. */
export async function everybodyServes(
  world: World,
  fleet: readonly SimulatedProcess[],
  work: Workload,
  engine: Engine,
): Promise<void> {
  const { timeline, auditor } = world;
  const down = (): SimulatedProcess[] => fleet.filter(({ serving }) => serving === undefined);
  const none = (): void => undefined;
  await timeline.run(timeline.now + STARTED_WITHIN_MS, none, () => down().length === 0);
  for (const { name } of down()) auditor.violated('when all is quiet, processes serve', name);
  const tries: Tried[] = [];
  for (const one of fleet.filter(({ serving }) => serving !== undefined)) {
    tries.push(work.tryOne(one));
    // One after the other: what one has taken of a limit is not the next one's at once.
    if (world.limits.size > 0) await timeline.run(timeline.now + SHARES_BACK_MS, none);
  }
  const isAnswered = (): boolean => tries.every(({ answer }) => answer !== undefined);
  await timeline.run(timeline.now + ANSWERED_WITHIN_MS, none, isAnswered);
  for (const { by, key, answer } of tries) {
    const told = `${by}: ${answer === undefined ? 'none' : `${answer.status} ${answer.error}`}`;
    if (answer?.status === 200) continue;
    // Nothing runs any more, so nothing of that can be in the way.
    const isRated = world.limits.size > 0 && !/concurrent/.test(answer?.message ?? '');
    if (answer?.status === 429 && isRated) continue;
    if (answer?.status === 400 && engine.fits(key, world.era + timeline.now) !== true) continue;
    auditor.violated('when all is quiet, a call that fits is served', told);
  }
}

/**
 * All die at once, in the middle of their work, and are down for weeks; then they start again, on
 * what has not expired.
 */
export async function muchLater(
  world: World,
  fleet: readonly SimulatedProcess[],
  engine: Engine,
): Promise<void> {
  const { timeline, auditor, trace, tally } = world;
  trace.fact('much later');
  for (const process of fleet) process.crash(DOWN_MS);
  await timeline.run(timeline.now + IN_FLIGHT_MS, () => undefined);
  auditor.rates = undefined;
  world.era += LATER_MS;
  const random = world.random.fork('expiry');
  tally.count(
    'expired',
    engine.expire(world.era + timeline.now, () => random.chance(GONE)),
  );
}
