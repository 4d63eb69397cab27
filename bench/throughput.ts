/**
 * Calls per second of the gateway against the bare relay: each in turn on the same core, closed
 * loop, round after round so that both see the same machine, medians of the rounds that count. A
 * pair of which one run is void is measured again, up to a bound.
 */
import type { Credentials, Kind } from './answers.ts';
import { Gateway } from './gateway.ts';
import { median } from './percentiles.ts';
import { Rig, type Ask, type Run, type Target } from './rig.ts';
import type { SectionResult, Settings, Stretch, Table, Target as Goal } from './section.ts';
import { expectedTotals } from './totals.ts';
import {
  faultsOfEntries,
  faultsOfThroughput,
  faultsOfUpstream,
  percent,
  wrongAnswers,
} from './validity.ts';

/** The gateway has to reach this share of the relay in the case that has a threshold. */
const RATIO_MIN = 0.5;

interface Pair {
  readonly relay: Run;
  readonly gateway: Run;
  readonly faults: readonly string[];
}

interface CaseResult {
  readonly kind: Kind;
  readonly credentials: Credentials;
  readonly direct: readonly Run[];
  readonly pairs: readonly Pair[];
  readonly void: readonly string[];
  /** Medians of the pairs that count; of all pairs when too few do. */
  readonly relayPerSecond: number;
  readonly gatewayPerSecond: number;
  readonly ratio: number;
}

export async function measureThroughput(settings: Settings): Promise<SectionResult> {
  const rig = await Rig.start(settings.cores);
  try {
    const measured: Measured[] = [];
    for (const credentials of settings.credentials) {
      measured.push(await measureUnder(settings, rig, credentials));
    }
    return report(
      settings,
      measured.flatMap(({ cases }) => cases),
      measured.flatMap(({ wrong }) => wrong),
    );
  } finally {
    await rig.stop();
  }
}

interface Measured {
  readonly cases: readonly CaseResult[];
  /** What the ledger has that it should not have. */
  readonly wrong: readonly string[];
}

/** Signatures cost the same whatever the reply is: the stream is measured under bearer alone. */
async function measureUnder(
  settings: Settings,
  rig: Rig,
  credentials: Credentials,
): Promise<Measured> {
  const gateway = await Gateway.start({
    core: settings.cores.subject,
    parentDir: settings.dataParent,
    credentials,
    upstreamUrl: rig.upstreamUrl,
    flags: settings.gatewayFlags,
    profileDir: settings.profileDir,
  });
  try {
    const cases: CaseResult[] = [];
    for (const kind of settings.kinds) {
      if (kind === 'stream' && credentials === 'sigv4' && settings.kinds.length > 1) continue;
      cases.push({ ...(await measureCase(settings, rig, gateway, kind)), credentials });
    }
    const right = cases.flatMap(({ pairs }) => pairs).map((pair) => pair.gateway.result.right);
    const asked = right.reduce((sum, count) => sum + count, 0);
    const wrong = faultsOfEntries(expectedTotals(asked), await gateway.totals());
    const { held, excess } = await gateway.budget();
    if (Number(held) !== 0) wrong.push(`holds of ${held} USD were left behind`);
    if (Number(excess) !== 0) wrong.push(`${excess} USD were spent beyond the limit`);
    return { cases, wrong };
  } finally {
    await gateway.stop();
  }
}

async function measureCase(
  settings: Settings,
  rig: Rig,
  gateway: Target,
  kind: Kind,
): Promise<Omit<CaseResult, 'credentials'>> {
  const { connections, warmSeconds, seconds, rounds, say } = settings;
  const ask: Ask = { kind, connections, warmSeconds, seconds };
  const direct = [await rig.run(rig.direct, ask)];
  const pairs: Pair[] = [];
  const pairsMax = settings.quick || settings.profileDir !== null ? rounds : rounds * 2;
  while (pairs.length < pairsMax && counting(pairs).length < rounds) {
    const relay = await rig.run(rig.bareRelay, ask, [gateway]);
    const through = await rig.run(gateway, ask, [rig.bareRelay]);
    const faults = [...faultsOfThroughput(relay.facts), ...faultsOfThroughput(through.facts)];
    pairs.push({ relay, gateway: through, faults });
    const [a, b] = [relay.result.perSecond, through.result.perSecond];
    const verdict = faults.length === 0 ? '' : ` - void: ${faults.join('; ')}`;
    say(`${kind}: relay ${a.toFixed(0)}/s, gateway ${b.toFixed(0)}/s${verdict}`);
  }
  direct.push(await rig.run(rig.direct, ask));
  return conclude(kind, direct, pairs, rounds);
}

function counting(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(({ faults }) => faults.length === 0);
}

