/**
 * `tollkeeper doctor`: is everything as it should be, and if not, what to do? What the gateway sees
 * from where it stands it is asked for; the rest is seen from here.
 */
import {
  ApiError,
  createClient,
  PAGE_LIMIT_MAX,
  type ApiRequest,
  type ApiResult,
  type Client,
} from '@tollkeeper/contract';
import { parseModelId } from '@tollkeeper/core';
import type { Command } from 'commander';
import { printable } from './answer.ts';
import { connectionOf, type ConnectionFlags } from './connection.ts';
import { ChecksFailed } from './exit-code.ts';
import { paint } from './paint.ts';
import { VERSION } from './version.ts';
import type { World } from './world.ts';

export type Check = ApiResult<'diagnose'>['checks'][number];

interface DoctorFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** How far back calls are looked at for their prices. */
const COVERAGE_DAYS = 30;
const DAY_MS = 86_400_000;
const NODE_MAJOR_MIN = 24;
/** Pages of refusals that are looked at, and models that are named: callers choose the names. */
const REFUSAL_PAGES_MAX = 10;
const REFUSED_SHOWN = 10;

/** Adds the command. */
export function addDoctorCommand(program: Command, world: World): void {
  program
    .command('doctor')
    .description('check the gateway, its store, its AWS identity and rights, clocks and prices')
    .option('--json', 'the checks as JSON')
    .option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)')
    .option('--data-dir <dir>', 'where the demo of this machine keeps its keys')
    .action(async (flags: DoctorFlags) => {
      const checks = await examine(flags, world);
      world.out(
        flags.json === true ? `${JSON.stringify({ checks }, null, 2)}\n` : table(checks, world),
      );
      if (checks.some(({ status }) => status === 'fail')) throw new ChecksFailed();
    });
}

async function examine(flags: DoctorFlags, world: World): Promise<readonly Check[]> {
  const here = [nodeHere(), await settingsHere(world)];
  const connection = connectionOf(flags, world);
  const client = createClient(connection);
  const gateway = await gatewayOf(client, connection.endpoint);
  if (gateway.some(({ status }) => status === 'fail')) return [...gateway, ...here];
  const asked = await Promise.all([
    withKey('diagnosis', async () => (await client.diagnose()).checks),
    withKey('prices', () => coverage(client)),
    withKey('refusals', () => refusedUnpriced(client)),
  ]);
  return [...gateway, ...here, ...asked.flat()];
}

async function gatewayOf(client: Client, endpoint: string): Promise<Check[]> {
  try {
    const { version } = await client.about();
    const detail = `${endpoint} answers, version ${version}`;
    if (version === VERSION) return [ok('gateway', detail)];
    const advice = 'Use the command of the same version as the gateway.';
    return [{ check: 'gateway', status: 'warn', detail: `${detail}; this is ${VERSION}`, advice }];
  } catch (error) {
    const detail = `${endpoint} does not answer: ${reasonOf(error)}`;
    const advice = 'Start it with tollkeeper serve, or give its address with --endpoint.';
    return [{ check: 'gateway', status: 'fail', detail, advice }];
  }
}

/** What the gateway does not tell this key is a check that failed, not the end of all others. */
async function withKey(
  check: string,
  ask: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await ask();
  } catch (error) {
    const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
    const advice = refused
      ? 'Set TOLLKEEPER_PROVISIONING_KEY to the provisioning key.'
      : 'See the log of the gateway.';
    return [{ check, status: 'fail', detail: reasonOf(error), advice }];
  }
}

/** Whether what was really called has prices: one line for all, one more for each that has not. */
async function coverage(client: Client): Promise<Check[]> {
  const from = await startOfCoverage(client);
  const { groups, total } = await client.summarizeUsage({ query: { group_by: 'model_id', from } });
  const bad = groups.filter(({ unpriced_entries }) => unpriced_entries > 0);
  const models = `${groups.length} ${groups.length === 1 ? 'model' : 'models'}`;
  const calls = `${total.requests} calls of ${models} in ${COVERAGE_DAYS} days`;
  const unpriced = await Promise.all(
    bad.map(async ({ model_id, unpriced_entries, requests }): Promise<Check> => {
      const model = model_id ?? 'unknown';
      const known = await inBook(client, model);
      return {
        check: `price of ${model}`,
        status: 'warn',
        detail:
          `${unpriced_entries} of ${requests} calls without a full price; ` +
          (known ? 'the book has prices of it today' : 'the book has no price of it'),
        advice: known
          ? 'Price the period again: tollkeeper rerate --dry-run shows the difference.'
          : 'Import or set its prices: tollkeeper prices --help.',
      };
    }),
  );
  const unknown: Check[] =
    total.unknown_entries === 0
      ? []
      : [
          {
            check: 'usage',
            status: 'warn',
            detail: `${total.unknown_entries} of unknown usage, at most $${total.ceiling_usd}`,
            advice: 'They count in budgets at their ceiling until a correction settles them.',
          },
        ];
  if (bad.length > 0) return [...unpriced, ...unknown];
  return [ok('prices', `every line of ${calls} has its price`), ...unknown];
}

