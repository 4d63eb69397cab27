/**
 * What the gateway adds to the latency of a call: open-loop arrivals at a fixed rate, the same
 * moments for the upstream alone, the relay and the gateway; added = percentile through the
 * gateway minus the percentile straight to the upstream. The disk's sync time is measured before,
 * between and after, as the targets are stated in it. Once on the disk of the data directory,
 * once in memory.
 */
import type { Kind } from './answers.ts';
import { syncTimes } from './disk.ts';
import { Gateway } from './gateway.ts';
import { median, percentilesOf, type Percentiles } from './percentiles.ts';
import { Rig, type Ask, type Run, type Target } from './rig.ts';
import type { SectionResult, Settings, Table, Target as Goal } from './section.ts';
import { expectedTotals } from './totals.ts';
import { faultsOfEntries, faultsOfLatency, percent, wrongAnswers } from './validity.ts';

export const CALLS_PER_SECOND = 500;
/** Beside the syncs that durability costs, this much may be added. */
const ADDED_P50_MS_MAX = 1;
const ADDED_P99_MS_MAX = 5;
const SYNCS_ALLOWED = 3;
/** Enough for any stall of a few hundred milliseconds without asking twice on one connection. */
const CONNECTIONS = 128;
const TMPFS = '/dev/shm';
const KINDS: readonly Kind[] = ['converse', 'stream'];

interface Round {
  readonly direct: Run;
  readonly relay: Run;
  readonly gateway: Run;
  readonly faults: readonly string[];
}

interface CaseResult {
  readonly place: string;
  readonly kind: Kind;
  readonly rounds: readonly Round[];
  readonly used: readonly Round[];
  readonly addedP50: number;
  readonly addedP99: number;
}

interface PlaceResult {
  readonly place: string;
  readonly cases: readonly CaseResult[];
  readonly sync: Percentiles;
  readonly wrong: readonly string[];
  readonly void: readonly string[];
}

export async function measureLatency(settings: Settings): Promise<SectionResult> {
  const disk = await measurePlace(settings, 'disk', settings.dataParent);
  const memory = await measurePlace(settings, 'tmpfs', `${TMPFS}/tollkeeper-bench`);
  const places = [disk, memory];
  return {
    section: 'latency',
    tables: [addedTable(places), ...places.map(runsTable)],
    wrong: places.flatMap((place) => place.wrong),
    void: places.flatMap((place) => place.void),
    targets: disk.cases.flatMap((one) => goalsOf(one, disk.sync)),
    figures: places,
  };
}

async function measurePlace(
  settings: Settings,
  place: string,
  parentDir: string,
): Promise<PlaceResult> {
  const syncs = syncTimes(parentDir, settings.quick ? 20 : 300);
  const rig = await Rig.start(settings.cores);
  const gateway = await Gateway.start({
    core: settings.cores.subject,
    parentDir,
    credentials: 'bearer',
    upstreamUrl: rig.upstreamUrl,
    flags: settings.gatewayFlags,
    profileDir: null,
  });
  try {
    const cases: CaseResult[] = [];
    const warmed = await warmUp(settings, rig, gateway);
    for (const kind of KINDS) {
      cases.push(await measureCase(settings, rig, gateway, place, kind));
      syncs.push(...syncTimes(parentDir, settings.quick ? 20 : 300));
    }
    const rounds = cases.flatMap((one) => one.rounds);
    const asked = rounds.reduce((sum, round) => sum + round.gateway.result.right, warmed);
    const runs = rounds.flatMap(({ direct, relay, gateway: through }) => [direct, relay, through]);
    const wrong = [
      ...wrongAnswers(runs.map(({ facts }) => facts)),
      ...faultsOfEntries(expectedTotals(asked), await gateway.totals()),
    ];
    const faults = cases.flatMap((one) => voidOf(settings, one));
    return { place, cases, sync: percentilesOf(syncs), wrong, void: faults };
  } finally {
    await gateway.stop();
    await rig.stop();
  }
}

/**
 * Lets relay and gateway be compiled before anything is measured: at 500 calls a second that alone
 * takes longer than a round. Answers with the gateway's calls.
 */
async function warmUp(settings: Settings, rig: Rig, gateway: Target): Promise<number> {
  let calls = 0;
  for (const kind of KINDS) {
    const ask: Ask = {
      kind,
      connections: CONNECTIONS,
      warmSeconds: 0,
      seconds: settings.warmSeconds,
    };
    await rig.run(rig.bareRelay, ask, [gateway]);
    calls += (await rig.run(gateway, ask, [rig.bareRelay])).result.right;
  }
  return calls;
}

