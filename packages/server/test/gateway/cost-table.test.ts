/**
 * What a call costs, from the outside: every operation, family, streamed or not, cache class, scope
 * and tier goes through the real gateway; its usage is read from the simulator's book and priced by
 * the independent oracle, and the entry, the header, the budget and the summary must all say the
 * same.
 */
import { oracleCost, oracleModel, startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, entriesOf } from './requests.ts';

type Operation = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream';
type UsageClass = 'plain' | 'read' | 'write_5m' | 'write_1h' | 'write_both';

interface Case {
  readonly model: string;
  readonly operation: Operation;
  readonly cache: UsageClass;
  readonly tier?: 'priority' | 'flex' | 'optimized';
  /** Tier that the upstream says it served with, where it is not the one asked for. */
  readonly served?: string;
  /** Bytes of the cached prefix; the rest of the prompt is short. */
  readonly prefixBytes?: number;
}

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const ALL: readonly Operation[] = [
  'converse',
  'converse-stream',
  'invoke',
  'invoke-with-response-stream',
];
const PREFIX_BYTES = 9_000;
const TIERS: Readonly<Record<string, string>> = {
  default: 'standard',
  optimized: 'latency_optimized',
};

const products = new Map<string, RunningProduct>();
beforeAll(async () => {
  for (const region of ['us-east-1', 'eu-central-1', 'ap-northeast-1']) {
    products.set(region, await startProduct({ limitUsd: '9000', settings: { region } }));
  }
}, 60_000);
afterAll(async () => {
  for (const product of products.values()) await product.close();
});

function productIn(region: string): RunningProduct {
  const product = products.get(region);
  if (product === undefined) throw new Error(`no product in ${region}`);
  return product;
}

/**
 * A request in Converse's words, which Nova uses in its own bodies too, with cache points as asked.
 */
function conversation({ cache, prefixBytes = PREFIX_BYTES, tier, operation }: Case): string {
  const prefix = { text: 'p'.repeat(prefixBytes) };
  const point = (ttl?: string) => ({
    cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) },
  });
  const cached: Record<Exclude<UsageClass, 'plain'>, readonly object[]> = {
    read: [prefix, point()],
    write_5m: [prefix, point('5m')],
    write_1h: [prefix, point('1h')],
    write_both: [prefix, point('1h'), { text: 'q'.repeat(PREFIX_BYTES) }, point('5m')],
  };
  const system = cache === 'plain' ? {} : { system: cached[cache] };
  const inBody = operation.startsWith('converse') && tier !== undefined;
  return JSON.stringify({
    ...system,
    messages: [{ role: 'user', content: [{ text: 'What is a ledger?' }] }],
    inferenceConfig: { maxTokens: 200 },
    ...(inBody && tier !== 'optimized' ? { serviceTier: { type: tier } } : {}),
    ...(inBody && tier === 'optimized' ? { performanceConfig: { latency: tier } } : {}),
  });
}

function messages({ cache, prefixBytes = PREFIX_BYTES }: Case): string {
  const block = (letter: string, bytes: number, ttl: string) => ({
    type: 'text',
    text: letter.repeat(bytes),
    cache_control: { type: 'ephemeral', ttl },
  });
  const cached: Record<Exclude<UsageClass, 'plain'>, readonly object[]> = {
    read: [block('p', prefixBytes, '5m')],
    write_5m: [block('p', prefixBytes, '5m')],
    write_1h: [block('p', prefixBytes, '1h')],
    write_both: [block('p', prefixBytes, '1h'), block('q', PREFIX_BYTES, '5m')],
  };
  return JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 200,
    ...(cache === 'plain' ? {} : { system: cached[cache] }),
    messages: [{ role: 'user', content: 'What is a ledger?' }],
  });
}

function bodyOf(what: Case): string {
  if (what.operation.startsWith('converse')) return conversation(what);
  if (what.model.includes('anthropic.')) return messages(what);
  if (what.model.includes('nova')) return conversation(what);
  const inputText = 'What is a ledger?';
  if (what.model.includes('embed')) return JSON.stringify({ inputText });
  return JSON.stringify({ inputText, textGenerationConfig: { maxTokenCount: 200 } });
}

function headersOf({ operation, tier }: Case): Record<string, string> {
  if (tier === undefined || operation.startsWith('converse')) return {};
  return tier === 'optimized'
    ? { 'x-amzn-bedrock-performanceconfig-latency': tier }
    : { 'x-amzn-bedrock-service-tier': tier };
}

function faultOf({ cache, served }: Case): string {
  const mode = cache === 'read' ? 'read' : 'write';
  return `cache;mode=${mode}${served === undefined ? '' : `, tier;served=${served}`}`;
}

/** Calls through the gateway; the truth is the book's usage at the oracle's price. */
async function check(region: string, what: Case): Promise<string> {
  const product = productIn(region);
  const answer = await call(product, {
    path: `/model/${encodeURIComponent(what.model)}/${what.operation}`,
    body: bodyOf(what),
    headers: headersOf(what),
    fault: faultOf(what),
  });
  expect([answer.status, answer.message]).toEqual([200, '']);
  const [entry, ...others] = await entriesOf(product, answer.requestId);
  expect(others).toEqual([]);
  const row = (await product.book()).find(({ attempt_id }) => attempt_id === entry?.attempt_id);
  if (row === undefined || row.usage === null) throw new Error('the book has no such call');
  expectClass(what, row.usage);
  const tier = what.served ?? what.tier ?? 'default';
  const cost = oracleCost({
    ...oracleModel(what.model),
    region,
    tier: TIERS[tier] ?? tier,
    at: Date.parse(row.started_at),
    usage: row.usage,
  });
  expect(Number(cost)).toBeGreaterThan(0);
  expect(entry).toMatchObject({ usage_source: 'reported', priced: 'yes', ceiling_usd: null });
  expect(entry?.usage).toMatchObject(row.usage);
  expect(entry?.cost_usd).toBe(cost);
  if (!what.operation.endsWith('stream')) {
    expect(answer.headers.get('x-tollkeeper-cost-usd')).toBe(cost);
  }
  return cost;
}

