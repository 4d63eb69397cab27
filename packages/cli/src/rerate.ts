/**
 * `tollkeeper rerate`: a period priced again under another version. First it shows the difference
 * by organization and model; when that is confirmed, the gateway appends the corrections. The work
 * is the gateway's: a command that is broken off breaks nothing.
 */
import { createClient, type ApiResult, type Client } from '@tollkeeper/contract';
import type { Command } from 'commander';
import { table } from './answer.ts';
import { confirmed } from './confirm.ts';
import { connectionOf, NoGateway, type ConnectionFlags } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { INSTANT_FORMS, startOf } from './instant.ts';
import { progressOf } from './progress.ts';
import { toldInFlags, type FlagParts } from './wording.ts';
import type { World } from './world.ts';

interface RerateFlags extends ConnectionFlags {
  readonly from: string;
  readonly to: string;
  readonly toVersion?: string;
  readonly orgId?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

type Rerate = ApiResult<'getRerate'>;

const POLL_MS = 250;

/** The flags by what they fill of the request. */
const FLAGS: FlagParts = {
  query: [],
  body: [
    { name: 'from', path: ['from'] },
    { name: 'to', path: ['to'] },
    { name: 'to-version', path: ['price_version'] },
    { name: 'org-id', path: ['org_id'] },
  ],
};

/** Adds the command. */
export function addRerateCommand(program: Command, world: World): void {
  program
    .command('rerate')
    .description('price a period again under another price version, as corrections')
    .requiredOption('--from <time>', `start: ${INSTANT_FORMS}`)
    .requiredOption('--to <time>', 'end, itself not included')
    .option('--to-version <version>', 'price version; the present one by default')
    .option('--org-id <org_id>', 'only this organization')
    .option('--dry-run', 'only show the difference')
    .option('--yes', 'do not ask')
    .option('--json', 'the outcome as JSON')
    .option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)')
    .option('--data-dir <dir>', 'where the demo of this machine keeps its keys')
    .action(async (flags: RerateFlags) => {
      await rerate(flags, world);
    });
}

async function rerate(flags: RerateFlags, world: World): Promise<void> {
  const client = createClient(connectionOf(flags, world));
  const order = {
    from: instantOf('--from', flags.from),
    to: instantOf('--to', flags.to),
    ...(flags.toVersion === undefined ? {} : { price_version: flags.toVersion }),
    ...(flags.orgId === undefined ? {} : { org_id: flags.orgId }),
  };
  const tried = await runToEnd(client, { ...order, dry_run: true }, 'Pricing', world);
  const show = (outcome: Rerate): void =>
    world.out(flags.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : shown(outcome));
  if (flags.dryRun === true || tried.entries === 0) {
    show(tried);
    world.note(
      flags.dryRun === true
        ? 'Nothing was appended: this was a dry run.\n'
        : 'Nothing to correct: the ledger says all of this already.\n',
    );
    return;
  }
  if (flags.yes !== true) world.out(shown(tried));
  if (!(await confirmed(world, flags, `Append ${tried.entries} corrections?`))) {
    world.note('Nothing was appended.\n');
    return;
  }
  // The version that was shown, even if there is a newer one by now.
  const { price_version } = tried;
  const outcome = await runToEnd(client, { ...order, price_version }, 'Correcting', world);
  show(outcome);
  world.note(`${outcome.corrected_entries} corrections were appended.\n`);
}

async function runToEnd(
  client: Client,
  body: Parameters<Client['startRerate']>[0]['body'],
  what: string,
  world: World,
): Promise<Rerate> {
  const progress = progressOf(world, what);
  let state = await toldInFlags(client.startRerate({ body }), FLAGS);
  const params = { rerate_id: state.rerate_id };
  while (state.status === 'running') {
    progress.at(state.scanned_entries, state.total_entries);
    await world.pause?.(POLL_MS);
    state = await client.getRerate({ params }).catch(outOfSight(state.rerate_id));
  }
  if (state.status === 'done') progress.at(state.total_entries, state.total_entries);
  progress.end();
  if (state.status === 'done') return state;
  throw new Error(`The re-rating has ${state.status}: ${state.error ?? 'somebody stopped it'}`);
}

/** The work is the server's, so losing sight of it is not the end of it. */
function outOfSight(id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof NoGateway)) throw error;
    throw new Error(
      'The gateway no longer answers. What was begun goes on when it is back; see tollkeeper ' +
        `rerates get ${id}`,
      { cause: error.cause },
    );
  };
}

function shown(outcome: Rerate): string {
  const columns = ['org_id', 'model_id', 'entries', 'before_usd', 'after_usd', 'difference_usd'];
  const { entries, before_usd, after_usd, difference_usd } = outcome;
  const total = { entries, before_usd, after_usd, difference_usd };
  const left = [
    [outcome.unknown_entries, 'left: their usage is not known'],
    [outcome.unlisted_entries, 'left: no list price applies, as to models of the account'],
    [
      outcome.unpriced_entries,
      `left: ${outcome.price_version} has no price for all of their usage`,
    ],
  ] as const;
  const notes = left.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}\n`);
  const heading = `${outcome.from} to ${outcome.to} under ${outcome.price_version}: `;
  const scanned = `${outcome.scanned_entries} entries\n`;
  return `${heading}${scanned}${table(columns, outcome.groups, [total])}${notes.join('')}`;
}

/** A month or a day stands for its start in UTC. */
function instantOf(flag: string, text: string): string {
  const time = startOf(text);
  if (Number.isNaN(Date.parse(time))) {
    throw new UsageError(`${flag} must be a month, a day or a time as in RFC 3339, unlike ${text}`);
  }
  return time;
}
