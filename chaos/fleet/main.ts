/**
 * `npm run chaos:fleet`: four real gateways over one DynamoDB engine that are killed, frozen, or
 * lose their store under load. Prints what was seen, and exits like `npm run chaos`: 0 when every
 * promise held, 1 when one was broken, 2 when the run itself failed, 3 when it proves too little.
 */
import { parseArgs } from 'node:util';
import { BROKEN, endWith, HELD, heldUnless } from '../outcome.ts';
import type { Seen } from './callers.ts';
import { runKills } from './kills.ts';
import { runOutage, type OutageResult } from './outage.ts';
import { runPause } from './pause.ts';
import type { FleetVerdict } from './verdict.ts';

const USAGE = `usage: npm run chaos:fleet -- --scenario kills|outage|pause [--gateways 4]
  [--callers 64] [--calls 6000] [--seed N] [--lease-ms 3000] [--away-ms 30000]
  [--engine dynamodb-local|dynoxide] [--kill-every-ms 1000]
  [--calls-per-second 40] [--pauses 3]
`;

const KILLS_MIN = 5;

async function main(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      scenario: { ...text, default: 'kills' },
      engine: { ...text, default: 'dynamodb-local' },
      gateways: { ...text, default: '4' },
      callers: { ...text, default: '64' },
      calls: { ...text, default: '6000' },
      seed: { ...text, default: '1' },
      pauses: { ...text, default: '3' },
      'lease-ms': { ...text, default: '3000' },
      'away-ms': { ...text, default: '30000' },
      'calls-per-second': { ...text, default: '40' },
      'kill-every-ms': { ...text, default: '1000' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return HELD;
  }
  const { engine, scenario } = values;
  if (engine !== 'dynoxide' && engine !== 'dynamodb-local') throw new Error(USAGE);
  const shared = {
    engine,
    gateways: Number(values.gateways),
    callers: Number(values.callers),
    leaseMs: Number(values['lease-ms']),
  } as const;
  switch (scenario) {
    case 'kills': {
      const more = { calls: Number(values.calls), seed: Number(values.seed) };
      const killEveryMs = Number(values['kill-every-ms']);
      const callsPerSecond = Number(values['calls-per-second']);
      const result = await runKills({ ...shared, ...more, killEveryMs, callsPerSecond });
      console.log(`${result.kills} kills in ${result.seconds.toFixed(0)} s`);
      printSeen('callers saw', result.seen);
      const short = result.kills < KILLS_MIN ? `only ${result.kills} kills` : null;
      return conclude(result.verdict, result.violations, short);
    }
    case 'outage': {
      const awayMs = Number(values['away-ms']);
      const result = await runOutage({ ...shared, awayMs, aroundMs: 10_000 });
      for (const { when, statuses } of result.seen) printSeen(`callers saw ${when}`, statuses);
      console.log(`${result.sentWhileAway} calls reached the upstream while the store was away`);
      console.log(`first call served ${result.firstServedMs?.toFixed(0)} ms after its return`);
      return conclude(result.verdict, result.violations, unfelt(result.seen));
    }
    case 'pause': {
      const result = await runPause({ ...shared, pauses: Number(values.pauses) });
      printSeen('callers saw', result.seen);
      console.log(`${result.recovered} calls of frozen gateways were settled at their ceilings,`);
      console.log(`${result.correctedOnce} of them corrected once when their gateway went on`);
      const none = result.correctedOnce === 0 ? 'no late settlement was seen' : null;
      return conclude(result.verdict, result.violations, none);
    }
    default:
      throw new Error(USAGE);
  }
}

/** Why an outage proves nothing; null when callers felt it, and were served around it. */
function unfelt(seen: OutageResult['seen']): string | null {
  const [before, away, after] = seen.map(({ statuses }) => statuses);
  if ((before?.get(200) ?? 0) === 0) return 'nobody was served before the store went away';
  if ((away?.get(503) ?? 0) === 0) return 'nobody noticed that the store was away';
  return (after?.get(200) ?? 0) === 0 ? 'nobody was served after the store had come back' : null;
}

function printSeen(what: string, seen: Seen): void {
  const counts = [...seen].sort(([a], [b]) => a - b);
  const shown = counts.map(([status, count]) => `${status === 0 ? 'broken' : status} x ${count}`);
  console.log(`${what}: ${shown.join(', ')}`);
}

function conclude(
  verdict: FleetVerdict,
  violations: readonly string[],
  tooLittle: string | null,
): number {
  const { budget } = verdict;
  console.log(
    `${verdict.rows} rows in the book, ${verdict.entries} entries, ${verdict.interrupted} ` +
      `interrupted, ${verdict.corrections} corrections`,
  );
  console.log(
    `high water ${budget.high_water} of ${budget.limit.amount}; posted ${verdict.postedPct} % ` +
      `with ceilings, ${verdict.chargedPct} % charged; held ${budget.held}`,
  );
  for (const violation of violations.slice(0, 40)) console.log(`VIOLATION  ${violation}`);
  if (violations.length > 0) return BROKEN;
  return heldUnless(tooLittle);
}

await endWith(main);
