/**
 * What a store adds to the latency of a call: the gateway on its file and on DynamoDB, in turn,
 * open loop at a rate that leaves both of them idle most of the time. DynamoDB is an engine on this
 * machine, so what shows is what our own side of it costs: the service itself, and the way to it,
 * come on top, and no figure of theirs is guessed here.
 */
import { startDynamoEngine } from '../packages/testkit/src/dynamo-engine.ts';
import { Gateway } from './gateway.ts';
import { median } from './percentiles.ts';
import { Rig, type Ask, type Run, type Target } from './rig.ts';
import type { SectionResult, Settings } from './section.ts';
import { expectedTotals } from './totals.ts';
import { faultsOfEntries, wrongAnswers } from './validity.ts';

/** The engine makes some 1,500 transactions a second, and every call two. */
const CALLS_PER_SECOND = 100;
const CONNECTIONS = 64;
const STORES = ['sqlite', 'dynamodb'] as const;

interface Round {
  readonly direct: Run;
  readonly through: readonly Run[];
}

export async function measureStores(settings: Settings): Promise<SectionResult> {
  const rig = await Rig.start(settings.cores);
  const engine = await startDynamoEngine('dynoxide');
  const gateways: Gateway[] = [];
  try {
    for (const store of STORES) {
      gateways.push(
        await Gateway.start({
          core: settings.cores.subject,
          parentDir: settings.dataParent,
          credentials: 'bearer',
          upstreamUrl: rig.upstreamUrl,
          flags: settings.gatewayFlags,
          profileDir: null,
          settings: { TOLLKEEPER_STORE: store, TOLLKEEPER_DYNAMODB_ENDPOINT: engine.endpoint },
        }),
      );
    }
    const rounds = await measureRounds(settings, rig, gateways);
    return await report(rounds, gateways);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await engine.stop();
    await rig.stop();
  }
}

async function measureRounds(
  settings: Settings,
  rig: Rig,
  gateways: readonly Target[],
): Promise<Round[]> {
  const { warmSeconds, rounds: count, say } = settings;
  const seconds = settings.seconds * 2;
  const ask: Ask = {
    ...{ kind: 'converse', connections: CONNECTIONS, warmSeconds, seconds },
    perSecond: CALLS_PER_SECOND,
  };
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) {
    const direct = await rig.run(rig.direct, ask, gateways);
    const through: Run[] = [];
    for (const gateway of gateways) through.push(await rig.run(gateway, ask));
    rounds.push({ direct, through });
    const p50 = [direct, ...through].map(({ result }) => result.whole.p50.toFixed(2));
    say(`p50 ms: direct, ${STORES.join(', ')}: ${p50.join(', ')}`);
  }
  return rounds;
}

async function report(
  rounds: readonly Round[],
  gateways: readonly Gateway[],
): Promise<SectionResult> {
  const wrong = wrongAnswers(
    rounds.flatMap(({ direct, through }) => [direct, ...through].map(({ facts }) => facts)),
  );
  for (const [index, gateway] of gateways.entries()) {
    const asked = rounds.reduce((sum, { through }) => sum + (through[index]?.result.right ?? 0), 0);
    const faults = faultsOfEntries(expectedTotals(asked), await gateway.totals());
    wrong.push(...faults.map((text) => `${STORES[index] ?? ''}: ${text}`));
  }
  return {
    section: 'stores',
    tables: [
      {
        title: `Added at ${CALLS_PER_SECOND}/s, medians (DynamoDB: an engine on this machine)`,
        head: ['store', 'added p50 ms', 'added p99 ms', 'us/call'],
        rows: STORES.map((store, index) => rowOf(store, index, rounds)),
      },
    ],
    wrong,
    void: [],
    targets: [],
    figures: rounds,
  };
}

function rowOf(store: string, index: number, rounds: readonly Round[]): string[] {
  const added = (of: (run: Run) => number): string =>
    medianOf(rounds, ({ direct, through }) => of(through[index] ?? direct) - of(direct)).toFixed(2);
  const cpu = medianOf(rounds, ({ direct, through }) => {
    const { facts, result } = through[index] ?? direct;
    return (1e6 * facts.subjectShare) / result.perSecond;
  });
  return [
    store,
    added(({ result }) => result.whole.p50),
    added(({ result }) => result.whole.p99),
    cpu.toFixed(0),
  ];
}

function medianOf(rounds: readonly Round[], of: (round: Round) => number): number {
  return median(rounds.map(of));
}
