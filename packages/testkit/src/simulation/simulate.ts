/**
 * One run: a seed makes a world with its weather, a fleet of processes and its work; faults come
 * for a while, then calm; when everything has had time to end, the auditor looks at all of it.
 */
import { everybodyServes, muchLater } from './aftermath.ts';
import { Auditor, type LedgerFacts, type Violation } from './auditor.ts';
import { budgetsOfTheWorld, documentsOfTheWorld, limitsOfTheWorld } from './catalogue.ts';
import type { Engine, LeaseFigures, MakeEngine } from './engine.ts';
import { ERA, MachineClock } from './life.ts';
import { SimulatedProcess } from './process.ts';
import { RateAudit } from './rate-audit.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { LEASE_MS } from './timing.ts';
import { Trace } from './trace.ts';
import { readBack } from './read-back.ts';
import { SimulatedUpstream } from './upstream.ts';
import { drawWeather, Tally, type Fault, type Weather } from './weather.ts';
import { Workload, type WorkCounts } from './workload.ts';
import type { World } from './world.ts';

export interface SimulateOptions {
  readonly engine: MakeEngine;
  /** Lines of what happened are kept; the run is the same. */
  readonly readable?: boolean;
  /** In place of what the seed draws. */
  readonly weather?: Partial<Weather>;
  /** The run ends with the first violation. */
  readonly stopEarly?: boolean;
}

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** How often each rule was broken. */
  readonly rules: Readonly<Record<string, number>>;
  readonly hash: string;
  readonly lines: readonly string[];
  readonly events: number;
  readonly virtualMs: number;
  readonly processes: number;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly work: WorkCounts;
  readonly billed: number;
  readonly leases: LeaseFigures;
  readonly figures: Readonly<Record<string, number>>;
}

/** Faults come for about so long. */
const STORM_MS = 40_000;
/**
 * Within so much virtual time after the last fault everything has ended: the longest answer of the
 * upstream (25 s), silence of a dead instance (10 s), two looks and two sweeps (17 s), back-off.
 */
export const QUIET_WITHIN_MS = 60_000;
/** Earlier than this nobody looks whether all is quiet: an upstream may still answer. */
const QUIET_AFTER_MS = 27_000;
/** How often it is looked at whether all is quiet. */
const LOOK_MS = 1_000;
/** In so many runs all are down for weeks after that, and items expire. */
const LATER_CHANCE = 0.15;
/** All that is in the ledger is read within so much virtual time. */
const READ_WITHIN_MS = 10_000;
const DAY_MS = 86_400_000;

/** Runs one seed. Rejects only for what is wrong with the simulation itself. */
export async function simulate(seed: number, options: SimulateOptions): Promise<Outcome> {
  const world = worldOf(seed, options);
  // It would end a real process.
  const unheard = (error: unknown): void => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    world.auditor.violated('no failure goes unheard', what);
  };
  process.on('unhandledRejection', unheard);
  try {
    return await run(seed, world, options);
  } finally {
    process.off('unhandledRejection', unheard);
  }
}

async function run(seed: number, world: World, options: SimulateOptions): Promise<Outcome> {
  const { timeline, random, auditor, upstream } = world;
  const engine = options.engine(world);
  const calls = 60 + random.below(120);
  const budgets = budgetsOfTheWorld(random, calls);
  const fleet = fleetOf(world, engine);
  await engine.found(documentsOfTheWorld(world.limits), budgets);
  const stop = (): boolean => options.stopEarly === true && auditor.count > 0;
  for (const process of fleet) process.start();
  const work = new Workload(world, fleet, budgets);
  const from = timeline.now;
  watchRates(world);
  timeline.after(500, 'the work begins', () => {
    work.plan({ calls, submissions: random.below(30), duringMs: STORM_MS });
    planFaults(world, fleet);
  });
  const look = (): void => engine.check();
  await timeline.run(from + STORM_MS + 500, look, stop);
  calmDown(world, fleet);
  // What has expired by now may be gone at once.
  engine.expire(world.era + timeline.now, () => true);
  if (random.chance(LATER_CHANCE)) await muchLater(world, fleet, engine);
  const untilQuiet = async (): Promise<void> => {
    const end = timeline.now + QUIET_WITHIN_MS - QUIET_AFTER_MS;
    while (timeline.now < end && !stop() && !isQuiet(await engine.facts())) {
      await timeline.run(timeline.now + LOOK_MS, look, stop);
    }
  };
  await timeline.run(timeline.now + QUIET_AFTER_MS, look, stop);
  await untilQuiet();
  if (!stop()) {
    await everybodyServes(world, fleet, work, engine);
    await untilQuiet();
    const facts = await engine.facts();
    auditor.whenQuiet(facts, upstream.book);
    work.judge(facts);
    if (auditor.count === 0) await askOne(world, fleet, facts);
  }
  return outcomeOf(seed, world, fleet.length, work, engine);
}

function worldOf(seed: number, options: SimulateOptions): World {
  const random = new Random(seed);
  const trace = new Trace(options.readable === true);
  const timeline = new Timeline(random.fork('order'), trace);
  const weather = { ...drawWeather(random.fork('weather')), ...options.weather };
  const world: { -readonly [K in keyof World]?: World[K] } = {
    ...{ timeline, trace, random, weather, tally: new Tally(), auditor: new Auditor() },
    patienceMs: random.between(400, 3_000),
    // Some runs begin shortly before an hour and a day end.
    era: random.chance(0.3) ? ERA + DAY_MS / 2 - 25_000 : ERA,
    isCalm: false,
    lateWrites: true,
    outages: [],
    awayUntil: 0,
    limits: limitsOfTheWorld(random.fork('limits')),
    clocks: { least: 0, most: 0 },
  };
  world.upstream = new SimulatedUpstream(world as World);
  return world as World;
}

