/**
 * One run: the processes, the load, the kills, the last recovery, and the evidence for the audit.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS } from '../packages/server/src/gateway/crash-point.ts';
import { audit } from './audit.ts';
import type { Kill } from './audit.ts';
import { Load } from './load.ts';
import type { Options } from './options.ts';
import { passBound } from './over-bound.ts';
import { freePort, GatewayProcess, SimulatorProcess } from './processes.ts';
import type { Demo } from './processes.ts';
import { Random } from './random.ts';
import { putBudget, readBook, readBudgets, readEntries } from './records.ts';
import type { BudgetRecord } from './records.ts';

/** What a run found. */
export interface Result {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly kills: readonly Kill[];
  /** Kills at which the crash point was not reached in time. */
  readonly missed: number;
  readonly calls: number;
  readonly leftBehind: number;
  /** Ends of the calls as the callers saw them, by name. */
  readonly ends: ReadonlyMap<string, number>;
  readonly seconds: number;
}

const REACHED_WITHIN_MS = 15_000;
const POLL_MS = 3;
const RANDOM_DELAY_MS = [20, 700] as const;
/** A crash point stops the gateway at one of its first so many visits. */
const VISITS_MAX = 40;
/** When a gateway that is killed while it starts is killed. */
const START_MS = [100, 2_500] as const;
const CALM_MS = 1_500;
const RECOVERED_WITHIN_MS = 30_000;
/** The point of a kill in the middle of a start. */
export const STARTING = 'start';
const PLENTY = '1000000';
const TOTAL_BUDGETS = ['chaos-usd', 'chaos-requests', 'chaos-late'];

/** Runs everything. The processes that it starts are gone when it resolves, rejects or is ended. */
export async function runChaos(options: Options, dataDir: string): Promise<Result> {
  const simulator = await SimulatorProcess.start(await freePort());
  const gateway = new GatewayProcess(dataDir, await freePort(), simulator.url);
  const end = (): void => gateway.endForSure();
  process.once('exit', end);
  const interrupt = (): void => process.exit(130);
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await new Run(options, dataDir, simulator, gateway).complete();
  } finally {
    end();
    await simulator.stop();
  }
}

class Run {
  readonly #options: Options;
  readonly #simulator: SimulatorProcess;
  readonly #gateway: GatewayProcess;
  readonly #random: Random;
  readonly #kills: Kill[] = [];
  readonly #dataDir: string;
  readonly #startedAt = Date.now();
  readonly #startMs: number[] = [];
  #missed = 0;

  constructor(
    options: Options,
    dataDir: string,
    simulator: SimulatorProcess,
    gateway: GatewayProcess,
  ) {
    this.#dataDir = dataDir;
    this.#options = options;
    this.#simulator = simulator;
    this.#gateway = gateway;
    this.#random = new Random(options.seed);
  }

