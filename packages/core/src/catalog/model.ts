/**
 * What is known of a model besides its prices: the maxima that make the cost of a request
 * boundable, and the shape of its InvokeModel body. A maximum without a source is left out, never
 * guessed.
 */

/**
 * The InvokeModel body shapes that the meter can read. `unknown` bodies pass, but are read only by
 * headers.
 */
export const BODY_FAMILIES = [
  'anthropic',
  /** Claude before Messages: `prompt`, no counts in the body. */
  'anthropic_text',
  'nova',
  'titan_text',
  'titan_embed',
  /** Titan multimodal embeddings: text, an image, or both. */
  'titan_embed_image',
  /** Titan Image Generator and Nova Canvas: `taskType`, `imageGenerationConfig`. */
  'image_task',
  'stability',
  'llama',
  /** Mistral's older shape: `prompt` and `outputs[].text`. */
  'mistral_text',
  /** Chat completions: newer Mistral, Jamba, Qwen, DeepSeek V, gpt-oss and others. */
  'openai_chat',
  /** DeepSeek R1 on InvokeModel: `prompt` and `choices[].text`. */
  'deepseek_text',
  /** Cohere Command: `prompt` and `generations`. */
  'cohere_command',
  /** Cohere Command R: `message` and `chat_history`. */
  'cohere_chat',
  'cohere_embed',
  /** Cohere and Amazon Rerank. */
  'rerank',
  'ai21_j2',
  'unknown',
] as const;

/** One of the InvokeModel body shapes. */
export type BodyFamily = (typeof BODY_FAMILIES)[number];

/** What a model answers with. */
export const MODEL_KINDS = ['text', 'embedding', 'image', 'rerank'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/**
 * What a prompt can hold. Documents are not among them: whether a model takes one depends on its
 * format and on the operation, and no source tells.
 */
export const INPUT_MODALITIES = ['text', 'image', 'video', 'audio'] as const;
export type InputModality = (typeof INPUT_MODALITIES)[number];

/** One model of the catalogue. Token counts; null where no source gives a maximum. */
export interface ModelFacts {
  /** Without a cross-region prefix, such as `anthropic.claude-3-haiku-20240307-v1:0`. */
  readonly model_id: string;
  readonly provider: string;
  readonly family: BodyFamily;
  /**
   * `text` models answer with tokens; `embedding`, `image` and `rerank` models have no output
   * tokens: the last two are billed in units.
   */
  readonly kind: ModelKind;
  /** All that its prompts can hold; absent where no source tells, which rules nothing out. */
  readonly input_modalities?: readonly InputModality[];
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
