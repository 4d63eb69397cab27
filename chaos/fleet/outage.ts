/**
 * The store goes away under load, and comes back: what callers see meanwhile, what was exposed, and
 * that book and ledger agree afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readBook } from '../records.ts';
import { count, type Seen } from './callers.ts';
import { BUDGET, Fleet, note, type FleetOptions } from './fleet.ts';
import { judgeFleet, type FleetVerdict } from './verdict.ts';

export interface OutageOptions extends Omit<FleetOptions, 'simulator'> {
  readonly callers: number;
  /** How long it is away, and how long there is load before and after. */
  readonly awayMs: number;
  readonly aroundMs: number;
}

export interface OutageResult {
  readonly verdict: FleetVerdict;
  /** What callers saw before, during and after. */
  readonly seen: readonly { readonly when: string; readonly statuses: Seen }[];
  /** Calls that reached the upstream while the store was away: they had an intent before. */
  readonly sentWhileAway: number;
  /** How long after its return the first call was served. */
  readonly firstServedMs: number | null;
  readonly violations: readonly string[];
}

export async function runOutage(options: OutageOptions): Promise<OutageResult> {
  const fleet = await Fleet.start({ ...options, simulator: ['--tokens', 'worst'] });
  try {
    await fleet.shareBudget(1_000_000);
    const phases = ['before', 'while it is away', 'after'].map((when) => ({
      when,
      statuses: new Map<number, number>(),
    }));
    let phase = 0;
    let firstServed: number | null = null;
    let stopped = false;
    const load = { callers: options.callers, calls: Infinity, goOn: () => !stopped };
    const calling = fleet.call(load, (status) => {
      if (phase === 2 && status === 200) firstServed ??= performance.now();
      const now = phases[phase];
      if (now !== undefined) count(now.statuses, status);
    });
    await sleep(options.aroundMs);
    const cutAt = Date.now();
    fleet.cable.cut();
    phase = 1;
    note('the store is away');
    await sleep(options.awayMs);
    fleet.cable.mend();
    const backAt = Date.now();
    const back = performance.now();
    phase = 2;
    note('the store is back');
    await sleep(options.aroundMs);
    stopped = true;
    await calling;
    fleet.checkAlive();
    await fleet.untilQuiet();
    const verdict = await judgeFleet(fleet.speaker.demo, fleet.simulator.url, BUDGET);
    const sentWhileAway = (await readBook(fleet.simulator.url)).filter(({ started_at }) => {
      const at = Date.parse(started_at);
      return at >= cutAt && at < backAt;
    }).length;
    const firstServedMs = firstServed === null ? null : firstServed - back;
    const violations = [...verdict.violations];
    if (firstServedMs === null) violations.push('nothing was served after the store had come back');
    return { verdict, seen: phases, sentWhileAway, firstServedMs, violations };
  } finally {
    await fleet.stop();
  }
}
