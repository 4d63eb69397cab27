/**
 * Gateways over one DynamoDB that are killed, one every second, while callers spend one budget that
 * fits a third of their calls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Big from 'big.js';
import { Random } from '../random.ts';
import { count, type Seen } from './callers.ts';
import { BUDGET, Fleet, note, type FleetOptions } from './fleet.ts';
import { judgeFleet, type FleetVerdict } from './verdict.ts';

const POSTED_PCT_MIN = 99;

export interface KillsOptions extends Omit<FleetOptions, 'simulator'> {
  readonly callers: number;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly seed: number;
  readonly killEveryMs: number;
}

export interface KillsResult {
  readonly verdict: FleetVerdict;
  readonly kills: number;
  readonly seconds: number;
  readonly limit: string;
  readonly seen: Seen;
  readonly violations: readonly string[];
}

/** The whole run. */
export async function runKills(options: KillsOptions): Promise<KillsResult> {
  const fleet = await Fleet.start({ ...options, simulator: ['--tokens', 'worst'] });
  try {
    const limit = await fleet.shareBudget(Math.floor(options.calls / 3));
    const seen: Seen = new Map();
    const started = performance.now();
    let ended = false;
    const { callers, calls, callsPerSecond } = options;
    const calling = fleet

      .call({ callers, calls, callsPerSecond, goOn: () => true }, (status) => count(seen, status))
      .finally(() => {
        ended = true;
      });
    const kills = await killUntil(() => ended, fleet, options, seen);
    await calling;
    const seconds = (performance.now() - started) / 1_000;
    await fleet.untilQuiet();
    const verdict = await judgeFleet(fleet.speaker.demo, fleet.simulator.url, BUDGET);
    const violations = [...verdict.violations];
    if (new Big(verdict.postedPct).lt(POSTED_PCT_MIN)) {
      violations.push(`only ${verdict.postedPct} % of the limit was used`);
    }
    return { verdict, kills, seconds, limit, seen, violations };
  } finally {
    await fleet.stop();
  }
}

/** Kills one that serves in every period, and starts it again at once. */
async function killUntil(
  over: () => boolean,
  fleet: Fleet,
  { seed, killEveryMs }: KillsOptions,
  seen: Seen,
): Promise<number> {
  const random = new Random(seed);
  const starting = new Set<Promise<void>>();
  let kills = 0;
  const failures: Error[] = [];
  while (!over() && failures.length === 0) {
    await sleep(killEveryMs);
    const serving = fleet.gateways.filter(({ endpoint }) => endpoint !== null);
    const victim = serving[random.between(0, serving.length - 1)];
    if (victim === undefined || over()) continue;
    await victim.kill();
    kills += 1;
    note(`${kills} kills, ${serving.length - 1} serve, ${[...seen].join(' ')}`);
    const start = victim.start().catch((error: unknown) => {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    });
    starting.add(start);
    void start.finally(() => starting.delete(start));
  }
  await Promise.all(starting);
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return kills;
}
