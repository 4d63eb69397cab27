/**
 * `tollkeeper store copy`: moves what one process kept in a file into the table that many share,
 * and shows that both say the same.
 */
import type { Command } from 'commander';
import type { CopyProof, CopyReport } from '@tollkeeper/server';
import { ChecksFailed, UsageError } from './exit-code.ts';
import { progressOf } from './progress.ts';
import type { World } from './world.ts';

interface CopyFlags extends Readonly<Record<string, unknown>> {
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}

/** Rows of one part of the table that are shown, besides those that differ. */
const ROWS_SHOWN = 20;

/** Adds the command to `tollkeeper store`. */
export function addStoreCopy(store: Command, world: World): void {
  store
    .command('copy')
    .description('copy the store of a data directory into the table; no server may run on either')
    .requiredOption('--from <store>', 'sqlite')
    .requiredOption('--to <store>', 'dynamodb')
    .option('--data-dir <dir>', 'directory of the store (TOLLKEEPER_DATA_DIR)')
    .option('--table-prefix <prefix>', 'comes before its name (TOLLKEEPER_TABLE_PREFIX)')
    .option('--dynamodb-endpoint <url>', 'a local engine (TOLLKEEPER_DYNAMODB_ENDPOINT)')
    .option('--region <region>', 'AWS region (TOLLKEEPER_REGION)')
    .option('--json', 'the outcome as JSON')
    .action(async (flags: CopyFlags) => {
      await copy(flags, world);
    });
}

async function copy({ from, to, json, ...flags }: CopyFlags, world: World): Promise<void> {
  if (from !== 'sqlite' || to !== 'dynamodb') {
    throw new UsageError('A store is copied --from sqlite --to dynamodb.');
  }
  const { settingsOf } = await import('./serve.ts');
  const { copyToTable } = await import('@tollkeeper/server');
  const settings = settingsOf({ ...flags, store: 'dynamodb' });
  const progress = progressOf(world, 'Copying');
  let report: CopyReport;
  try {
    report = await copyToTable(settings, (done, total) => progress.at(done, total));
  } finally {
    progress.end();
  }
  world.out(json === true ? `${JSON.stringify(report, asText, 2)}\n` : said(report));
  if (report.proof.agrees) return;
  world.note(
    report.kind === 'already'
      ? 'It was copied before, and the two have gone different ways since.\n'
      : 'The two stores do not say the same. Start no server on the table, and copy again; if ' +
          'that does not help, into an empty table.\n',
  );
  throw new ChecksFailed('The two stores do not say the same.');
}

/** Amounts are decimal texts in JSON. */
function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function said({ kind, resumed, entries, proof }: CopyReport): string {
  const copied = `${entries} entries were copied${resumed ? ', the rest had been before' : ''}.`;
  const first = kind === 'already' ? 'It was copied before; nothing was written.' : copied;
  const last = proof.agrees ? 'Both stores say the same.\n' : '';
  return `${first}\n\n${tableOf(proof)}\n${last}`;
}

type Row = readonly [what: string, from: string, to: string];

function tableOf(proof: CopyProof): string {
  const row = (what: string, pair: { from: unknown; to: unknown }): Row => [
    what,
    String(pair.from),
    String(pair.to),
  ];
  const rows: Row[] = [
    ['', 'sqlite', 'dynamodb'],
    row('documents', proof.documents),
    row('audit records', proof.audit),
    row('refusals', proof.refusals),
    ...some(
      proof.writers.map(({ writer_id, entries }) => row(`entries of ${writer_id}`, entries)),
      'writers',
    ),
    ...proof.writers
      .filter(({ digest }) => digest.from !== digest.to)
      .map(({ writer_id, digest }) => row(`digest of ${writer_id}`, digest)),
    ...some(
      proof.organizations.map(({ org_id, cost }) => row(`pico-USD of ${org_id}`, cost)),
      'organizations',
    ),
    ...some(
      proof.budgets.map(({ budget_id, posted }) => row(`posted to ${budget_id}`, posted)),
      'budgets',
    ),
  ];
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((one) => one[column].length));
  const [what, from, to] = [width(0), width(1), width(2)];
  return rows
    .map(([name, one, other]) => {
      const mark = name !== '' && one !== other ? '  DIFFERS' : '';
      return `${name.padEnd(what)}  ${one.padStart(from)}  ${other.padStart(to)}${mark}\n`;
    })
    .join('');
}

/** All that differ, and of the others the first ones. */
function some(rows: readonly Row[], name: string): readonly Row[] {
  const different = rows.filter(([, from, to]) => from !== to);
  const same = rows.filter(([, from, to]) => from === to);
  const left = same.length - ROWS_SHOWN;
  const more: Row[] = left > 0 ? [[`and ${left} ${name} more`, 'same', 'same']] : [];
  return [...different, ...same.slice(0, ROWS_SHOWN), ...more];
}
