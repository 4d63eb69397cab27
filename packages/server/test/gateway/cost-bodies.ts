/**
 * Requests of every family for the tables of costs: bodies in Converse's words and in each model's
 * own, with prompt caching, tiers and guardrails where the family knows them.
 */
import { readFileSync } from 'node:fs';
import type { BodyFamily, ModelKind } from '@tollkeeper/core';

/** The operations of models, by their paths. */
export type ModelOperation =
  'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream';

export const OPERATIONS: readonly ModelOperation[] = [
  'converse',
  'converse-stream',
  'invoke',
  'invoke-with-response-stream',
];

/**
 * What becomes of the prompt cache. `write_30m` is of models that keep prompts for half an hour,
 * `implicit` of those that cache by themselves.
 */
export type CacheUse =
  'plain' | 'read' | 'write_5m' | 'write_1h' | 'write_both' | 'write_30m' | 'implicit';

export type Tier = 'flex' | 'priority' | 'reserved' | 'optimized';

/** One call of the table. */
export interface CostCase {
  /** As it stands in the path, decoded. */
  readonly model: string;
  readonly operation: ModelOperation;
  /** In place of the path of the operation. */
  readonly path?: string;
  readonly body: object;
  readonly cache: CacheUse;
  readonly tier?: Tier;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the simulator is to do. */
  readonly fault?: string;
}

/** What a case differs in from a short, plain question. */
export interface Wish {
  readonly cache?: CacheUse;
  readonly tier?: Tier;
  /** Tier that the upstream says it served with, where it is not the one asked for. */
  readonly served?: string;
  /** Bytes of the cached prefix; the rest of the prompt is short. */
  readonly prefixBytes?: number;
  readonly fault?: string;
}

interface Facts {
  readonly model_id: string;
  readonly family: BodyFamily;
  readonly kind: ModelKind;
}

