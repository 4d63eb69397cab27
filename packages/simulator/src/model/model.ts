/**
 * Which models exist here, and what is known of their limits. Any id of a known family is
 * answered; a limit that is not known is not checked. The maxima are at or below what the vendors
 * document, so that an answer never has more tokens than the real model could give.
 */
import { invalid } from '../wire/failure.ts';
import type { CacheTtl } from './ask.ts';
import type { Family } from './family.ts';

/** One model, found by an identifier. */
export interface Model {
  /** As received in the path, decoded. */
  readonly requestedId: string;
  /** What answers: the id without ARN, with the cross-region prefix that it is called by. */
  readonly invokedId: string;
  /** Without ARN and cross-region prefix. */
  readonly id: string;
  readonly family: Family;
  /** Prompt tokens that fit, or null where not known. */
  readonly contextTokensMax: number | null;
  /** Output tokens of one answer at most, or null where not known. */
  readonly outputTokensMax: number | null;
  /** Output tokens when the request states no maximum. */
  readonly outputTokensDefault: number | null;
  /** Times to live that prompts may be cached for, the usual one first; none: no checkpoints. */
  readonly cacheTtls: readonly CacheTtl[];
  /** What a prompt router chose, as an ARN; null when none was asked. */
  readonly routedTo: string | null;
  /** Whether each call is billed; what is provisioned or imported is paid for by time. */
  readonly billsCalls: boolean;
}

interface Limits {
  readonly id: RegExp;
  readonly context: number | null;
  readonly output: number | null;
  readonly unset?: number;
}

/**
 * First match wins. Claude models that nobody knew when this was written have no output limit.
 */
const LIMITS: readonly Limits[] = [
  { id: /^anthropic\.claude-(v2|instant)/, context: 100_000, output: 4096 },
  { id: /^anthropic\.claude-3-(haiku|sonnet|opus)-/, context: 200_000, output: 4096 },
  { id: /^anthropic\.claude-3-5-/, context: 200_000, output: 8192 },
  {
    id: /^anthropic\.claude-(?:(?:opus|sonnet)-4-[678]|[a-z]+-5)/,
    context: 1_000_000,
    output: 128_000,
  },
  { id: /^anthropic\.claude-opus-4-(1-)?20/, context: 200_000, output: 32_000 },
  {
    id: /^anthropic\.claude-(3-7-sonnet|sonnet-4|haiku-4|opus-4-5)/,
    context: 200_000,
    output: 64_000,
  },
  { id: /^anthropic\./, context: 200_000, output: null },
  { id: /^amazon\.nova-micro-v1/, context: 128_000, output: 10_000, unset: 5000 },
  { id: /^amazon\.nova-(lite|pro)-v1/, context: 300_000, output: 10_000, unset: 5000 },
  { id: /^amazon\.nova-premier-v1/, context: 1_000_000, output: 10_000, unset: 5000 },
  { id: /^amazon\.nova-(?!canvas)/, context: 1_000_000, output: 65_535, unset: 5000 },
  { id: /^amazon\.titan-text-lite/, context: 4096, output: 4096, unset: 512 },
  { id: /^amazon\.titan-text-premier/, context: 32_000, output: 3072, unset: 512 },
  { id: /^amazon\.titan-(text|tg1)/, context: 8192, output: 8192, unset: 512 },
  { id: /^amazon\.titan-embed-image/, context: 256, output: 0 },
  { id: /^amazon\.titan-embed/, context: 8192, output: 0 },
  { id: /^meta\.llama2-/, context: 4096, output: 2048, unset: 512 },
  { id: /^meta\.llama3-(8b|70b)-/, context: 8192, output: 2048, unset: 512 },
  { id: /^meta\.llama3-/, context: 128_000, output: 4096, unset: 512 },
  { id: /^meta\./, context: 1_000_000, output: 8192, unset: 512 },
  { id: /^mistral\.(mistral-7b|mixtral)/, context: 32_000, output: 8191, unset: 512 },
  { id: /^mistral\.mistral-(large|small)-2402/, context: 32_000, output: 8191 },
  { id: /^mistral\.(mistral-large-2407|pixtral)/, context: 128_000, output: 8191 },
  { id: /^mistral\./, context: 128_000, output: 4096 },
  { id: /^ai21\.j2-/, context: 8191, output: 8191, unset: 200 },
  { id: /^ai21\.jamba-instruct/, context: 70_000, output: 4096 },
  { id: /^ai21\./, context: 256_000, output: 4096 },
  { id: /^cohere\.command-r/, context: 128_000, output: 4000 },
  { id: /^cohere\.command-/, context: 4096, output: 4096, unset: 20 },
  { id: /^deepseek\.r1/, context: 128_000, output: 32_768 },
  { id: /^deepseek\./, context: 163_840, output: 81_920 },
  { id: /^openai\.gpt-oss/, context: 128_000, output: 16_384 },
  { id: /^openai\./, context: 1_050_000, output: 128_000 },
  { id: /^qwen\.qwen3-32b/, context: 32_768, output: 16_384 },
  { id: /^qwen\./, context: 131_072, output: 65_536 },
  { id: /^google\./, context: 128_000, output: 4096 },
  { id: /^minimax\./, context: 196_608, output: 98_304 },
  { id: /^moonshot(ai)?\./, context: 262_143, output: 128_000 },
  { id: /^nvidia\./, context: 128_000, output: 8192 },
  { id: /^zai\./, context: 200_000, output: 128_000 },
  { id: /^writer\./, context: 128_000, output: 8192 },
];

