/**
 * Running requests of instances that have ended run no more: they are taken off the limits of
 * running requests. Runs on start and in the sweep.
 */
import type { InstanceLocks } from '../ports/instance-locks.ts';
import type { RateStore } from '../ports/rate-store.ts';

export interface RateRecoveryParts {
  readonly rates: RateStore;
  readonly locks: InstanceLocks;
}

/** Frees what dead instances took; returns how many there were. Living ones are not touched. */
export async function freeDeadSlots({ rates, locks }: RateRecoveryParts): Promise<number> {
  let dead = 0;
  for (const instance of await rates.instances()) {
    if (await locks.lives(instance)) continue;
    await rates.endInstance(instance);
    dead += 1;
  }
  return dead;
}