  async complete(): Promise<Result> {
    await this.#gateway.start(null);
    await makeBudgets(this.#gateway.demo);
    // Everything has to be there again after an orderly end, too.
    await this.#gateway.stop();
    await this.#gateway.start(null);
    const demo = this.#gateway.demo;
    const load = new Load(demo);
    load.start(this.#options.callers, this.#random.fork());
    load.gatewayServes();
    const schedule = this.#schedule();
    const half = schedule.length >> 1;
    for (const [index, point] of schedule.entries()) {
      await this.#killOnce(load, point);
      // A budget that comes in the middle starts with all that was spent, running calls included.
      if (index === half) await this.#addLateBudget(load, demo);
      if ((index + 1) % 10 === 0) this.#tell(`${index + 1} of ${schedule.length} kills`, load);
    }
    return this.#conclude(load, demo);
  }

  /** Crash points and random moments (null), shuffled. */
  #schedule(): (string | null)[] {
    const { killsPerPoint, randomKills } = this.#options;
    const points = CRASH_POINTS.flatMap((point) => Array<string>(killsPerPoint).fill(point));
    const all: (string | null)[] = [...points, ...Array<null>(randomKills).fill(null)];
    const order = all.map((kill) => ({ kill, at: this.#random.next() }));
    return order.sort((a, b) => a.at - b.at).map(({ kill }) => kill);
  }

  /** One life of the gateway, from its start to its kill. */
  async #killOnce(load: Load, point: string | null): Promise<void> {
    if (point === null && this.#random.oneIn(3)) await this.#killWhileStarting(load);
    for (let attempt = 0; attempt < 3; attempt++) {
      const visit = this.#random.between(1, VISITS_MAX);
      await this.#restart(load, point === null ? null : `${point}:${visit}`);
      const reached = point === null ? await this.#someTime() : await this.#untilCrashPoint();
      await this.#kill(load, reached ? point : 'missed');
      if (reached) return;
      this.#missed += 1;
    }
  }

  /** A death in the middle of the start: recovery itself is cut short, and has to be done again. */
  async #killWhileStarting(load: Load): Promise<void> {
    if (this.#kills.length === 0) return;
    const until = this.#random.between(...START_MS);
    const counted = load.inFlight.count();
    await this.#gateway.startInVain(until);
    this.#kills.push({ at: Date.now(), point: STARTING, inFlight: counted });
    load.inFlight.gatewayDied();
  }

  async #someTime(): Promise<true> {
    await sleep(this.#random.between(...RANDOM_DELAY_MS));
    return true;
  }

  async #untilCrashPoint(): Promise<boolean> {
    const until = Date.now() + REACHED_WITHIN_MS;
    while (Date.now() < until) {
      if (this.#gateway.atCrashPoint) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  async #kill(load: Load, point: string | null): Promise<void> {
    const ended = this.#gateway.unexpectedEnd;
    if (ended !== null) throw new Error(`the gateway ended by itself; it had said:\n${ended}`);
    this.#kills.push({ at: Date.now(), point, inFlight: load.inFlight.count() });
    load.gatewayIsGone();
    await this.#gateway.kill();
    load.inFlight.gatewayDied();
  }

  /** Starts a gateway for the next life; the one that the run began with is used up first. */
  async #restart(load: Load, crashPoint: string | null): Promise<void> {
    if (this.#kills.length === 0) await this.#kill(load, null);
    const began = Date.now();
    await this.#gateway.start(crashPoint);
    this.#startMs.push(Date.now() - began);
    load.gatewayServes();
  }

  async #addLateBudget(load: Load, demo: Demo): Promise<void> {
    await this.#restart(load, null);
    await sleep(300);
    await putBudget(demo, 'chaos-late', totalBudget(demo, 'usd'));
    await this.#kill(load, null);
  }

  async #conclude(load: Load, demo: Demo): Promise<Result> {
    await this.#restart(load, null);
    await sleep(CALM_MS);
    await load.stop();
    // Calls that hang upstream are still being drained; the last kill ends them.
    await this.#kill(load, null);
    await this.#gateway.start(null);
    const budgets = await untilNothingIsHeld(demo);
    const book = await readBook(this.#simulator.url);
    const entries = await readEntries(demo);
    const kills = this.#kills;
    const verdict = audit({ book, entries, budgets, kills, totalBudgets: TOTAL_BUDGETS });
    if (verdict.violations.length > 0) {
      // What the findings are about, for whoever looks into them.
      const evidence = JSON.stringify({ book, entries, budgets, kills });
      writeFileSync(join(this.#dataDir, 'evidence.json'), evidence);
    }
    const overBound = await passBound(demo, this.#simulator.url);
    const violations = [...verdict.violations, ...overBound.violations];
    for (const [what, times] of load.answers.unexplained) {
      violations.push(`${times} answers that nothing explains: ${what}`);
    }
    if (load.stuck > 0) violations.push(`${load.stuck} calls never ended`);
    return {
      counts: { ...verdict.counts, ...overBound.counts },
      violations,
      kills,
      missed: this.#missed,
      calls: load.inFlight.begun,
      leftBehind: load.inFlight.leftBehind,
      ends: load.answers.ends,
      seconds: (Date.now() - this.#startedAt) / 1000,
    };
  }

  #tell(what: string, load: Load): void {
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000);
    const starts = this.#startMs.splice(0);
    const startMs = Math.round(starts.reduce((sum, ms) => sum + ms, 0) / starts.length);
    const calls = `${load.inFlight.begun} calls, ready in ${startMs} ms`;
    console.log(`${String(seconds).padStart(4)} s  ${what}, ${calls}`);
  }
}

function totalBudget(demo: Demo, unit: 'usd' | 'requests'): unknown {
  return {
    scope: { type: 'organization', org_id: demo.org_id },
    limit: { unit, amount: PLENTY },
    window: 'total',
    timezone: 'UTC',
    mode: 'enforce',
  };
}

/** Budgets of several kinds, all too large to be in the way; the demo's own is raised. */
async function makeBudgets(demo: Demo): Promise<void> {
  for (const budget of await readBudgets(demo)) {
    const { scope, match, limit, window, timezone, mode } = budget;
    await putBudget(demo, budget.budget_id, {
      scope,
      ...(match === null ? {} : { match }),
      limit: { unit: limit.unit, amount: PLENTY },
      window,
      timezone,
      mode,
    });
  }
  await putBudget(demo, 'chaos-usd', totalBudget(demo, 'usd'));
  await putBudget(demo, 'chaos-requests', totalBudget(demo, 'requests'));
  await putBudget(demo, 'chaos-app-tokens', {
    scope: { type: 'application', org_id: demo.org_id, app_id: demo.app_id },
    limit: { unit: 'tokens', amount: '1000000000000' },
    window: 'month',
    timezone: 'Australia/Lord_Howe',
    mode: 'enforce',
  });
}

/** Waits until recovery has settled every hold, and gives up with what it sees then. */
async function untilNothingIsHeld(demo: Demo): Promise<readonly BudgetRecord[]> {
  const until = Date.now() + RECOVERED_WITHIN_MS;
  for (;;) {
    const budgets = await readBudgets(demo);
    if (budgets.every((budget) => Number(budget.held) === 0) || Date.now() > until) return budgets;
    await sleep(200);
  }
}