function conclude(
  kind: Kind,
  direct: Run[],
  pairs: Pair[],
  rounds: number,
): Omit<CaseResult, 'credentials'> {
  const valid = counting(pairs);
  const used = valid.length >= rounds ? valid : pairs;
  const relayPerSecond = median(used.map(({ relay }) => relay.result.perSecond));
  const gatewayPerSecond = median(used.map((pair) => pair.gateway.result.perSecond));
  const alone = Math.min(...direct.map((run) => run.result.perSecond));
  const faults = faultsOfUpstream(alone, relayPerSecond);
  if (valid.length < rounds) {
    faults.push(`only ${valid.length} of ${pairs.length} pairs count, ${rounds} are needed`);
    faults.push(...new Set(pairs.flatMap((pair) => pair.faults)));
  }
  return {
    kind,
    direct,
    pairs,
    void: faults.map((fault) => `${kind}: ${fault}`),
    relayPerSecond,
    gatewayPerSecond,
    ratio: gatewayPerSecond / relayPerSecond,
  };
}

function report(settings: Settings, cases: CaseResult[], entryFaults: string[]): SectionResult {
  const goals = cases
    .filter(({ kind, credentials }) => kind === 'converse' && credentials === 'bearer')
    .map(({ ratio }): Goal => ({
      name: 'calls per second, gateway / relay (400-byte Converse, one core)',
      demanded: `>= ${RATIO_MIN}`,
      measured: ratio.toFixed(3),
      met: ratio >= RATIO_MIN,
    }));
  return {
    section: 'throughput',
    stretches: cases.flatMap(({ pairs }) => pairs.map(({ gateway }) => stretchOf(gateway))),
    tables: [ratios(cases), ...cases.map((one) => runsTable(settings, one)), threadsTable(cases)],
    wrong: [...wrongAnswers(cases.flatMap(runsOf).map(({ facts }) => facts)), ...entryFaults],
    void: cases.flatMap((one) => one.void),
    targets: goals,
    figures: cases,
  };
}

function nameOf({ kind, credentials }: CaseResult): string {
  const what = kind === 'converse' ? 'Converse, 400 bytes in' : 'ConverseStream, 50 frames';
  return credentials === 'bearer' ? what : `${what}, SigV4 in and out`;
}

function ratios(cases: readonly CaseResult[]): Table {
  return {
    title: 'Throughput on one core, medians (direct: upstream and load alone on the other core)',
    head: [
      'case',
      'direct/s',
      'relay/s',
      'gateway/s',
      'gateway / relay',
      'us/call relay',
      'gateway',
    ],
    rows: cases.map((one) => [
      nameOf(one),
      Math.min(...one.direct.map((run) => run.result.perSecond)).toFixed(0),
      one.relayPerSecond.toFixed(0),
      one.gatewayPerSecond.toFixed(0),
      one.ratio.toFixed(3),
      cpuPerCall(one.pairs.map(({ relay }) => relay)),
      cpuPerCall(one.pairs.map(({ gateway }) => gateway)),
    ]),
  };
}

/** Microseconds of its CPU that a program spent for one call, median of runs. */
function cpuPerCall(runs: readonly Run[]): string {
  const each = runs.map(({ facts, result }) => (1e6 * facts.subjectShare) / result.perSecond);
  return median(each).toFixed(0);
}

function runsTable(settings: Settings, one: CaseResult): Table {
  const runs = runsOf(one);
  return {
    title: `Runs: ${nameOf(one)}, ${settings.connections} connections, ${settings.seconds} s each`,
    head: ['run', 'calls/s', 'own core', 'others', 'steal', 'load', 'upstream', 'p50 ms', 'p99 ms'],
    rows: runs.map((run) => [
      run.target,
      run.result.perSecond.toFixed(0),
      percent(run.facts.subjectShare),
      percent(run.facts.othersShare),
      percent(run.facts.stealShare),
      percent(run.loadShare),
      percent(run.upstreamShare),
      run.result.whole.p50.toFixed(2),
      run.result.whole.p99.toFixed(2),
    ]),
  };
}

/** How the gateway's CPU spreads over its threads: event loop, the store's writer, V8's own. */
function threadsTable(cases: readonly CaseResult[]): Table {
  return {
    title: "The gateway's CPU by thread, last round (the first is the event loop)",
    head: ['thread', 'part of its CPU', 'us/call'],
    rows: cases.flatMap(({ kind, credentials, pairs }) => {
      const run = pairs.at(-1)?.gateway;
      if (run === undefined) return [];
      const microseconds = Number(cpuPerCall([run]));
      return run.threads
        .filter(({ part }) => part >= 0.005)
        .map(({ name, part }) => [
          `${kind} ${credentials} ${name}`,
          percent(part),
          (part * microseconds).toFixed(0),
        ]);
    }),
  };
}

/** In the order in which they were made. */
function runsOf(one: CaseResult): Run[] {
  return [
    ...one.direct.slice(0, 1),
    ...one.pairs.flatMap((pair) => [pair.relay, pair.gateway]),
    ...one.direct.slice(1),
  ];
}

function stretchOf({ result }: Run): Stretch {
  const { fromMs, toMs, seconds } = result.cpu;
  return { fromMs, toMs, calls: result.perSecond * seconds };
}