/** The case is void unless the call really had tokens of the class that it is about. */
function expectClass({ cache }: Case, usage: Readonly<Record<string, number>>): void {
  const fields: Record<UsageClass, readonly string[]> = {
    plain: [],
    read: ['cache_read_input_tokens'],
    write_5m: ['cache_write_5m_input_tokens'],
    write_1h: ['cache_write_1h_input_tokens'],
    write_both: ['cache_write_5m_input_tokens', 'cache_write_1h_input_tokens'],
  };
  for (const field of fields[cache]) expect(usage[field]).toBeGreaterThan(1_000);
  expect(usage['input_tokens']).toBeGreaterThan(0);
}

function cases(models: readonly string[], operations: readonly Operation[], caches: UsageClass[]) {
  return models.flatMap((model) =>
    operations.flatMap((operation) => caches.map((cache) => ({ model, operation, cache }))),
  );
}

const IN_US: readonly Case[] = [
  ...cases([SONNET, `us.${SONNET}`, `global.${SONNET}`], ALL, [
    'plain',
    'read',
    'write_5m',
    'write_1h',
    'write_both',
  ]),
  ...cases(['us.anthropic.claude-3-7-sonnet-20250219-v1:0'], ALL, ['plain', 'read', 'write_5m']),
  ...cases(['anthropic.claude-3-haiku-20240307-v1:0'], ALL, ['plain']),
  ...cases(['amazon.nova-pro-v1:0', 'us.amazon.nova-lite-v1:0'], ALL, ['plain', 'read']),
  ...cases(['global.amazon.nova-2-lite-v1:0'], ALL, ['plain', 'read']),
  ...cases(['amazon.titan-text-express-v1', 'amazon.titan-text-lite-v1'], ALL, ['plain']),
  ...cases(['amazon.titan-embed-text-v1', 'amazon.titan-embed-text-v2:0'], ['invoke'], ['plain']),
];

const TIERED: readonly Case[] = ALL.flatMap((operation): Case[] => [
  { model: 'amazon.nova-pro-v1:0', operation, cache: 'plain', tier: 'priority' },
  { model: 'amazon.nova-pro-v1:0', operation, cache: 'plain', tier: 'flex' },
  { model: 'amazon.nova-pro-v1:0', operation, cache: 'plain', tier: 'optimized' },
  { model: 'us.amazon.nova-premier-v1:0', operation, cache: 'plain', tier: 'flex' },
  // Asked for priority, served by default: the price is that of what was served.
  {
    model: 'amazon.nova-pro-v1:0',
    operation,
    cache: 'plain',
    tier: 'priority',
    served: 'default',
  },
]);

/** The only model here whose price changes with the prompt and whose window is beyond that. */
const BANDED_MODEL = 'global.anthropic.claude-haiku-5-5';
const LONG_PROMPT_BYTES = 420_000;
const BANDED: readonly Case[] = ALL.flatMap((operation) =>
  (['write_5m', 'read', 'write_1h'] as const).map((cache) => ({
    model: BANDED_MODEL,
    operation,
    cache,
    prefixBytes: LONG_PROMPT_BYTES,
  })),
);

describe('in us-east-1', () => {
  test.each(IN_US)('$operation of $model, $cache', async (what) => {
    await check('us-east-1', what);
  });
});

describe('in other regions', () => {
  const inEurope = cases(
    [`eu.${SONNET}`, 'eu.amazon.nova-lite-v1:0', 'amazon.titan-text-express-v1'],
    ALL,
    ['plain'],
  );
  test.each(inEurope)('eu-central-1: $operation of $model', async (what) => {
    await check('eu-central-1', what);
  });
  const inAsia = cases(['apac.amazon.nova-pro-v1:0', 'amazon.nova-lite-v1:0'], ALL, ['plain']);
  test.each(inAsia)('ap-northeast-1: $operation of $model', async (what) => {
    await check('ap-northeast-1', what);
  });
});

describe('by tier', () => {
  test.each(TIERED)('$operation of $model, $tier (served: $served)', async (what) => {
    await check('us-east-1', what);
  });
});

describe('beyond the price band of long prompts', () => {
  test.each(BANDED)('$operation, $cache', async (what) => {
    const long = await check('us-east-1', what);
    const below = await check('us-east-1', { ...what, prefixBytes: LONG_PROMPT_BYTES - 30_000 });
    // 7 % less prompt, but the cheaper band.
    expect(Number(long)).toBeGreaterThan(Number(below) * 1.3);
  });
});

test('budget, summary and entries add up to the same, and to the book', async () => {
  const product = productIn('us-east-1');
  const rows = (await product.book()).filter(({ billed }) => billed);
  expect(rows.length).toBeGreaterThan(100);
  const { total } = await product.client.summarizeUsage({ query: { group_by: 'model_id' } });
  const budget = await product.client.getBudget({ params: { budget_id: 'org-daily' } });
  expect(total.requests).toBe(rows.length);
  expect(budget.spent).toBe(total.cost_usd);
  expect([budget.held, budget.ceiling, budget.excess]).toEqual(['0', '0', '0']);
  const sum = (name: string): number =>
    rows.reduce((all, { usage }) => all + (usage?.[name] ?? 0), 0);
  for (const name of [
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_write_5m_input_tokens',
    'cache_write_1h_input_tokens',
  ] as const) {
    expect([name, total[name]]).toEqual([name, sum(name)]);
  }
});
