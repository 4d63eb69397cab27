/**
 * Faults put in on purpose: the simulation finds each, and says what is wrong. That it finds
 * nothing without them is shown in `simulate.test.ts`.
 */
import {
  dynamoEngine,
  PLANTED,
  simulate,
  type Outcome,
  type PlantedName,
} from '@tollkeeper/testkit/simulation';
import { expect, test } from 'vitest';

/**
 * What is wrong with fences shows when processes stand still for long, and often, and nothing else
 * puts an end to them.
 */
const WEATHER = {
  ...{ pauseEveryMs: 1_500, partitionEveryMs: 3_000, outageEveryMs: Infinity },
  ...{ crashEveryMs: Infinity, crashInStep: 0, shutdownEveryMs: Infinity },
  ...{ requestLost: 0, answerLost: 0, latencyMs: 2 },
};

/** Seeds that are tried at most until a fault shows. */
const SEEDS = 12;

/** What the auditor has to object to, at the least. */
const FOUND_BY: Readonly<Record<PlantedName, RegExp>> = {
  'return a lease twice': /holds out of a lease|balances are what/,
  'settle outside of the transaction': /balances are what/,
  'forget the intent': /without a durable intent/,
  'ignore the epoch': /a fenced instance (intends|takes)|balances are what|stranded/,
  'recover a live process': /no hold of a live instance/,
  'name excess without a cause': /excess has a cause/,
  'hold less than a call can cost': /a hold covers what is billed|excess has a cause/,
  'hold in all budgets but one': /a hold is in every budget that covers it/,
  'admit beyond a limit of rates': /all processes together keep the limit/,
  'let entries expire': /entries never change/,
  'forget which call was submitted': /submitted while it runs counts once/,
};

test.for(Object.keys(PLANTED) as PlantedName[])(
  'the simulation finds it: %s',
  { timeout: 120_000 },
  async (name) => {
    const { violations } = await firstViolation(name);
    expect(violations[0]?.rule).toMatch(FOUND_BY[name]);
  },
);

async function firstViolation(name: PlantedName): Promise<Outcome> {
  const engine = dynamoEngine(PLANTED[name]);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate(seed, { engine, weather: WEATHER, stopEarly: true });
    if (outcome.violations.length > 0) return outcome;
  }
  throw new Error(`${name}: nothing was found in ${SEEDS} seeds.`);
}
