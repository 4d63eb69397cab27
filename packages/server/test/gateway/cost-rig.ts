/**
 * Runs cases of the tables of costs through a running product, many at a time, and joins what came
 * of each: the answer, the ledger's entry, and the row of the simulator's book. What a call has to
 * cost follows from the row alone: its usage, the model and tier that served, priced by the oracle.
 */
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type BedrockRuntimeClient,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import {
  oracleModel,
  shippedOracle,
  type OracleUsage,
  type RunningProduct,
} from '@tollkeeper/testkit';
import { expect } from 'vitest';
import type { CostCase, Tier } from './cost-bodies.ts';
import { call, eventually } from './requests.ts';
import { sdkFor, type Protocol } from './sdk-client.ts';

export type Entry = Awaited<ReturnType<RunningProduct['client']['listEntries']>>['entries'][number];

type PlainRow = Awaited<ReturnType<RunningProduct['book']>>[number];

/** A row of the simulator's book, with what prices follow from. */
export type Row = Omit<PlainRow, 'usage'> & {
  readonly usage: OracleUsage | null;
  readonly invoked_model_id: string | null;
  readonly served_latency: string | null;
};

/** A call and all that is known of it. `upstreamId` is what it is found by. */
export interface Outcome {
  readonly what: CostCase;
  readonly status: number;
  readonly error: string;
  readonly message: string;
  /** The header that tells the cost; null when there is none. */
  readonly toldCost: string | null;
  readonly entry: Entry | undefined;
  readonly row: Row | undefined;
}

type Sent = Omit<Outcome, 'entry' | 'row'> & { readonly upstreamId: string };

const AT_ONCE = 12;
const DIFFERENCES_MAX = 10;
const PAGE = 500;

export interface RunOptions {
  readonly key?: string;
  /** The AWS SDK over this protocol, in place of plain HTTP. */
  readonly sdk?: Protocol;
}

/** Sends every case once and waits until the ledger has them. In the order of the cases. */
export async function runCases(
  product: RunningProduct,
  cases: readonly CostCase[],
  options: RunOptions = {},
): Promise<readonly Outcome[]> {
  const sent: Sent[] = [];
  const client =
    options.sdk === undefined
      ? undefined
      : sdkFor(product, options.sdk, options.key === undefined ? {} : { apiKey: options.key });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const what = cases[at];
      if (what === undefined) return;
      sent[at] =
        client === undefined
          ? await sendPlain(product, what, options.key)
          : await sendBySdk(client.client, what);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  client?.client.destroy();
  return join(product, sent);
}

async function sendPlain(
  product: RunningProduct,
  what: CostCase,
  key: string | undefined,
): Promise<Sent> {
  const answer = await call(product, {
    path: what.path ?? `/model/${encodeURIComponent(what.model)}/${what.operation}`,
    body: JSON.stringify(what.body),
    ...(what.headers === undefined ? {} : { headers: what.headers }),
    ...(what.fault === undefined ? {} : { fault: what.fault }),
    ...(key === undefined ? {} : { key }),
  });
  return {
    what,
    status: answer.status,
    error: answer.error,
    message: answer.message,
    toldCost: answer.headers.get('x-tollkeeper-cost-usd'),
    upstreamId: answer.headers.get('x-amzn-requestid') ?? '',
  };
}

