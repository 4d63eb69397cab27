/**
 * Which models exist here, and what is known of their limits. Any id of a known family is
 * answered; a limit that is not known is not checked. The maxima are at or below what the vendors
 * document, so that an answer never has more tokens than the real model could give.
 */
import { invalid } from '../wire/failure.ts';

/** The shape of a model's own request and answer bodies. */
export type Family = 'anthropic' | 'nova' | 'titan_text' | 'titan_embed';

/** One model, found by an identifier. */
export interface Model {
  /** As received in the path, decoded. */
  readonly requestedId: string;
  /** Without ARN and cross-region prefix. */
  readonly id: string;
  readonly family: Family;
  /** Prompt tokens that fit, or null where not known. */
  readonly contextTokensMax: number | null;
  /** Output tokens of one answer at most, or null where not known. */
  readonly outputTokensMax: number | null;
  /** Output tokens when the request states no maximum. */
  readonly outputTokensDefault: number | null;
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
  { id: /^amazon\.nova-/, context: 1_000_000, output: 65_535, unset: 5000 },
  { id: /^amazon\.titan-text-lite/, context: 4096, output: 4096, unset: 512 },
  { id: /^amazon\.titan-text-premier/, context: 32_000, output: 3072, unset: 512 },
  { id: /^amazon\.titan-(text|tg1)/, context: 8192, output: 8192, unset: 512 },
  { id: /^amazon\.titan-embed/, context: 8192, output: 0 },
];

const FAMILIES: ReadonlyArray<readonly [RegExp, Family]> = [
  [/^anthropic\.claude-[a-z0-9][a-z0-9.-]*(:\d+)?(:\d+k)?$/, 'anthropic'],
  [
    /^amazon\.nova-(?!canvas|reel|sonic|2-sonic|embed|2-multimodal)[a-z0-9.-]+(:\d+)?(:\d+k)?$/,
    'nova',
  ],
  [/^amazon\.titan-(text-[a-z0-9.-]+|tg1-large)(:\d+)?(:\d+k)?$/, 'titan_text'],
  [/^amazon\.titan-embed-(text-v\d+|g1-text-\d+)(:\d+)?(:\d+k)?$/, 'titan_embed'],
];

const MODEL_ARN =
  /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:(?::foundation-model|\d{12}:inference-profile)\/(.+)$/;
const CROSS_REGION =
  /^(?:us|eu|apac|global|au|jp|us-gov|in|ca|sa|me|af)\.(?=anthropic\.|amazon\.nova-)/;

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
    id,
    family,
    contextTokensMax: limits?.context ?? null,
    outputTokensMax: limits?.output ?? null,
    outputTokensDefault: limits?.unset ?? null,
  };
}

/** The vendor's own name of a model, such as `claude-3-haiku-20240307`. */
export function vendorName(model: Model): string {
  return model.id.replace(/^[a-z]+\./, '').replace(/-v\d+(:.*)?$/, '');
}
