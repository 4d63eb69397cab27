/**
 * `tollkeeper store`: what concerns the table in DynamoDB that processes share. Whatever is asked
 * of it goes to DynamoDB itself, with the AWS credentials of whoever calls.
 */
import type { Settings } from '@tollkeeper/server/settings';
import type { Command } from 'commander';
import { UsageError } from './exit-code.ts';
import type { World } from './world.ts';

interface TableFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
}

/** Adds the commands; they are returned, for others to be added. */
export function addTableCommands(program: Command, world: World): Command {
  const store = program
    .command('store')
    .description('the DynamoDB table that processes share: make it, look at it');
  const command = (name: string, description: string): Command =>
    store
      .command(name)
      .description(description)
      .option('--store <store>', 'dynamodb (TOLLKEEPER_STORE)')
      .option('--table-prefix <prefix>', 'comes before its name (TOLLKEEPER_TABLE_PREFIX)')
      .option('--dynamodb-endpoint <url>', 'a local engine (TOLLKEEPER_DYNAMODB_ENDPOINT)')
      .option('--region <region>', 'AWS region (TOLLKEEPER_REGION)')
      .option('--json', 'the outcome as JSON');
  command('init', 'make the table, with on-demand billing; what is there already stays').action(
    async (flags: TableFlags) => {
      await init(flags, world);
    },
  );
  command('status', 'whether the table is there and ready, and who shares it').action(
    async (flags: TableFlags) => {
      await status(flags, world);
    },
  );
  return store;
}

async function init(flags: TableFlags, world: World): Promise<void> {
  const { initStoreTable } = await import('@tollkeeper/server');
  const place = await placeOf(flags);
  const outcome = await initStoreTable(place);
  const { table, created } = outcome;
  const said = created ? 'was made, and is ready' : 'was there already, and is ready';
  tell(flags, world, outcome, `The table ${table} ${whereIs(place)} ${said}.`);
}

async function status(flags: TableFlags, world: World): Promise<void> {
  const { storeTableStatus } = await import('@tollkeeper/server');
  const place = await placeOf(flags);
  const found = await storeTableStatus(place);
  const name = `${found.table} ${whereIs(place)}`;
  const { state, schema, billing, ttl, items, bytes, instances } = found;
  if (flags.json !== true && (state === null || schema === null)) {
    throw new Error(
      state === null
        ? `There is no table ${name}. Make it with "tollkeeper store init".`
        : `The table ${name} was not made ready. Run "tollkeeper store init".`,
    );
  }
  const paid = billing === 'PAY_PER_REQUEST' ? 'on demand' : 'for provisioned capacity';
  const expiring = ttl ? 'items expire by themselves' : 'items do NOT expire: run store init';
  const silent = instances.silent === 0 ? '' : `, ${instances.silent} silent for long`;
  const fenced = instances.fenced === 0 ? '' : `, ${instances.fenced} dead and not dealt with`;
  const text =
    `The table ${name} is ${String(state)}, of schema ${String(schema)}; billed ${paid}; ` +
    `${expiring}.\nIts last count was ${items ?? 0} items of ${bytes ?? 0} bytes. ` +
    `Processes: ${instances.alive} alive${silent}${fenced}.`;
  tell(flags, world, found, text);
}

/** Tables of the same name may be in every region. */
function whereIs({ dynamodbEndpoint, region }: Settings): string {
  return dynamodbEndpoint === null ? `in ${region}` : `at ${dynamodbEndpoint}`;
}

async function placeOf(flags: TableFlags): Promise<Settings> {
  const { settingsOf } = await import('./serve.ts');
  const settings = settingsOf({ ...flags, json: undefined });
  if (settings.store !== 'dynamodb') {
    throw new UsageError('The store of the settings is a file: say --store dynamodb.');
  }
  return settings;
}

function tell(flags: TableFlags, world: World, outcome: object, text: string): void {
  world.out(flags.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : `${text}\n`);
}
