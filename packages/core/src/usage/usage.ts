/**
 * What a call consumed, in disjoint classes: a token is counted in exactly one of them. Dialects
 * that report inclusive counts (cached tokens inside the prompt count) are normalised before they
 * get here.
 */

/**
 * Token classes that are priced apart. `cache_write_*` are writes to the prompt cache by time to
 * live. Everything else that is billed (images, search units, seconds) is a named unit.
 */
export const TOKEN_CLASSES = [
  'input',
  'output',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'cache_write_30m',
] as const;

/** One of the disjoint token classes. */
export type TokenClass = (typeof TOKEN_CLASSES)[number];

/**
 * Counts by class. Every count is a non-negative safe integer; `units` holds named units such as
 * `image`.
 */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_write_5m_input_tokens: number;
  readonly cache_write_1h_input_tokens: number;
  readonly cache_write_30m_input_tokens: number;
  readonly units: Readonly<Record<string, number>>;
}

/** The field of `Usage` that counts each token class. */
export const USAGE_FIELD = {
  input: 'input_tokens',
  output: 'output_tokens',
  cache_read: 'cache_read_input_tokens',
  cache_write_5m: 'cache_write_5m_input_tokens',
  cache_write_1h: 'cache_write_1h_input_tokens',
  cache_write_30m: 'cache_write_30m_input_tokens',
} as const satisfies Record<TokenClass, keyof Usage>;

/** No consumption at all. A reported zero is a fact; it is never used to stand for "not known". */
export const NO_USAGE: Usage = Object.freeze({
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_write_5m_input_tokens: 0,
  cache_write_1h_input_tokens: 0,
  cache_write_30m_input_tokens: 0,
  units: Object.freeze({}),
});

/**
 * How well usage is known: told by the upstream, derived by us from what was seen, or not known.
 */
export type UsageSource = 'reported' | 'estimated' | 'unknown';

/**
 * What the meter concluded about one attempt. `unknown` carries no counts on purpose: nothing may
 * be read out of it as if it were zero.
 */
export type UsageReading =
  | { readonly source: 'reported'; readonly usage: Usage }
  | { readonly source: 'estimated'; readonly usage: Usage; readonly reason: string }
  | { readonly source: 'unknown'; readonly reason: string };

/** Builds a `Usage` from the counts that are present; the others are zero. */
export function usageOf(counts: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...counts };
}

/**
 * Tokens of the whole prompt: uncached input, cache reads and cache writes. It chooses the context
 * band.
 */
export function promptTokens(usage: Usage): number {
  return (
    usage.input_tokens +
    usage.cache_read_input_tokens +
    usage.cache_write_5m_input_tokens +
    usage.cache_write_1h_input_tokens +
    usage.cache_write_30m_input_tokens
  );
}

/** All tokens, prompt and output together: what a budget in tokens counts. */
export function totalTokens(usage: Usage): number {
  return promptTokens(usage) + usage.output_tokens;
}