function dataOf<T>(name: string): T {
  const file = new URL(`../../../core/data/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/**
 * Every model that is shipped and can be called, with the shape of its bodies. The simulator serves
 * no others: they answer over streams or jobs that the gateway does not carry.
 */
export const MODELS: readonly Facts[] = dataOf<{ readonly models: readonly Facts[] }>(
  'models.json',
).models.filter(({ family }) => family !== 'unknown');

const PRICES = dataOf<{
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}>('prices.json');

/** A name that a model can be called by, and the tier, for which there is a price. */
export interface PricedName extends Facts {
  readonly name: string;
  readonly scope: string;
  readonly tier: string;
  readonly region: string;
  readonly classes: ReadonlySet<string>;
  /** Lines of the price data that are about it. */
  readonly lines: ReadonlySet<number>;
}

/** Everything that has a price and can be called: read from the data, not from a book. */
export const PRICED: readonly PricedName[] = pricedNames();

/** Its only price is of images that are smaller than what a plain body asks for. */
export const SMALL_IMAGES = 'amazon.titan-image-generator-v2:0';

/** Every region in which something can be called. */
export const REGIONS: readonly string[] = [...new Set(PRICED.map(({ region }) => region))].sort();

function pricedNames(): readonly PricedName[] {
  const found = new Map<string, PricedName & { classes: Set<string>; lines: Set<number> }>();
  const facts = new Map(MODELS.map((model) => [model.model_id, model]));
  for (const [line, cells] of PRICES.rows.entries()) {
    const cell = (field: string): string => String(cells[PRICES.fields.indexOf(field)]);
    const model = facts.get(cell('model_id'));
    const [scope, tier] = [cell('scope'), cell('tier')];
    if (model === undefined || tier === 'batch') continue;
    for (const region of cell('regions').split(' ')) {
      const name = `${prefixOf(scope, region)}${model.model_id}`;
      const key = `${name} ${region} ${tier}`;
      const sets = { classes: new Set<string>(), lines: new Set<number>() };
      const priced = found.get(key) ?? { ...model, name, scope, tier, region, ...sets };
      found.set(key, priced);
      priced.classes.add(cell('usage_class'));
      priced.lines.add(line);
    }
  }
  return [...found.values()];
}

/** A cross-region prefix that calls from a region can have. */
function prefixOf(scope: string, region: string): string {
  if (scope === 'in_region') return '';
  if (scope === 'global') return 'global.';
  const [continent = ''] = region.split('-');
  const own: Readonly<Record<string, string>> = {
    'ap-northeast-1': 'jp.',
    'ap-southeast-2': 'au.',
    'ap-south-1': 'in.',
    'ca-central-1': 'ca.',
  };
  return own[region] ?? (continent === 'eu' || continent === 'us' ? `${continent}.` : 'apac.');
}

const QUESTION = 'What is a ledger?';
const OUTPUT_TOKENS_MAX = 64;
const PREFIX_BYTES = 9_000;
const PREFIX = /^(us|eu|apac|jp|au|ca|in|global)\.(?=[a-z0-9]+\.)/;

/** The facts of a model by any of its names. Throws for one that is not shipped. */
export function factsOf(model: string): Facts {
  const id = model.replace(PREFIX, '');
  const facts = MODELS.find(({ model_id }) => model_id === id);
  if (facts === undefined) throw new Error(`no model ${id}`);
  return facts;
}

/** The operations that a model knows. */
export function operationsOf({ family, kind }: Facts): readonly ModelOperation[] {
  if (kind !== 'text') return ['invoke'];
  return family === 'ai21_j2' ? ['converse', 'invoke'] : OPERATIONS;
}

/** The uses of the prompt cache that charge every cache class for which a model has a price. */
export function cacheUsesOf({ classes }: PricedName): readonly CacheUse[] {
  const uses: CacheUse[] = ['plain'];
  const writes = classes.has('cache_write_5m');
  if (writes) uses.push(classes.has('cache_write_1h') ? 'write_both' : 'write_5m');
  if (classes.has('cache_write_30m')) uses.push('write_30m');
  if (classes.has('cache_read')) uses.push('read');
  return uses;
}

/** A case of a model that answers with text or a vector. */
export function caseOf(model: string, operation: ModelOperation, wish: Wish = {}): CostCase {
  const { tier, served, prefixBytes = PREFIX_BYTES, fault } = wish;
  const cache = cacheOf(model, wish.cache);
  const mode = cache === 'read' || cache === 'implicit' ? cache : 'write';
  const script = [
    `cache;mode=${mode}`,
    ...(served === undefined ? [] : [`tier;served=${served}`]),
    ...(fault === undefined ? [] : [fault]),
  ];
  const converses = operation.startsWith('converse');
  const body = converses
    ? { ...conversation(cache, prefixBytes), ...tierMembers(tier) }
    : ownBody(model, cache, prefixBytes);
  return {
    model,
    operation,
    body,
    cache,
    ...(tier === undefined ? {} : { tier }),
    ...(converses ? {} : { headers: tierHeaders(tier) }),
    fault: script.join(', '),
  };
}

/** Models that take chat completions read their cache without being asked. */
function cacheOf(model: string, cache: CacheUse = 'plain'): CacheUse {
  return cache === 'read' && factsOf(model).family === 'openai_chat' ? 'implicit' : cache;
}

function tierMembers(tier: Tier | undefined): object {
  if (tier === undefined) return {};
  return tier === 'optimized'
    ? { performanceConfig: { latency: tier } }
    : { serviceTier: { type: tier } };
}

function tierHeaders(tier: Tier | undefined): Record<string, string> {
  if (tier === undefined) return {};
  return tier === 'optimized'
    ? { 'x-amzn-bedrock-performanceconfig-latency': tier }
    : { 'x-amzn-bedrock-service-tier': tier };
}

/** In Converse's words, which Nova uses in its own bodies too. */
function conversation(cache: CacheUse, prefixBytes: number): object {
  const user = (text: string) => ({ role: 'user', content: [{ text }] });
  const rest = { inferenceConfig: { maxTokens: OUTPUT_TOKENS_MAX } };
  // Long enough to be cached by models that do so by themselves.
  if (cache === 'implicit') return { messages: [user(QUESTION.repeat(400))], ...rest };
  const prefix = { text: 'p'.repeat(prefixBytes) };
  const second = { text: 'q'.repeat(PREFIX_BYTES) };
  const point = (ttl?: string) => ({
    cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) },
  });
  const blocks: Record<CacheUse, readonly object[]> = {
    plain: [],
    implicit: [],
    read: [prefix, point()],
    write_5m: [prefix, point('5m')],
    write_1h: [prefix, point('1h')],
    write_30m: [prefix, point('30m')],
    write_both: [prefix, point('1h'), second, point('5m')],
  };
  const system = blocks[cache].length === 0 ? {} : { system: blocks[cache] };
  return { ...system, messages: [user(QUESTION)], ...rest };
}

/** In the model's own words. */
function ownBody(model: string, cache: CacheUse, prefixBytes: number): object {
  const { family } = factsOf(model);
  switch (family) {
    case 'anthropic':
      return messages(cache, prefixBytes);
    case 'nova':
      return conversation(cache, prefixBytes);
    case 'openai_chat':
      return {
        messages: [{ role: 'user', content: QUESTION.repeat(cache === 'implicit' ? 400 : 1) }],
        max_tokens: OUTPUT_TOKENS_MAX,
      };
    default:
      return { ...PLAIN_BODIES[family] };
  }
}

function messages(cache: CacheUse, prefixBytes: number): object {
  const block = (letter: string, bytes: number, ttl: string) => ({
    type: 'text',
    text: letter.repeat(bytes),
    cache_control: { type: 'ephemeral', ttl },
  });
  const blocks: Partial<Record<CacheUse, readonly object[]>> = {
    read: [block('p', prefixBytes, '5m')],
    write_5m: [block('p', prefixBytes, '5m')],
    write_1h: [block('p', prefixBytes, '1h')],
    write_both: [block('p', prefixBytes, '1h'), block('q', PREFIX_BYTES, '5m')],
  };
  return {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: OUTPUT_TOKENS_MAX,
    ...(blocks[cache] === undefined ? {} : { system: blocks[cache] }),
    messages: [{ role: 'user', content: QUESTION }],
  };
}

/** The first bytes of a PNG file of one pixel, in base64. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ';

/** Bodies of the families that have neither prompt caching nor messages. */
const PLAIN_BODIES: Readonly<
  Record<Exclude<BodyFamily, 'anthropic' | 'nova' | 'openai_chat'>, object>
> = {
  anthropic_text: {
    prompt: `\n\nHuman: ${QUESTION}\n\nAssistant:`,
    max_tokens_to_sample: OUTPUT_TOKENS_MAX,
  },
  titan_text: {
    inputText: QUESTION,
    textGenerationConfig: { maxTokenCount: OUTPUT_TOKENS_MAX },
  },
  titan_embed: { inputText: QUESTION },
  titan_embed_image: { inputText: QUESTION, inputImage: PIXEL },
  image_task: { taskType: 'TEXT_IMAGE', textToImageParams: { text: QUESTION } },
  stability: { prompt: QUESTION, text_prompts: [{ text: QUESTION }] },
  llama: { prompt: QUESTION, max_gen_len: OUTPUT_TOKENS_MAX },
  mistral_text: { prompt: QUESTION, max_tokens: OUTPUT_TOKENS_MAX },
  deepseek_text: { prompt: QUESTION, max_tokens: OUTPUT_TOKENS_MAX },
  cohere_command: { prompt: QUESTION, max_tokens: OUTPUT_TOKENS_MAX },
  cohere_chat: { message: QUESTION, max_tokens: OUTPUT_TOKENS_MAX },
  cohere_embed: { texts: [QUESTION, 'And a journal?'], input_type: 'search_document' },
  rerank: { query: QUESTION, documents: ['A book.', 'A boat.'], api_version: 2 },
  ai21_j2: { prompt: QUESTION, maxTokens: OUTPUT_TOKENS_MAX },
  unknown: { inputText: QUESTION },
};