/** From now on what is sent is held against limits of rates. */
function watchRates({ auditor, limits, timeline, clocks }: World): void {
  if (!auditor.seesIntents) return;
  const time = { now: () => timeline.now, apart: () => clocks.most - clocks.least };
  auditor.rates = new RateAudit(limits, time, (rule, what) => auditor.violated(rule, what));
}

function fleetOf(world: World, engine: Engine): SimulatedProcess[] {
  const { random, weather, tally } = world;
  return Array.from({ length: 3 + random.below(3) }, (_, number) => {
    const offset = Math.round(random.between(-1, 1) * weather.skewMs);
    if (offset !== 0) tally.count('clock_skew');
    noteClock(world, offset);
    const clock = new MachineClock(offset, 1 + random.between(-0.0005, 0.0005));
    return new SimulatedProcess(world, engine, `p${number + 1}`, clock);
  });
}

function noteClock({ clocks }: World, offset: number): void {
  clocks.least = Math.min(clocks.least, offset);
  clocks.most = Math.max(clocks.most, offset);
}

/** Crashes, pauses, partitions and clocks that step; at least one crash, whatever the weather. */
function planFaults(world: World, fleet: readonly SimulatedProcess[]): void {
  const { timeline, random, weather, tally } = world;
  const often = (everyMs: number, what: string, strike: (one: SimulatedProcess) => void): void => {
    if (everyMs === Infinity) return;
    for (let at = random.exponential(everyMs); at < STORM_MS; at += random.exponential(everyMs)) {
      timeline.after(at, what, () => strike(random.pick(fleet)));
    }
  };
  const crash = (one: SimulatedProcess): void => {
    if (!one.isUp) return;
    tally.count('crash');
    one.crash();
  };
  often(weather.crashEveryMs, 'crash', crash);
  const crashForSure = (): void => {
    const up = fleet.filter(({ isUp }) => isUp);
    if (up.length > 0) crash(random.pick(up));
    else timeline.after(100, 'crash for sure', crashForSure);
  };
  timeline.after(random.between(2_000, 0.7 * STORM_MS), 'crash for sure', crashForSure);
  often(weather.shutdownEveryMs, 'shutdown', (one) => {
    if (one.serving === undefined) return;
    tally.count('shutdown');
    one.stop();
  });
  often(weather.pauseEveryMs, 'pause', (one) => {
    const long = random.chance(0.4);
    one.pause(long ? LEASE_MS + random.between(1_000, 12_000) : random.exponential(2_000));
  });
  often(weather.partitionEveryMs, 'partition', (one) => {
    const ms = random.chance(0.3) ? random.between(8_000, 20_000) : random.exponential(2_500);
    if (one.cut(ms)) tally.count('partition');
  });
  often(weather.outageEveryMs, 'outage', () => {
    tally.count('outage');
    const ms = random.chance(0.3) ? random.between(10_000, 25_000) : random.exponential(3_000);
    world.outages.push({ from: timeline.now, to: timeline.now + ms });
    world.awayUntil = Math.max(world.awayUntil, timeline.now + ms);
  });
  often(weather.clockStepEveryMs, 'clock step', ({ clock }) => {
    tally.count('clock_step');
    clock.offsetMs += Math.round(random.between(-1, 1) * (random.chance(0.1) ? 60_000 : 2_000));
    noteClock(world, clock.offsetMs);
  });
}

/** Nothing goes wrong any more, and everybody who stood still goes on. */
function calmDown(world: World, fleet: readonly SimulatedProcess[]): void {
  world.trace.fact('calm');
  world.isCalm = true;
  const now = world.timeline.now;
  for (const [index, { from, to }] of world.outages.entries()) {
    world.outages[index] = { from, to: Math.min(to, now) };
  }
  for (const process of fleet) process.resume();
}

/** Asks some process for all that there is. */
async function askOne(
  world: World,
  fleet: readonly SimulatedProcess[],
  facts: LedgerFacts,
): Promise<void> {
  const { timeline, auditor } = world;
  const serving = fleet.map(({ serving: one }) => one).find((one) => one !== undefined);
  if (serving === undefined) {
    auditor.violated('when all is quiet, processes serve', 'none does');
    return;
  }
  let read = false;
  const { ledger } = serving.opened.stores;
  const reading = readBack(ledger, serving.gateway.clock.now(), facts, auditor).finally(() => {
    read = true;
  });
  await timeline.run(
    timeline.now + READ_WITHIN_MS,
    () => undefined,
    () => read,
  );
  if (!read) auditor.violated('reads are answered', 'a reader waits for ever');
  else await reading;
}

function isQuiet({ open, leases, rows }: LedgerFacts): boolean {
  return open.length === 0 && leases.length === 0 && rows.every(({ held }) => held === 0n);
}

function outcomeOf(
  seed: number,
  world: World,
  processes: number,
  work: Workload,
  engine: Engine,
): Outcome {
  const { auditor, trace, timeline, tally, upstream } = world;
  return {
    seed,
    violations: auditor.violations,
    rules: Object.fromEntries(auditor.rules),
    hash: trace.hash,
    lines: trace.lines,
    events: timeline.happened,
    virtualMs: timeline.now,
    processes,
    faults: tally.all(),
    work: work.counts,
    billed: upstream.book.length,
    leases: engine.leases(),
    figures: engine.figures(),
  };
}
