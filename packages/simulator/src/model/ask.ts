/**
 * What a request asks, in one form for all dialects: the prompt as an ordered list of pieces, the
 * output limit, and the options that show up again in the answer.
 */

/** Time to live of a prompt-cache checkpoint. */
export type CacheTtl = '5m' | '30m' | '1h';

/** What is billed by the piece, by the name of its price, such as `input_image`. */
export type Units = Readonly<Record<string, number>>;

/** A request's own wish for a guardrail. */
export interface GuardrailAsk {
  readonly identifier: string;
  readonly version: string;
  /** Whether the answer shows what the guardrail saw. */
  readonly traced: boolean;
}

/**
 * A piece of the prompt. `text` is counted by the tokenizer, `fixed` has a number of tokens of its
 * own (an image, the wrapping of a message), `checkpoint` ends a prefix that is to be cached.
 */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fixed'; readonly tokens: number; readonly digest: string }
  | { readonly kind: 'checkpoint'; readonly ttl: CacheTtl };

/** One request, read. */
export interface Ask {
  readonly pieces: readonly Piece[];
  readonly outputTokensMax: number | null;
  readonly stopSequences: readonly string[];
  /** The tool that the request forces the model to call, if any. */
  readonly forcedTool: string | null;
  /** `serviceTier.type` or its header: null when not asked. */
  readonly tier: string | null;
  /** `performanceConfig.latency` or its header: null when not asked. */
  readonly latency: string | null;
  /** Answers, vectors or images asked for. Each answer has output tokens of its own. */
  readonly items: number;
  /** What the request alone is billed for, such as images. */
  readonly units: Units;
  /** Which of a family's shapes the body has, where there are several. */
  readonly variant: string | null;
  readonly guardrail: GuardrailAsk | null;
  /** What a guardrail reads of the prompt; null: all of its text. */
  readonly guarded: Guarded | null;
  /** The length of an embedding; zero for models that answer with text. */
  readonly dimensions: number;
  /** The forms in which an embedding is asked for. */
  readonly embeddingTypes: readonly string[];
}

/** The part of a prompt that a guardrail reads. */
export interface Guarded {
  readonly texts: readonly string[];
  readonly images: number;
  /** What an answer is to be grounded in, and the question; null where the request has none. */
  readonly grounding: string | null;
}

/** An ask with nothing but a prompt, to be completed by a dialect. */
export const PLAIN_ASK: Ask = {
  pieces: [],
  outputTokensMax: null,
  stopSequences: [],
  forcedTool: null,
  tier: null,
  latency: null,
  items: 1,
  units: {},
  variant: null,
  guardrail: null,
  guarded: null,
  dimensions: 0,
  embeddingTypes: [],
};

/** Tokens that wrap each message. */
export const MESSAGE_TOKENS = 4;
/** Tokens that open every prompt. */
export const OPENING_TOKENS = 3;
/** Tokens of the instructions that a model gets once when a request has tools. */
export const TOOL_SET_TOKENS = 346;

/** A piece of a fixed number of tokens; `digest` tells it apart from others in the prompt cache. */
export function fixed(tokens: number, digest = ''): Piece {
  return { kind: 'fixed', tokens, digest };
}

/** A piece of text. */
export function text(value: string): Piece {
  return { kind: 'text', text: value };
}
