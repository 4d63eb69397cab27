/**
 * The calls that the load makes: every operation, every family of bodies, prompt caches, faults.
 */
import { FAULTS, PACES } from './faults.ts';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';

export const OPERATIONS = [
  'converse',
  'converse-stream',
  'invoke',
  'invoke-with-response-stream',
] as const;
export type OperationPath = (typeof OPERATIONS)[number];

/** One call that a caller is going to make. */
export interface Plan {
  readonly operation: OperationPath;
  readonly modelId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** `x-simulator-fault`, or null. */
  readonly script: string | null;
  /** The script holds for all SDK attempts of the call, or for the first only. */
  readonly everyAttempt: boolean;
  readonly fault: Fault | null;
}

const HAIKU_45 = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const CONVERSE_MODELS = [
  HAIKU_45,
  'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'anthropic.claude-3-haiku-20240307-v1:0',
  'amazon.nova-lite-v1:0',
  'us.amazon.nova-micro-v1:0',
] as const;
const EMBEDDING_MODEL = 'amazon.titan-embed-text-v2:0';
const INVOKE_MODELS = [
  HAIKU_45,
  'anthropic.claude-3-haiku-20240307-v1:0',
  'us.amazon.nova-lite-v1:0',
  'amazon.titan-text-express-v1',
  EMBEDDING_MODEL,
] as const;
/** Long enough for the upstream's prompt cache, and the same words for every third caller. */
const CACHED_PREFIX_WORDS = 1_600;

/** Draws the next call. `faulty`: faults and paces are wanted; the clean share is left as it is. */
export function drawPlan(random: Random): Plan {
  const operation = random.pick(OPERATIONS);
  const streamed = operation.includes('stream');
  const converse = operation.startsWith('converse');
  const models = converse
    ? CONVERSE_MODELS
    : INVOKE_MODELS.filter((model) => !streamed || model !== EMBEDDING_MODEL);
  const modelId = random.pick<string>(models);
  const fault = random.oneIn(4) ? drawFault(random, streamed) : null;
  const script = fault?.script ?? (random.oneIn(2) ? random.pick(PACES) : null);
  return {
    operation,
    modelId,
    body: converse ? converseBody(random, modelId) : invokeBody(random, modelId),
    script,
    everyAttempt: random.oneIn(3),
    fault,
  };
}

function drawFault(random: Random, streamed: boolean): Fault {
  // Calls that hang hold a caller up until it gives up, so they are rare.
  for (;;) {
    const fault = random.pick(FAULTS);
    if (fault.streamsOnly === true && !streamed) continue;
    if (fault.hangs === true && !random.oneIn(3)) continue;
    return fault;
  }
}

function words(random: Random, count: number): string {
  const some = ['ledger', 'toll', 'café', '通行料', 'bridge', 'keeper', '🪙', 'road', 'naïve'];
  return Array.from({ length: count }, () => random.pick(some)).join(' ');
}

function converseBody(random: Random, modelId: string): Plan['body'] {
  const messages = [{ role: 'user', content: [{ text: words(random, random.between(1, 60)) }] }];
  const inferenceConfig = { maxTokens: random.between(1, 160) };
  if (modelId !== HAIKU_45 || !random.oneIn(3)) return { messages, inferenceConfig };
  const ttl = random.pick(['5m', '1h']);
  const text = `${random.between(1, 3)} ${'shared prefix '.repeat(CACHED_PREFIX_WORDS / 2)}`;
  const system = [{ text }, { cachePoint: { type: 'default', ttl } }];
  return { messages, inferenceConfig, system };
}

function invokeBody(random: Random, modelId: string): Plan['body'] {
  const text = words(random, random.between(1, 60));
  const most = random.between(1, 160);
  if (modelId === EMBEDDING_MODEL) return { inputText: text };
  if (modelId.includes('titan')) {
    return { inputText: text, textGenerationConfig: { maxTokenCount: most } };
  }
  if (modelId.includes('nova')) {
    const messages = [{ role: 'user', content: [{ text }] }];
    return { messages, inferenceConfig: { maxTokens: most } };
  }
  const messages = [{ role: 'user', content: [{ type: 'text', text }] }];
  return { anthropic_version: 'bedrock-2023-05-31', max_tokens: most, messages };
}