/** The same case in the words of the SDK; its answer is read to the end. */
async function sendBySdk(client: BedrockRuntimeClient, what: CostCase): Promise<Sent> {
  let headers: Readonly<Record<string, string>> = {};
  const scripted = { 'x-simulator-fault': what.fault ?? '' };
  const aware = <T extends { middlewareStack: { add: unknown } }>(command: T): T => {
    const stack = command.middlewareStack as BedrockRuntimeClient['middlewareStack'];
    stack.add(
      (send) => async (args) => {
        Object.assign((args.request as { headers: object }).headers, scripted);
        const result = await send(args);
        ({ headers } = result.response as { headers: Readonly<Record<string, string>> });
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    return command;
  };
  const modelId = what.model;
  const converse = { ...what.body, modelId } as unknown as ConverseCommandInput;
  const invoke = { modelId, body: JSON.stringify(what.body), ...tierInput(what.tier) };
  switch (what.operation) {
    case 'converse':
      await client.send(aware(new ConverseCommand(converse)));
      break;
    case 'converse-stream': {
      const { stream } = await client.send(aware(new ConverseStreamCommand(converse)));
      for await (const event of stream ?? []) expect(event).toBeDefined();
      break;
    }
    case 'invoke':
      await client.send(aware(new InvokeModelCommand(invoke)));
      break;
    case 'invoke-with-response-stream': {
      const { body } = await client.send(aware(new InvokeModelWithResponseStreamCommand(invoke)));
      for await (const event of body ?? []) expect(event).toBeDefined();
    }
  }
  return {
    what,
    status: 200,
    error: '',
    message: '',
    toldCost: headers['x-tollkeeper-cost-usd'] ?? null,
    upstreamId: headers['x-amzn-requestid'] ?? '',
  };
}

function tierInput(tier: Tier | undefined): object {
  if (tier === undefined) return {};
  return tier === 'optimized' ? { performanceConfigLatency: tier } : { serviceTier: tier };
}

/** Every entry of a product, once there are as many as of calls that were sent upstream. */
async function join(product: RunningProduct, sent: readonly Sent[]): Promise<readonly Outcome[]> {
  const rows = new Map(
    ((await product.book()) as unknown as readonly Row[]).map((row) => [row.request_id, row]),
  );
  const wanted = sent.filter(({ upstreamId }) => rows.has(upstreamId)).length;
  const entries = await eventually(async () => {
    const found = await entriesOf(product);
    const there = sent.filter(({ upstreamId }) => found.has(upstreamId)).length;
    return there === wanted ? found : undefined;
  });
  return sent.map(({ upstreamId, ...rest }) => ({
    ...rest,
    row: rows.get(upstreamId),
    entry: entries.get(upstreamId),
  }));
}

async function entriesOf(product: RunningProduct): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  let cursor: string | undefined;
  do {
    const page = await product.client.listEntries({
      query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
    });
    for (const entry of page.entries) found.set(entry.upstream_request_id ?? '', entry);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** What the row of a call costs, line by line; null where the shipped book has no price. */
export function amountsOf(region: string, row: Row): ReadonlyMap<string, string | null> {
  return shippedOracle().amounts({
    ...oracleModel(row.invoked_model_id ?? row.model_id),
    region,
    tier: tierOf(row),
    at: Date.parse(row.started_at),
    usage: row.usage ?? {},
  });
}

function tierOf({ served_tier: tier, served_latency: latency }: Row): string {
  if (tier === 'flex' || tier === 'priority') return tier;
  return latency === 'optimized' ? 'latency_optimized' : 'standard';
}

/** Exact decimal USD as pico-USD. */
export function picoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'));
}

/**
 * Asserts that a call was answered and recorded exactly as the book and the oracle have it: usage,
 * every line, the sum, and the header that tells it. Lines without a price have no amount, and the
 * entry is flagged and has a ceiling. Returns the cost in pico-USD.
 */
export function expectExact(region: string, outcome: Outcome): bigint {
  const { what, status, message, entry, row, toldCost } = outcome;
  expect([status, message]).toEqual([200, '']);
  if (entry === undefined || row === undefined || row.usage === null)
    throw new Error('it is not in entry and book');
  expect(entry.attempt_id).toBe(row.attempt_id);
  expect(entry).toMatchObject({ usage_source: 'reported', outcome: 'ok', region });
  expect(entry.usage).toEqual(row.usage);
  expectClass(what, row.usage);
  const amounts = amountsOf(region, row);
  const charged = entry.charges.map(({ class: name, amount_usd }) => [name, amount_usd] as const);
  expect(new Map(charged)).toEqual(amounts);
  const known = [...amounts.values()].filter((amount) => amount !== null);
  const cost = known.reduce((sum, amount) => sum + picoOf(amount), 0n);
  expect(picoOf(entry.cost_usd)).toBe(cost);
  if (known.length === amounts.size) {
    expect(entry).toMatchObject({ priced: 'yes', ceiling_usd: null });
    if (!row.stream) expect(toldCost).toBe(entry.cost_usd);
    return cost;
  }
  expect(entry.priced).toBe(known.length === 0 ? 'no' : 'partly');
  expect(toldCost).toBeNull();
  expect(picoOf(entry.ceiling_usd ?? '0')).toBeGreaterThan(cost);
  return cost;
}

/**
 * Asserts that a call whose usage or prices are not all known says so, and that its ceiling is no
 * less than what the book and the oracle have of it: it is never free.
 */
export function expectCovered(region: string, outcome: Outcome): void {
  const { entry, row, status, message, toldCost } = outcome;
  expect([status, message]).toEqual([200, '']);
  if (entry === undefined || row === undefined) throw new Error('it is not in entry and book');
  expect([entry.usage_source, entry.priced]).not.toEqual(['reported', 'yes']);
  expect(toldCost).toBeNull();
  const known = [...amountsOf(region, row).values()].filter((amount) => amount !== null);
  const real = known.reduce((sum, amount) => sum + picoOf(amount), 0n);
  expect(real).toBeGreaterThan(0n);
  expect(picoOf(entry.ceiling_usd ?? '0')).toBeGreaterThanOrEqual(real);
}

/** Every case for which a check fails, with why; at most a few of them. */
export function differences(
  outcomes: readonly Outcome[],
  check: (outcome: Outcome) => unknown,
): readonly string[] {
  const found: string[] = [];
  for (const outcome of outcomes) {
    try {
      check(outcome);
    } catch (error) {
      const { what } = outcome;
      const why = error instanceof Error ? error.message : String(error);
      found.push(`${what.operation} of ${what.model}, ${what.cache}, ${what.tier ?? ''}: ${why}`);
    }
  }
  return found.slice(0, DIFFERENCES_MAX);
}

/** The case is void unless the call really had tokens of the class that it is about. */
function expectClass({ cache }: CostCase, usage: OracleUsage): void {
  const fields: Record<CostCase['cache'], readonly (keyof OracleUsage)[]> = {
    plain: [],
    read: ['cache_read_input_tokens'],
    implicit: ['cache_read_input_tokens'],
    write_5m: ['cache_write_5m_input_tokens'],
    write_1h: ['cache_write_1h_input_tokens'],
    write_30m: ['cache_write_30m_input_tokens'],
    write_both: ['cache_write_5m_input_tokens', 'cache_write_1h_input_tokens'],
  };
  for (const field of fields[cache]) expect(usage[field]).toBeGreaterThan(500);
}
