/**
 * How fast the cost-keeper API is on one core, with durable writes and limits on: submissions one
 * by one and in batches of a hundred, closed loop for the most there is and open loop for what is
 * promised; and how long a model selection takes while submissions come at 70 % of the measured
 * maximum. Every submission of a run has to be in the ledger, at its exact cost.
 */
import { startChild, type Child } from './children.ts';
import { affinities, processTree } from './cpu.ts';
import { syncTimes } from './disk.ts';
import type { KeeperOrder, KeeperResult } from './keeper-load.ts';
import { KeeperServer } from './keeper-server.ts';
import { BATCH_SIZE, SUBMITTED_PICO_USD, type KeeperKind } from './keeper-work.ts';
import { median, percentilesOf, type Percentiles } from './percentiles.ts';
import type { SectionResult, Settings, Table } from './section.ts';
import { faultsOfLatency, faultsOfThroughput, percent, type RunFacts } from './validity.ts';

const CLIENTS = 600;
const USAGE_PER_SECOND_MIN = 5_000;
const ENTRIES_PER_SECOND_MIN = 20_000;
const SELECTIONS_PER_SECOND = 100;
const SELECTION_P99_MS = 5;
const SYNCS_ALLOWED = 3;
const SHARE_OF_MAXIMUM = 0.7;
const RUN_SLACK_SECONDS = 120;

interface Run {
  readonly label: string;
  readonly result: KeeperResult;
  readonly facts: RunFacts;
  readonly othersOnLoadCore: number;
  readonly faults: readonly string[];
}

type Ask = Pick<KeeperOrder, 'closed' | 'open' | 'connections'>;

export async function measureKeeper(settings: Settings): Promise<SectionResult> {
  const clients = settings.quick ? 20 : CLIENTS;
  settings.say(`making ${clients} clients; their secrets are hashed slowly on purpose`);
  const server = await KeeperServer.start(
    {
      core: settings.cores.subject,
      parentDir: settings.dataParent,
      credentials: 'bearer',
      upstreamUrl: 'http://127.0.0.1:9',
      flags: settings.gatewayFlags,
      profileDir: settings.profileDir,
    },
    clients,
  );
  const load = await startChild(settings.cores.load, './keeper-load.ts');
  try {
    return await new Keeper(settings, server, load, clients).measure();
  } finally {
    await load.stop();
    await server.stop();
  }
}

class Keeper {
  readonly #settings: Settings;
  readonly #server: KeeperServer;
  readonly #load: Child;
  readonly #clients: number;
  readonly #runs: Run[] = [];
  readonly #wrong: string[] = [];
  #submitted = 0;

  constructor(settings: Settings, server: KeeperServer, load: Child, clients: number) {
    this.#settings = settings;
    this.#server = server;
    this.#load = load;
    this.#clients = clients;
  }