const VERSION = String.raw`(:\d+)?(:\d+k)?$`;
const CHAT_PROVIDERS = 'openai|qwen|minimax|moonshot|moonshotai|google|nvidia|zai|writer|mistral';

/** First match wins. */
const FAMILIES: ReadonlyArray<readonly [RegExp, Family]> = [
  [named(String.raw`anthropic\.claude-(v2|instant)[a-z0-9.-]*`), 'anthropic_text'],
  [named(String.raw`anthropic\.claude-[a-z0-9][a-z0-9.-]*`), 'anthropic'],
  [named(String.raw`amazon\.nova-canvas-[a-z0-9.-]+`), 'image_task'],
  [named(String.raw`amazon\.nova-(?!reel|sonic|2-sonic|embed|2-multimodal)[a-z0-9.-]+`), 'nova'],
  [named(String.raw`amazon\.titan-image-generator-v\d+`), 'image_task'],
  [named(String.raw`amazon\.titan-embed-image-v\d+`), 'titan_embed_image'],
  [named(String.raw`amazon\.titan-(text-[a-z0-9.-]+|tg1-large)`), 'titan_text'],
  [named(String.raw`amazon\.titan-embed-(text-v\d+|g1-text-\d+)`), 'titan_embed'],
  [named(String.raw`amazon\.rerank-v\d+`), 'rerank'],
  [named(String.raw`stability\.(stable|sd3)-[a-z0-9-]+`), 'stability'],
  [named(String.raw`meta\.llama[0-9][a-z0-9-]*`), 'llama'],
  [
    named(String.raw`mistral\.(mistral-7b|mixtral|mistral-(large|small)-2402)-?[a-z0-9-]*`),
    'mistral_text',
  ],
  [named(String.raw`ai21\.j2-[a-z0-9-]+`), 'ai21_j2'],
  [named(String.raw`ai21\.jamba-[a-z0-9-]+`), 'chat'],
  [named(String.raw`cohere\.command-r(-[a-z0-9-]+)?`), 'cohere_chat'],
  [named(String.raw`cohere\.command-[a-z0-9-]+`), 'cohere_command'],
  [named(String.raw`cohere\.embed-[a-z0-9-]+`), 'cohere_embed'],
  [named(String.raw`cohere\.rerank-[a-z0-9-]+`), 'rerank'],
  [named(String.raw`deepseek\.r1-[a-z0-9-]+`), 'deepseek_text'],
  [named(String.raw`deepseek\.v\d[a-z0-9.-]*`), 'chat'],
  [named(String.raw`(${CHAT_PROVIDERS})\.[a-z0-9][a-z0-9.-]*`), 'chat'],
];

/** A whole id: a name, then a version and a context size if there are any. */
function named(name: string): RegExp {
  return new RegExp(`^(?:${name})${VERSION}`);
}

const MODEL_ARN =
  /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:(?::foundation-model|\d{12}:inference-profile)\/(.+)$/;
const CROSS_REGION =
  /^(?:us|eu|apac|global|au|jp|us-gov|in|ca|sa|me|af)\.(?=[a-z0-9]+\.)(?!amazon\.titan-)/;

/**
 * The model of an identifier: a bare id, one with a cross-region prefix, or the ARN of a
 * foundation model or of a system-defined inference profile. Throws the `ValidationException` that
 * AWS gives for anything else.
 */
export function findModel(requestedId: string): Model {
  const inner = MODEL_ARN.exec(requestedId)?.[1] ?? requestedId;
  const id = inner.replace(CROSS_REGION, '');
  const family = FAMILIES.find(([pattern]) => pattern.test(id))?.[1];
  if (family === undefined) throw invalid('The provided model identifier is invalid.');
  const limits = LIMITS.find((candidate) => candidate.id.test(id));
  return {
    requestedId,
    invokedId: inner,
    id,
    family,
    contextTokensMax: limits?.context ?? null,
    outputTokensMax: limits?.output ?? null,
    outputTokensDefault: limits?.unset ?? null,
    cacheTtls: cacheTtlsOf(id, family),
    routedTo: null,
    billsCalls: true,
  };
}

function cacheTtlsOf(id: string, family: Family): readonly CacheTtl[] {
  if (family === 'anthropic') return ['5m', '1h'];
  if (family === 'nova') return ['5m'];
  return /^openai\.gpt-(5\.[6-9]|[6-9])/.test(id) ? ['30m'] : [];
}

/** The vendor's own name of a model, such as `claude-3-haiku-20240307`. */
export function vendorName(model: Model): string {
  return model.id.replace(/^[a-z]+\./, '').replace(/-v\d+(:.*)?$/, '');
}
