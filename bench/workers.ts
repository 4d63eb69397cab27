/**
 * Two workers against one, in the same run: the product as it is and with `--workers 2`, in turn,
 * closed loop, on the same cores. They have every core, but that of the load where there are
 * enough: on a machine with two, load and upstream take a part of one of them from both alike. What
 * is printed is what came of that, and the CPU of a call over all processes, which more cores do
 * not change. Nothing is demanded: how far two carry depends on the machine.
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './gateway.ts';
import { median } from './percentiles.ts';
import { Rig, type Ask, type Run } from './rig.ts';
import type { SectionResult, Settings } from './section.ts';
import { expectedTotals } from './totals.ts';
import { faultsOfEntries, OTHERS_SHARE_MAX, percent, wrongAnswers } from './validity.ts';

const WORKERS = [1, 2];
/** With so many cores, the load keeps one to itself. */
const CORES_ENOUGH = 4;
/** What was leased and is not used goes back within a second or so. */
const IDLE_SECONDS_MAX = 10;

interface Measured {
  readonly workers: number;
  readonly runs: readonly Run[];
  readonly wrong: readonly string[];
}

export async function measureWorkers(settings: Settings): Promise<SectionResult> {
  const rig = await Rig.start(settings.cores);
  const gateways: Gateway[] = [];
  try {
    for (const workers of WORKERS) gateways.push(await start(settings, rig, workers));
    const runs = await measureInTurn(settings, rig, gateways);
    const measured = await Promise.all(
      gateways.map((gateway, index) => proved(gateway, WORKERS[index] ?? 0, runs[index] ?? [])),
    );
    return report(settings, measured);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await rig.stop();
  }
}

function start(settings: Settings, rig: Rig, workers: number): Promise<Gateway> {
  return Gateway.start({
    core: coresFor(settings).join(','),
    parentDir: settings.dataParent,
    credentials: 'bearer',
    upstreamUrl: rig.upstreamUrl,
    flags: settings.gatewayFlags,
    profileDir: null,
    settings: { TOLLKEEPER_WORKERS: String(workers) },
  });
}

function coresFor({ cores }: Settings): number[] {
  // The harness itself is pinned: what it may use is not what there is.
  const all = cpus().map((_, core) => core);
  return all.length < CORES_ENOUGH ? all : all.filter((core) => core !== cores.load);
}

/** The runs of each, in the order of the gateways. */
async function measureInTurn(
  settings: Settings,
  rig: Rig,
  gateways: readonly Gateway[],
): Promise<Run[][]> {
  const { connections, warmSeconds, seconds, rounds, say } = settings;
  const ask: Ask = { kind: 'converse', connections, warmSeconds, seconds };
  const runs: Run[][] = gateways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, gateway] of gateways.entries()) {
      const run = await rig.run(gateway, ask);
      runs[index]?.push(run);
      say(`${WORKERS[index] ?? 0} workers: ${run.result.perSecond.toFixed(0)}/s`);
    }
  }
  return runs;
}

/** What the ledger says of all that was asked. */
async function proved(gateway: Gateway, workers: number, runs: readonly Run[]): Promise<Measured> {
  const asked = runs.reduce((sum, { result }) => sum + result.right, 0);
  const wrong = [
    ...wrongAnswers(runs.map(({ facts }) => facts)),
    ...faultsOfEntries(expectedTotals(asked), await gateway.totals()),
  ];
  let figures = await gateway.budget();
  for (let waited = 0; Number(figures.held) !== 0 && waited < IDLE_SECONDS_MAX; waited++) {
    await sleep(1_000);
    figures = await gateway.budget();
  }
  if (Number(figures.held) !== 0) wrong.push(`holds of ${figures.held} USD were left behind`);
  if (Number(figures.excess) !== 0) wrong.push(`${figures.excess} USD went beyond the limit`);
  return { workers, runs, wrong: wrong.map((text) => `${workers} workers: ${text}`) };
}

function report(settings: Settings, measured: readonly Measured[]): SectionResult {
  const runs = measured.flatMap((one) => one.runs);
  const stolen = runs.filter(({ facts }) => facts.stealShare > OTHERS_SHARE_MAX);
  return {
    section: 'workers',
    tables: [
      {
        title: `Workers on cores ${coresFor(settings).join(',')}: medians of ${settings.rounds}`,
        head: ['workers', 'calls/s', 'to one', 'cores used', 'us/call', 'p50 ms', 'p99 ms'],
        rows: measured.map((one) => rowOf(one, measured[0])),
      },
    ],
    wrong: measured.flatMap(({ wrong }) => wrong),
    void: stolen.map(({ facts }) => `${percent(facts.stealShare)} of a core were stolen`),
    targets: [],
    figures: measured,
  };
}

function rowOf({ workers, runs }: Measured, one: Measured | undefined): string[] {
  const perSecond = medianOf(runs, ({ result }) => result.perSecond);
  const alone = medianOf(one?.runs ?? [], ({ result }) => result.perSecond);
  return [
    String(workers),
    perSecond.toFixed(0),
    (perSecond / alone).toFixed(3),
    medianOf(runs, ({ facts }) => facts.subjectShare).toFixed(2),
    medianOf(runs, ({ facts, result }) => (1e6 * facts.subjectShare) / result.perSecond).toFixed(0),
    medianOf(runs, ({ result }) => result.whole.p50).toFixed(2),
    medianOf(runs, ({ result }) => result.whole.p99).toFixed(2),
  ];
}

function medianOf(runs: readonly Run[], of: (run: Run) => number): number {
  return median(runs.map(of));
}