  async measure(): Promise<SectionResult> {
    const { dataParent, quick } = this.#settings;
    const syncs = syncTimes(dataParent, quick ? 20 : 300);
    const single = await this.#maximum('usage', 1);
    // More than it can take: what is answered is the most there is of arrivals that do not wait.
    const flooded = await this.#open('submissions, flooded', { usage: single * 1.2 }, false);
    const most = flooded.result.kinds.usage.perSecond;
    const selecting = await this.#open('selections beside submissions', {
      usage: most * SHARE_OF_MAXIMUM,
      selection: SELECTIONS_PER_SECOND,
    });
    const open = await this.#open('submissions, open loop', {
      usage: quick ? 200 : USAGE_PER_SECOND_MIN * 1.1,
    });
    syncs.push(...syncTimes(dataParent, quick ? 20 : 300));
    const batches = await this.#maximum('batch', BATCH_SIZE);
    await this.#maximum('selection', 1);
    syncs.push(...syncTimes(dataParent, quick ? 20 : 300));
    await this.#compareWithLedger();
    const sync = percentilesOf(syncs);
    return this.#report({ single, most, open, batches, selecting, sync });
  }

  /** The most per second of one kind, closed loop, in units of `each`; median of the rounds. */
  async #maximum(kind: KeeperKind, each: number): Promise<number> {
    const { rounds, say } = this.#settings;
    const connections = kind === 'batch' ? 64 : 256;
    const rates: number[] = [];
    for (let round = 0; round < Math.min(3, rounds); round += 1) {
      const run = await this.#run(`${kind}, closed loop`, { closed: kind, open: {}, connections });
      run.faults.push(...faultsOfThroughput(run.facts));
      const perSecond = run.result.kinds[kind].perSecond * each;
      rates.push(perSecond);
      say(`${kind}: ${perSecond.toFixed(0)} /s ${verdict(run.faults)}`);
    }
    return median(rates);
  }

  async #open(label: string, open: KeeperOrder['open'], judged = true): Promise<Run> {
    const run = await this.#run(label, { closed: null, open, connections: this.#clients });
    const latenessP99Ms = run.result.kinds.usage.lateness.p99;
    const { othersOnLoadCore } = run;
    if (judged)
      run.faults.push(...faultsOfLatency({ ...run.facts, latenessP99Ms, othersOnLoadCore }));
    const { usage, selection } = run.result.kinds;
    this.#settings.say(
      `${label}: ${usage.perSecond.toFixed(0)}/s, p99 ${usage.times.p99.toFixed(2)} ms; ` +
        `selections p99 ${selection.times.p99.toFixed(2)} ms ${verdict(run.faults)}`,
    );
    return run;
  }

  async #run(label: string, ask: Ask): Promise<Run & { readonly faults: string[] }> {
    const { warmSeconds, seconds, cores } = this.#settings;
    const subject = processTree(this.#server.pid);
    const onLoadCore = [this.#load.pid, process.pid];
    const order: KeeperOrder = {
      port: this.#server.port,
      clients: this.#server.clients,
      ...ask,
      warmSeconds,
      seconds,
      pids: [...subject, ...onLoadCore],
    };
    const secondsMax = warmSeconds + seconds + RUN_SLACK_SECONDS;
    const result = (await this.#load.ask('run', order, secondsMax)) as KeeperResult;
    const { usage, batch } = result.kinds;
    this.#submitted += usage.right + batch.right * BATCH_SIZE;
    if (result.wrong > 0) {
      this.#wrong.push(`${label}: ${result.wrong} wrong answers: ${result.firstFault ?? ''}`);
    }
    const used = (pids: readonly number[]): number =>
      pids.reduce((sum, pid) => sum + (result.cpu.processes[pid] ?? 0), 0);
    const core = result.cpu.cores[cores.subject];
    const run = {
      label,
      result,
      facts: {
        label,
        wrong: result.wrong,
        firstFault: result.firstFault,
        subjectShare: used(subject),
        othersShare: Math.max(0, (core?.busy ?? 0) - used(subject)),
        stealShare: core?.steal ?? 0,
        affinities: [...new Set(subject.flatMap((pid) => affinities(pid)))],
        core: cores.subject,
      },
      othersOnLoadCore: Math.max(0, (result.cpu.cores[cores.load]?.busy ?? 0) - used(onLoadCore)),
      faults: [],
    };
    this.#runs.push(run);
    return run;
  }

  async #compareWithLedger(): Promise<void> {
    const { requests, costUsd } = await this.#server.totals();
    if (requests !== this.#submitted) {
      this.#wrong.push(
        `${this.#submitted} submissions were accepted, ${requests} are in the ledger`,
      );
    }
    const [whole = '', fraction = ''] = costUsd.split('.');
    const pico = BigInt(whole + fraction.padEnd(12, '0'));
    const expected = BigInt(this.#submitted) * SUBMITTED_PICO_USD;
    if (pico !== expected) {
      this.#wrong.push(`the ledger says ${pico} pico-USD, ${expected} were submitted`);
    }
  }

  #report(figures: {
    readonly single: number;
    readonly most: number;
    readonly open: Run;
    readonly batches: number;
    readonly selecting: Run;
    readonly sync: Percentiles;
  }): SectionResult {
    const { single, most, open, batches, selecting, sync } = figures;
    const opened = open.result.kinds.usage.perSecond;
    const p99 = selecting.result.kinds.selection.times.p99;
    const p99Max = SELECTION_P99_MS + SYNCS_ALLOWED * sync.p99;
    const goal = (name: string, demanded: string, measured: string, met: boolean) => ({
      ...{ name, demanded, measured, met },
    });
    return {
      section: 'keeper',
      stretches: this.#runs.map(({ result }) => ({
        fromMs: result.cpu.fromMs,
        toMs: result.cpu.toMs,
        calls: (result.kinds.usage.perSecond + result.kinds.batch.perSecond) * result.cpu.seconds,
      })),
      tables: [this.#table(sync)],
      wrong: this.#wrong,
      void: this.#runs.flatMap(({ label, faults }) => faults.map((fault) => `${label}: ${fault}`)),
      targets: [
        goal(
          `submissions/s, one core, ${this.#clients} clients, open loop`,
          `>= ${USAGE_PER_SECOND_MIN}`,
          `${opened.toFixed(0)} (at most ${most.toFixed(0)}; closed loop ${single.toFixed(0)})`,
          opened >= USAGE_PER_SECOND_MIN,
        ),
        goal(
          'entries/s by batches of 100, one core',
          `>= ${ENTRIES_PER_SECOND_MIN}`,
          batches.toFixed(0),
          batches >= ENTRIES_PER_SECOND_MIN,
        ),
        goal(
          `model selection p99 beside ${(most * SHARE_OF_MAXIMUM).toFixed(0)} submissions/s`,
          `<= ${SELECTION_P99_MS} + ${SYNCS_ALLOWED} x ${sync.p99.toFixed(2)} = ` +
            `${p99Max.toFixed(2)} ms`,
          `${p99.toFixed(2)} ms`,
          p99 <= p99Max,
        ),
      ],
      figures: { ...figures, runs: this.#runs },
    };
  }

  #table(sync: Percentiles): Table {
    return {
      title:
        `The cost-keeper API on one core, ${this.#clients} clients; ` +
        `fdatasync p50 ${sync.p50.toFixed(2)} ms, p99 ${sync.p99.toFixed(2)} ms`,
      head: [
        'run',
        'calls/s',
        'own core',
        'others',
        'steal',
        'us/call',
        'p50 ms',
        'p99 ms',
        'late p99',
      ],
      rows: this.#runs.flatMap(({ label, result, facts }) => {
        const kinds = (['usage', 'batch', 'selection'] as const).filter(
          (kind) => result.kinds[kind].times.count > 0,
        );
        const calls = kinds.reduce((sum, kind) => sum + result.kinds[kind].perSecond, 0);
        return kinds.map((kind) => {
          const { perSecond, times, lateness } = result.kinds[kind];
          return [
            `${label}: ${kind}`,
            perSecond.toFixed(0),
            percent(facts.subjectShare),
            percent(facts.othersShare),
            percent(facts.stealShare),
            ((1e6 * facts.subjectShare) / calls).toFixed(0),
            times.p50.toFixed(2),
            times.p99.toFixed(2),
            Number.isNaN(lateness.p99) ? '-' : lateness.p99.toFixed(2),
          ];
        });
      }),
    };
  }
}

function verdict(faults: readonly string[]): string {
  return faults.length === 0 ? '' : `- void: ${faults.join('; ')}`;
}
