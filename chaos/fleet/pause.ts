/**
 * A gateway that is stopped for longer than its lease in the middle of its calls, and then goes on:
 * the others settle what it had intended at its ceiling, it sends nothing that has no durable
 * intent, and what it settles late becomes one correction each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readBook, readEntries } from '../records.ts';
import { count, type Seen } from './callers.ts';
import { BUDGET, Fleet, note, type FleetOptions } from './fleet.ts';
import { judgeFleet, type FleetVerdict } from './verdict.ts';

export interface PauseOptions extends Omit<FleetOptions, 'simulator'> {
  readonly callers: number;
  readonly pauses: number;
}

export interface PauseResult {
  readonly verdict: FleetVerdict;
  readonly seen: Seen;
  /** Entries that recovery made of calls of stopped gateways. */
  readonly recovered: number;
  /** Of those, the ones whose late settlement came as one correction. */
  readonly correctedOnce: number;
  readonly violations: readonly string[];
}

export async function runPause(options: PauseOptions): Promise<PauseResult> {
  // Slow answers, so that calls run while their gateway stands still.
  const simulator = ['--tokens', 'worst', '--slow-ms', '400'];
  const fleet = await Fleet.start({ ...options, simulator });
  try {
    await fleet.shareBudget(1_000_000);
    const seen: Seen = new Map();
    let stopped = false;
    const load = { callers: options.callers, calls: Infinity, goOn: () => !stopped };
    const calling = fleet.call(load, (status) => count(seen, status));
    for (let pause = 0; pause < options.pauses; pause++) {
      await sleep(3_000);
      const victim = fleet.gateways[pause % fleet.gateways.length];
      victim?.freeze(true);
      note('a gateway is frozen');
      await sleep(options.leaseMs * 2 + 3_000);
      victim?.freeze(false);
      note('it goes on');
    }
    await sleep(5_000);
    stopped = true;
    await calling;
    fleet.checkAlive();
    await fleet.untilQuiet();
    const { demo } = fleet.speaker;
    const verdict = await judgeFleet(demo, fleet.simulator.url, BUDGET);
    const violations = [...verdict.violations];
    const entries = await readEntries(demo);
    const sent = new Set((await readBook(fleet.simulator.url)).map((row) => row.attempt_id));
    const corrections = Map.groupBy(entries, (entry) => entry.corrects_entry_id);
    const recovered = entries.filter(
      ({ entry_type, outcome }) => entry_type === 'attempt' && outcome === 'interrupted',
    );
    let correctedOnce = 0;
    for (const { entry_id, attempt_id } of recovered) {
      const own = corrections.get(entry_id) ?? [];
      if (own.length === 1) correctedOnce += 1;
      if (own.length > 1) violations.push(`${own.length} corrections of ${entry_id}`);
      if (own.length === 0 && sent.has(attempt_id)) {
        violations.push(`a call that was sent and ended late was not corrected: ${entry_id}`);
      }
    }
    return { verdict, seen, recovered: recovered.length, correctedOnce, violations };
  } finally {
    await fleet.stop();
  }
}
