/** What the bound, the grants and the choice of a model need to know of a request body. */
import type { InputModality } from '../catalog/model.ts';

/** See the head of the file; each wire dialect fills it in. */
export interface RequestShape {
  /**
   * UTF-8 bytes of every text, schema, tool definition and other member that may become input
   * tokens.
   */
  readonly text_bytes: number;
  /** Messages, system blocks and tools, each of which adds a constant. */
  readonly parts: number;
  /**
   * An image, document, video or anything else whose tokens do not follow from its bytes. What is
   * billed in units and counted in `units` (the image of an embedding, of an image task) is not.
   */
  readonly opaque_input: boolean;
  /**
   * What it brings beside text and documents, as far as the dialect tells; absent where nothing.
   */
  readonly modalities?: readonly InputModality[] | undefined;
  /**
   * Whether the body opts into a larger context window (an `anthropic_beta` of `context-1m-...`).
   * Only a stated `false` rules it out; a dialect that does not look leaves it absent.
   */
  readonly extended_context?: boolean;
  /**
   * The most of each named unit that the request can be billed for (`image:1024:standard`,
   * `input_image`, `search_unit`, `guardrail_topic_policy_unit`, ...), as safe integers; absent
   * where it can cause none. A side or quality that is not known is left out (`image:1024`,
   * `image`) or has a name without a price: the dearest that it can turn out to be counts.
   */
  readonly units?: Readonly<Record<string, number>>;
  readonly has_tools: boolean;
  /** Whether the request asks for cache writes (`cachePoint`, `cache_control`). */
  readonly writes_cache: boolean;
  /** Whether any of them asks to be kept for an hour; absent where none does. */
  readonly writes_cache_1h?: boolean;
  /** The largest output maximum anywhere in the body, or null when it states none. */
  readonly max_output_tokens: number | null;
  /**
   * Whether that maximum, or a smaller one, stands where the model reads it. False: it stands only
   * where it may be part of a schema or be ignored, so the model's own default counts too. A
   * dialect that does not look leaves it absent.
   */
  readonly output_maximum_binds?: boolean;
  /**
   * Service tier the request asks for, in the words of the price book: `standard`, `flex`,
   * `priority`, `latency_optimized`.
   */
  readonly tier: string;
  /** ARNs and `s3://` URIs found in the body, which need a grant. */
  readonly references: readonly string[];
  /** Request metadata that becomes tags, as stated by the caller. */
  readonly tags: Readonly<Record<string, string>>;
}
