/**
 * `tollkeeper prices import`: reads AWS's bulk price offers (or rows of one's own), shows what they
 * would change, and when that is confirmed hands them to the gateway as one version of the book.
 * Offers have hundreds of megabytes, so they are read here and not sent.
 */
import { readFileSync } from 'node:fs';
import {
  createClient,
  IMPORT_ROWS_MAX,
  parserOf,
  type ApiRequest,
  type ApiResult,
  type Client,
} from '@tollkeeper/contract';
import {
  importOffers,
  OFFER_CODES,
  priceListNames,
  type OfferImport,
  type PriceRow,
} from '@tollkeeper/core';
import type { Command } from 'commander';
import { table } from './answer.ts';
import { confirmed } from './confirm.ts';
import { connectionOf, type ConnectionFlags } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { progressOf } from './progress.ts';
import { toldInFlags, type FlagParts } from './wording.ts';
import type { World } from './world.ts';

interface ImportFlags extends ConnectionFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly note?: string;
}

type ImportRow = ApiRequest<'appendPriceImport'>['body']['rows'][number];
type Result = ApiResult<'commitPriceImport'>;

/** Changes that are shown to people; `--json` has more of them. */
const CHANGES_SHOWN = 20;

const FLAGS: FlagParts = { query: [], body: [{ name: 'note', path: ['note'] }] };

/** Adds the command to those of `prices`. */
export function addPricesImport(prices: Command, world: World): void {
  prices
    .command('import')
    .argument('<file...>', 'AWS offer files (index.json of a region), or {"rows": [...]}')
    .description('import price lists as a new version of the price book')
    .option('--dry-run', 'only show what would change')
    .option('--yes', 'do not ask')
    .option('--note <text>', 'why, for the list of versions')
    .option('--json', 'the outcome as JSON')
    .option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)')
    .option('--data-dir <dir>', 'where the demo of this machine keeps its keys')
    .action(async (files: readonly string[], flags: ImportFlags) => {
      await importFiles(files, flags, world);
    });
}

/** What the files say, before the gateway has seen it. */
interface Read {
  readonly origin: 'aws_price_list' | 'operator';
  readonly rows: readonly ImportRow[];
  /** Absent for rows of one's own. */
  readonly offers?: OfferImport;
}

async function importFiles(
  files: readonly string[],
  flags: ImportFlags,
  world: World,
): Promise<void> {
  const read = readFiles(files, world);
  if (read.rows.length === 0) {
    world.out(flags.json === true ? shownAsJson(read, null) : rejectionsOf(read));
    throw new UsageError('These files have no prices that could be taken.');
  }
  const client = createClient(connectionOf(flags, world));
  const { origin, rows } = read;
  const note = flags.note === undefined ? {} : { note: flags.note };
  const begun = client.beginPriceImport({ body: { origin, ...note } });
  const { import_id } = await toldInFlags(begun, FLAGS);
  const params = { import_id };
  let committed = false;
  try {
    const pieces = await handOver(client, import_id, rows, world);
    const tried = await client.commitPriceImport({ params, body: { pieces, dry_run: true } });
    if (flags.json !== true) world.out(`${rejectionsOf(read)}${changesOf(tried)}`);
    const outcome = await decide(client, tried, pieces, flags, world);
    committed = outcome !== tried;
    if (flags.json === true) world.out(shownAsJson(read, outcome));
    if (committed) world.note(`The prices are version ${outcome.price_version}.\n`);
  } finally {
    if (!committed) await client.dropPriceImport({ params });
  }
}

async function decide(
  client: Client,
  tried: Result,
  pieces: number,
  flags: ImportFlags,
  world: World,
): Promise<Result> {
  if (flags.dryRun === true) {
    world.note('Nothing was changed: this was a dry run.\n');
    return tried;
  }
  if (tried.added + tried.changed + tried.removed === 0) {
    world.note('Nothing to change: the price book says all of this already.\n');
    return tried;
  }
  if (!(await confirmed(world, flags, 'Make this the new price version?'))) {
    world.note('Nothing was changed.\n');
    return tried;
  }
  const params = { import_id: tried.import_id };
  return client.commitPriceImport({ params, body: { pieces } });
}

/** Sends the rows in pieces, and returns how many there were. */
async function handOver(
  client: Client,
  importId: string,
  rows: readonly ImportRow[],
  world: World,
): Promise<number> {
  const progress = progressOf(world, 'Handing over');
  const pieces = Math.ceil(rows.length / IMPORT_ROWS_MAX);
  for (let piece = 0; piece < pieces; piece++) {
    const start = piece * IMPORT_ROWS_MAX;
    await client.appendPriceImport({
      params: { import_id: importId, piece: String(piece) },
      body: { rows: rows.slice(start, start + IMPORT_ROWS_MAX) },
    });
    progress.at(Math.min(rows.length, start + IMPORT_ROWS_MAX), rows.length);
  }
  progress.end();
  return pieces;
}

