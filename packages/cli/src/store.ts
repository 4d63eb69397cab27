/**
 * `tollkeeper export`, `backup` and `restore`: they work on the data directory of this machine,
 * the first two while servers run on it. What they need is loaded only when one of them is called.
 */
import type { Command } from 'commander';
import type { Settings } from '@tollkeeper/server/settings';
import { confirmed } from './confirm.ts';
import { progressOf } from './progress.ts';
import type { World } from './world.ts';

interface PlaceFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
}

interface RestoreFlags extends PlaceFlags {
  readonly from: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What is in a store, as far as it is told. */
interface Facts {
  readonly entries: number;
  readonly writers: number;
  readonly budgets: number;
  readonly holds: number;
  readonly bytes: number;
}

/** Adds the commands. */
export function addStoreCommands(program: Command, world: World): void {
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--data-dir <dir>', 'directory of the store (TOLLKEEPER_DATA_DIR)')
      .option('--store <store>', 'sqlite or dynamodb (TOLLKEEPER_STORE)')
      .option('--table-prefix <prefix>', 'of the table in DynamoDB (TOLLKEEPER_TABLE_PREFIX)')
      .option('--dynamodb-endpoint <url>', 'a local engine (TOLLKEEPER_DYNAMODB_ENDPOINT)')
      .option('--region <region>', 'AWS region of the table (TOLLKEEPER_REGION)')
      .option('--json', 'the outcome as JSON');
  command('export', 'copy entries that were not copied yet into files, before they may go')
    .requiredOption('--to <dir>', 'directory of the files; always the same')
    .action(async (flags: PlaceFlags & { readonly to: string }) => {
      await exportEntries(flags, world);
    });
  command('backup', 'copy the whole store into one file, also while servers run')
    .requiredOption('--to <file>', 'a file that is not there yet')
    .action(async (flags: PlaceFlags & { readonly to: string }) => {
      await backUp(flags, world);
    });
  command('restore', 'put a backup in the place of the store; no server may run')
    .requiredOption('--from <file>', 'the backup; it stays as it is')
    .option('--dry-run', 'only read the backup through')
    .option('--yes', 'do not ask')
    .action(async (flags: RestoreFlags) => {
      await restore(flags, world);
    });
}

async function exportEntries(
  { to, ...flags }: PlaceFlags & { readonly to: string },
  world: World,
): Promise<void> {
  const { exportLedger } = await import('@tollkeeper/server');
  const place = await placeOf(flags);
  const report = await withProgress(world, 'Exporting', (at) => exportLedger(place, to, at));
  const { entries, runs, adopted } = report;
  const found = adopted === 0 ? '' : `, and found ${adopted} that were there already`;
  tell(flags, world, report, `${entries} entries were copied to ${to}: ${runs} new files${found}.`);
}

async function backUp(
  { to, ...flags }: PlaceFlags & { readonly to: string },
  world: World,
): Promise<void> {
  const { backupLedger } = await import('@tollkeeper/server');
  const place = await placeOf(flags);
  const { instances: _, ...facts } = await withProgress(world, 'Copying pages', (at) =>
    backupLedger(place, to, at),
  );
  tell(flags, world, facts, `${to} is a whole backup: ${said(facts)}.`);
  world.note('The master key is not in it: keep a copy of that elsewhere.\n');
}

async function restore({ from, ...flags }: RestoreFlags, world: World): Promise<void> {
  const { restoreLedger } = await import('@tollkeeper/server');
  const place = await placeOf(flags);
  if (flags.dryRun === true) {
    const { instances: _, ...facts } = restoreLedger(place, from, { dryRun: true });
    tell(flags, world, facts, `${from} is a whole backup: ${said(facts)}.`);
    world.note('Nothing was changed: this was a dry run.\n');
    return;
  }
  const question = `Put ${from} in the place of the store in ${place.dataDir}?`;
  if (!(await confirmed(world, flags, question))) {
    world.note('Nothing was changed.\n');
    return;
  }
  const { instances: _, ...report } = restoreLedger(place, from);
  if (report.served) {
    throw new Error(
      'The store was restored, but a server was started meanwhile, which may use the old file. ' +
        'Stop it and start it again.',
    );
  }
  tell(flags, world, report, `${place.dataDir} has what was in ${from}: ${said(report)}.`);
  if (report.aside !== null) world.note(`The file of before is ${report.aside}.\n`);
}

async function withProgress<T>(
  world: World,
  what: string,
  work: (at: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = progressOf(world, what);
  try {
    return await work((done, total) => progress.at(done, total));
  } finally {
    progress.end();
  }
}

/** What is no setting is not looked at. */
async function placeOf(flags: PlaceFlags): Promise<Settings> {
  const { settingsOf } = await import('./serve.ts');
  return settingsOf(flags);
}

function tell(flags: PlaceFlags, world: World, outcome: object, text: string): void {
  world.out(flags.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : `${text}\n`);
}

function said({ entries, writers, budgets, holds, bytes }: Facts): string {
  const running = holds === 0 ? '' : `, ${holds} calls on their way`;
  return `${entries} entries of ${writers} writers, ${budgets} budgets${running}, ${bytes} bytes`;
}
