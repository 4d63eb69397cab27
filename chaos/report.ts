/** What a run prints at its end, and when it proves too little to count. */
import { CRASH_POINTS } from '../packages/server/src/gateway/crash-point.ts';
import type { Options } from './options.ts';
import { STARTING } from './run.ts';
import type { Result } from './run.ts';

const VIOLATIONS_SHOWN = 40;
/** Calls for each kill that make a kill mean something. */
const CALLS_PER_KILL_MIN = 5;
/** Rows of the book for each of which everything that should happen has happened once. */
const ROWS_PER_EVENT = 2_000;
/** Faults by the book's names that a run of more than a few calls has to have met. */
const FAULTS_NEEDED = ['throttle', 'error', 'hang', 'reset', 'truncate', 'exception', 'no-usage'];

/** Prints every count, and the first violations. */
export function printReport(result: Result): void {
  const print = (what: string, count: number): void => {
    console.log(`${String(count).padStart(9)}  ${what}`);
  };
  console.log(`\nafter ${Math.round(result.seconds)} s`);
  print('calls begun', result.calls);
  print('calls whose caller went away', result.leftBehind);
  for (const end of [...result.ends.keys()].sort()) {
    print(`calls ended: ${end}`, result.ends.get(end) ?? 0);
  }
  print('kills', result.kills.length);
  for (const point of [...CRASH_POINTS, null]) {
    print(`  at ${point ?? 'random moments'}`, killsAt(result, point));
  }
  print('  while it was starting', killsAt(result, STARTING));
  print('  at crash points that were not reached', result.missed);
  for (const what of Object.keys(result.counts).sort()) print(what, result.counts[what] ?? 0);
  for (const violation of result.violations.slice(0, VIOLATIONS_SHOWN)) {
    console.log(`VIOLATION  ${violation}`);
  }
  const more = result.violations.length - VIOLATIONS_SHOWN;
  if (more > 0) console.log(`VIOLATION  and ${more} more`);
}

/** Why the run proves too little, or null. */
export function whyVoid(result: Result, options: Options): string | null {
  for (const point of CRASH_POINTS) {
    const kills = killsAt(result, point);
    if (kills < options.killsPerPoint) return `only ${kills} kills at ${point}`;
  }
  const random = killsAt(result, null);
  if (random < options.randomKills) return `only ${random} kills at random moments`;
  const rows = result.counts['rows in the book'] ?? 0;
  const needed = (result.kills.length - killsAt(result, STARTING)) * CALLS_PER_KILL_MIN;
  if (rows < needed) return `only ${rows} calls reached the upstream, not ${needed}`;
  const events = FAULTS_NEEDED.map((fault) => `fault ${fault}`);
  for (const what of [...events, 'calls that were retried', 'interrupted unknowns']) {
    const times = result.counts[what] ?? 0;
    const least = Math.floor(rows / ROWS_PER_EVENT);
    if (times < least) return `only ${times}, not ${least}, of: ${what}`;
  }
  if (result.leftBehind < result.kills.length) return `only ${result.leftBehind} callers went away`;
  return null;
}

function killsAt(result: Result, point: string | null): number {
  return result.kills.filter((kill) => kill.point === point).length;
}
