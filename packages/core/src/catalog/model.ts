/**
 * What is known of a model besides its prices: the maxima that make the cost of a request
 * boundable, and the shape of its InvokeModel body. A maximum without a source is left out, never
 * guessed.
 */

/**
 * The InvokeModel body shapes that the meter can read. `unknown` bodies pass, but are read only by
 * headers.
 */
export type BodyFamily = 'anthropic' | 'nova' | 'titan_text' | 'titan_embed' | 'unknown';

/** One model of the catalogue. Token counts; null where no source gives a maximum. */
export interface ModelFacts {
  /** Without a cross-region prefix, such as `anthropic.claude-3-haiku-20240307-v1:0`. */
  readonly model_id: string;
  readonly provider: string;
  readonly family: BodyFamily;
  /** `text` models answer with tokens; `embedding` models have no output tokens. */
  readonly kind: 'text' | 'embedding';
  readonly context_window: number | null;
  /**
   * The larger window that a request gets only by opting in; null or absent where there is none.
   */
  readonly extended_context_window?: number | null;
  readonly max_output_tokens: number | null;
  /** What the model uses when a request states no maximum; null: then its maximum counts. */
  readonly default_max_tokens: number | null;
  /** Whether the model writes its prompt cache only when the request asks for it. */
  readonly explicit_cache: boolean;
  readonly sources: readonly string[];
}