async function startOfCoverage(client: Client): Promise<string> {
  const { timestamp } = await client.health();
  return new Date(Date.parse(timestamp) - COVERAGE_DAYS * DAY_MS).toISOString();
}

/** What was refused because nothing says what it costs: such calls are no entries. */
async function refusedUnpriced(client: Client): Promise<Check[]> {
  const filter = { reason: 'unpriced', from: await startOfCoverage(client), limit: PAGE_LIMIT_MAX };
  const counts = new Map<string, number>();
  let query: NonNullable<ApiRequest<'listRefusals'>['query']> = filter;
  for (let page = 0; page < REFUSAL_PAGES_MAX; page++) {
    const { refusals, next_cursor } = await client.listRefusals({ query });
    for (const { model_id, count } of refusals) {
      const model = model_id ?? 'other models';
      counts.set(model, (counts.get(model) ?? 0) + count);
    }
    if (next_cursor === null) break;
    query = { ...filter, cursor: next_cursor };
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, REFUSED_SHOWN);
  return most.map(([model, count]) => ({
    check: `price of ${model}`,
    status: 'warn',
    detail:
      `${count} ${count === 1 ? 'call' : 'calls'} refused in ${COVERAGE_DAYS} days ` +
      'for want of a price',
    advice: 'Import or set what is missing by now: tollkeeper prices --help.',
  }));
}

async function inBook(client: Client, calledId: string): Promise<boolean> {
  const parsed = parseModelId(calledId);
  const model_id = parsed.kind === 'foundation' ? parsed.model_id : calledId;
  const { prices } = await client.listPrices({ query: { model_id, limit: 1 } });
  return prices.length > 0;
}

function nodeHere(): Check {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= NODE_MAJOR_MIN) return ok('node here', `Node ${node}`);
  const advice = `Use Node ${NODE_MAJOR_MIN} or newer.`;
  return { check: 'node here', status: 'fail', detail: `Node ${node}`, advice };
}

/** The settings that a gateway would start with here. */
async function settingsHere(world: World): Promise<Check> {
  const { loadSettings } = await import('@tollkeeper/server/settings');
  const path = world.env['TOLLKEEPER_SETTINGS_FILE'];
  const check = 'settings here';
  let file;
  try {
    if (path !== undefined) file = { path, content: JSON.parse(world.readFile(path)) as unknown };
  } catch (error) {
    const detail = `${path} cannot be read: ${reasonOf(error)}`;
    return { check, status: 'fail', detail, advice: 'Correct TOLLKEEPER_SETTINGS_FILE.' };
  }
  const loaded = loadSettings({ env: world.env, ...(file === undefined ? {} : { file }) });
  if (loaded.kind === 'ok') return ok(check, 'the environment and the settings file are valid');
  const detail = loaded.problems.map(({ message }) => message).join(' ');
  return { check, status: 'fail', detail, advice: 'Correct them; docs/reference/settings.md.' };
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** A line for each check, and what to do below those that need it. */
export function table(checks: readonly Check[], world: Pick<World, 'terminal'>): string {
  const width = Math.max(...checks.map(({ check }) => printable(check).length));
  const lines = checks.flatMap(({ check, status, detail, advice }) => {
    const word = paint(world, COLOURS[status], status.padEnd(4));
    const line = `${word}  ${printable(check).padEnd(width)}  ${printable(detail)}`;
    const indent = ' '.repeat(6 + width + 2);
    return advice === null || status === 'ok' ? [line] : [line, `${indent}-> ${printable(advice)}`];
  });
  const count = (status: Check['status']): number =>
    checks.filter((each) => each.status === status).length;
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return `${lines.join('\n')}\n\n${sum}\n`;
}

function ok(check: string, detail: string): Check {
  return { check, status: 'ok', detail, advice: null };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
}