async function measureCase(
  settings: Settings,
  rig: Rig,
  gateway: Target,
  place: string,
  kind: Kind,
): Promise<CaseResult> {
  const { warmSeconds, seconds, say } = settings;
  const ask: Ask = {
    kind,
    connections: CONNECTIONS,
    warmSeconds,
    seconds: seconds * 2,
    perSecond: CALLS_PER_SECOND,
  };
  const wanted = Math.min(3, settings.rounds);
  const rounds: Round[] = [];
  while (rounds.length < wanted * (settings.quick ? 1 : 2) && counting(rounds).length < wanted) {
    const direct = await rig.run(rig.direct, ask, [gateway, rig.bareRelay]);
    const relay = await rig.run(rig.bareRelay, ask, [gateway]);
    const through = await rig.run(gateway, ask, [rig.bareRelay]);
    const faults = [direct, relay, through].flatMap((run) =>
      faultsOfLatency({
        ...run.facts,
        latenessP99Ms: run.result.lateness.p99,
        othersOnLoadCore: run.othersOnLoadCore,
      }),
    );
    rounds.push({ direct, relay, gateway: through, faults });
    const verdict = faults.length === 0 ? '' : ` - void: ${faults.join('; ')}`;
    say(
      `${place}, ${kind}: added p50 ${added(through, direct, kind, 'p50').toFixed(2)} ms, ` +
        `p99 ${added(through, direct, kind, 'p99').toFixed(2)} ms${verdict}`,
    );
  }
  const valid = counting(rounds);
  const used = valid.length >= wanted ? valid : rounds;
  const over = (rank: 'p50' | 'p99'): number =>
    median(used.map((round) => added(round.gateway, round.direct, kind, rank)));
  return { place, kind, rounds, used, addedP50: over('p50'), addedP99: over('p99') };
}

/** The time a caller feels: whole answers, and of streams the first byte. */
function timesOf(run: Run, kind: Kind): Percentiles {
  return kind === 'converse' ? run.result.whole : run.result.firstByte;
}

function added(through: Run, direct: Run, kind: Kind, rank: 'p50' | 'p99'): number {
  return timesOf(through, kind)[rank] - timesOf(direct, kind)[rank];
}

function counting(rounds: readonly Round[]): Round[] {
  return rounds.filter(({ faults }) => faults.length === 0);
}

function voidOf(settings: Settings, one: CaseResult): string[] {
  const wanted = Math.min(3, settings.rounds);
  const valid = counting(one.rounds).length;
  if (valid >= wanted) return [];
  const reasons = new Set(one.rounds.flatMap((round) => round.faults));
  return [
    `${one.place}, ${one.kind}: only ${valid} of ${one.rounds.length} rounds count, ` +
      `${wanted} are needed: ${[...reasons].join('; ')}`,
  ];
}

function goalsOf(one: CaseResult, sync: Percentiles): Goal[] {
  const name = one.kind === 'converse' ? 'non-streamed' : 'streamed, first byte';
  const goal = (rank: 'p50' | 'p99', base: number, measured: number): Goal => {
    const max = base + SYNCS_ALLOWED * sync[rank];
    return {
      name: `added latency ${rank}, ${name}, ${CALLS_PER_SECOND} calls/s`,
      demanded: `<= ${base} + ${SYNCS_ALLOWED} x ${sync[rank].toFixed(2)} = ${max.toFixed(2)} ms`,
      measured: `${measured.toFixed(2)} ms`,
      met: measured <= max,
    };
  };
  return [goal('p50', ADDED_P50_MS_MAX, one.addedP50), goal('p99', ADDED_P99_MS_MAX, one.addedP99)];
}

function addedTable(places: readonly PlaceResult[]): Table {
  const ms = (value: number): string => value.toFixed(2);
  return {
    title: `Added latency at ${CALLS_PER_SECOND} calls/s, medians of rounds, in ms (p50 / p99)`,
    head: ['case', 'direct', 'relay', 'gateway', 'added', 'relay adds', 'fdatasync'],
    rows: places.flatMap((place) =>
      place.cases.map((one) => {
        const at = (pick: (round: Round) => Run, rank: 'p50' | 'p99'): number =>
          median(one.used.map((round) => timesOf(pick(round), one.kind)[rank]));
        const both = (pick: (round: Round) => Run): string =>
          `${ms(at(pick, 'p50'))} / ${ms(at(pick, 'p99'))}`;
        const relayAdds = (rank: 'p50' | 'p99'): string =>
          ms(median(one.used.map(({ relay, direct }) => added(relay, direct, one.kind, rank))));
        return [
          `${place.place}, ${one.kind === 'converse' ? 'whole answer' : 'first byte of stream'}`,
          both((round) => round.direct),
          both((round) => round.relay),
          both((round) => round.gateway),
          `${ms(one.addedP50)} / ${ms(one.addedP99)}`,
          `${relayAdds('p50')} / ${relayAdds('p99')}`,
          `${ms(place.sync.p50)} / ${ms(place.sync.p99)}`,
        ];
      }),
    ),
  };
}

function runsTable(place: PlaceResult): Table {
  return {
    title: `Runs: latency, data directory on ${place.place}`,
    head: ['run', 'calls', 'late p50', 'late p99', 'own CPU', 'others', 'p50', 'p90', 'p99', 'max'],
    rows: place.cases.flatMap((one) =>
      one.rounds.flatMap((round) =>
        [round.direct, round.relay, round.gateway].map((run) => {
          const times = timesOf(run, one.kind);
          return [
            `${one.kind} ${run.target}`,
            String(times.count),
            run.result.lateness.p50.toFixed(2),
            run.result.lateness.p99.toFixed(2),
            percent(run.facts.subjectShare),
            percent(run.facts.othersShare),
            ...[times.p50, times.p90, times.p99, times.max].map((value) => value.toFixed(2)),
          ];
        }),
      ),
    ),
  };
}