function readFiles(files: readonly string[], world: World): Read {
  const parsed = files.map((file) => ({ file, json: parse(file, world) }));
  const own = parsed.flatMap(({ file, json }) => (isOwnRows(json) ? [{ file, ...json }] : []));
  if (own.length === 0) {
    const offers = readOffers(parsed);
    return { origin: 'aws_price_list', rows: offers.rows.map(({ row }) => toApi(row)), offers };
  }
  if (own.length < parsed.length) {
    throw new UsageError('Import AWS offers and rows of your own one after the other.');
  }
  for (const { file, rows } of own) checkRows(file, rows);
  return { origin: 'operator', rows: own.flatMap(({ rows }) => rows) };
}

interface ParsedFile {
  readonly file: string;
  readonly json: unknown;
}

function readOffers(files: readonly ParsedFile[]): OfferImport {
  const names = shippedNames();
  try {
    return importOffers(
      files.map(({ json }) => json),
      names,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Which one it is shows when each is read alone.
    for (const { file, json } of files) {
      try {
        importOffers([json], names);
      } catch (cause) {
        throw notAccepted(file, cause instanceof Error ? cause.message : String(cause));
      }
    }
    throw error;
  }
}

function notAccepted(file: string, problem: string): UsageError {
  return new UsageError(
    `${file}: ${problem}. What can be imported is a price offer of AWS (offer code ` +
      `${OFFER_CODES.join(', ')}) or {"rows": [...]}`,
  );
}

/** The gateway would refuse them too, but it knows neither the file nor the number of the row. */
function checkRows(file: string, rows: readonly ImportRow[]): void {
  const parse = parserOf('appendPriceImport');
  const params = { import_id: '0'.repeat(36), piece: '0' };
  for (let start = 0; start < rows.length; start += IMPORT_ROWS_MAX) {
    const body = { rows: rows.slice(start, start + IMPORT_ROWS_MAX) };
    const parsed = parse({ params, query: undefined, body });
    if (parsed.kind === 'request') continue;
    const problems = parsed.problems.map(({ member, problem }) => {
      const path = member.replace(
        /^body\.rows\.(\d+)/,
        (_, row: string) => `rows[${start + Number(row)}]`,
      );
      return `  ${path} ${problem}`;
    });
    throw new UsageError(`${file} has rows that are not valid:\n${problems.join('\n')}`);
  }
}

function parse(file: string, world: World): unknown {
  try {
    return JSON.parse(world.readFile(file));
  } catch (cause) {
    throw new UsageError(`${file} cannot be read as JSON`, { cause });
  }
}

function isOwnRows(value: unknown): value is { readonly rows: readonly ImportRow[] } {
  return (
    typeof value === 'object' && value !== null && 'rows' in value && Array.isArray(value.rows)
  );
}

function shippedNames(): ReturnType<typeof priceListNames> {
  const url = new URL('../data/price-list-names.json', import.meta.resolve('@tollkeeper/core'));
  return priceListNames(JSON.parse(readFileSync(url, 'utf8')));
}

function toApi({ sources, ...row }: PriceRow): ImportRow {
  return { ...row, sources: [...sources] };
}

/** What could not be taken, by reason. */
function rejectionsOf({ offers, rows }: Read): string {
  if (offers === undefined) return `${rows.length} rows\n\n`;
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { reason } of offers.rejections) count(`rejected: ${reason}`);
  for (const { reason } of offers.ignored) count(`no price of a call: ${reason}`);
  const lines = [...counts].map(([outcome, products]) => ({ outcome, products }));
  const taken = { outcome: `taken, as ${rows.length} rows`, products: offers.accepted };
  const examples = offers.rejections.slice(0, CHANGES_SHOWN).map(({ usage_type, message }) => ({
    usage_type,
    message,
  }));
  const shown = examples.length === 0 ? '' : `\n${table(['usage_type', 'message'], examples, [])}`;
  return `${table(['outcome', 'products'], [taken, ...lines], [])}${shown}\n`;
}

function changesOf(result: Result): string {
  const counts = ['added', 'changed', 'removed', 'same', 'missing'] as const;
  const summary = table(counts, [result], []);
  if (result.changes.length === 0) return summary;
  const columns = ['change', 'model_id', 'region', 'scope', 'tier', 'usage_class'];
  const prices = ['context_band', 'effective_from', 'before_usd', 'after_usd'];
  const shown = result.changes.slice(0, CHANGES_SHOWN);
  const all = result.added + result.changed + result.removed;
  const more = all > shown.length ? `... and ${all - shown.length} more\n` : '';
  return `${summary}\n${table([...columns, ...prices], shown, [])}${more}`;
}

function shownAsJson({ offers, rows, origin }: Read, outcome: Result | null): string {
  const read =
    offers === undefined
      ? { origin, rows: rows.length }
      : {
          origin,
          rows: rows.length,
          products: offers.products,
          accepted: offers.accepted,
          rejections: offers.rejections,
          ignored: offers.ignored,
        };
  return `${JSON.stringify({ read, outcome }, null, 2)}\n`;
}
