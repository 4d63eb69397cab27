/** The operations that are served, and what the meter can learn of each, whatever its dialect. */
import type { RequestShape, UsageReading } from '@tollkeeper/core';

/** One operation of Bedrock Runtime that is served: a row is all that another one needs here. */
export interface OperationRow {
  /** AWS's name. */
  readonly name: string;
  /** Path, whose parts in braces are parameters: each is one segment. */
  readonly template: string;
  readonly streamed: boolean;
  /**
   * `model`: by the prices of the model that serves it. `guardrail`: by units, at the guardrail
   * prices. `nothing`: it is free, and still one entry an attempt.
   */
  readonly bills: 'model' | 'guardrail' | 'nothing';
  /** Longest model identifier, where the service model allows less than everywhere else. */
  readonly modelIdCharsMax?: number;
}

/** The operations that are served. */
export const OPERATIONS = {
  converse: {
    name: 'Converse',
    template: '/model/{modelId}/converse',
    streamed: false,
    bills: 'model',
  },
  'converse-stream': {
    name: 'ConverseStream',
    template: '/model/{modelId}/converse-stream',
    streamed: true,
    bills: 'model',
  },
  invoke: {
    name: 'InvokeModel',
    template: '/model/{modelId}/invoke',
    streamed: false,
    bills: 'model',
  },
  'invoke-with-response-stream': {
    name: 'InvokeModelWithResponseStream',
    template: '/model/{modelId}/invoke-with-response-stream',
    streamed: true,
    bills: 'model',
  },
  'count-tokens': {
    name: 'CountTokens',
    template: '/model/{modelId}/count-tokens',
    streamed: false,
    bills: 'nothing',
    modelIdCharsMax: 256,
  },
  'apply-guardrail': {
    name: 'ApplyGuardrail',
    template: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
    streamed: false,
    bills: 'guardrail',
  },
  'guardrail-checks': {
    name: 'InvokeGuardrailChecks',
    template: '/guardrail-checks/invoke',
    streamed: false,
    bills: 'guardrail',
  },
} as const satisfies Readonly<Record<string, OperationRow>>;

export type OperationPath = keyof typeof OPERATIONS;
export type OperationName = (typeof OPERATIONS)[OperationPath]['name'];

/** Looks up a header by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/** A request as read, or the sentence that tells the caller why it cannot be read. */
export type RequestReading =
  | {
      readonly kind: 'ok';
      readonly shape: RequestShape;
      /** The JSON value of the body, or null for an opaque one. */
      readonly parsed: unknown;
      /** Absent where the reply itself states all that it is billed for. */
      readonly asked?: UnitsAsked;
    }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * Units that a reply will be billed for and does not state: images of a size and quality, search
 * units, images that were embedded. They are read from the request and go with it to `readReply`.
 */
export interface UnitsAsked {
  readonly units: Readonly<Record<string, number>>;
  /** Why the units are an estimate; null when they follow from the request for certain. */
  readonly estimate: string | null;
}

/** What a complete reply or a finished stream says about its cost. */
export interface ReplyReading {
  readonly usage: UsageReading;
  /**
   * Tier that served the call in the words of the price book, or null when the reply does not say.
   */
  readonly served_tier: string | null;
  /** Model that a prompt router chose, or null. */
  readonly invoked_model_id: string | null;
  /**
   * `stated`: the reply shows guardrail units, and they are in the usage. `seen`: it shows that a
   * guardrail ran, but not its units. Absent: it shows no guardrail, which, without a trace, does
   * not mean that none ran.
   */
  readonly guardrail_units?: 'stated' | 'seen';
  /** Some cache writes have no time to live in the reply, and count as written for five minutes. */
  readonly undated_writes?: true;
  /**
   * What the reply says of its usage that does not fit together. It is worth counting, never a
   * reason to drop.
   */
  readonly warnings?: readonly string[];
}

/** What is known when a stream ended, however it ended. */
export interface StreamReading extends ReplyReading {
  /**
   * `complete`: the dialect's own proof of completion was seen. `exception`: an exception or error
   * frame ended it. `truncated`: it stopped without either, or in the middle of a frame, or with a
   * bad checksum.
   */
  readonly end: 'complete' | 'exception' | 'truncated';
  /**
   * Whether any generated output was seen: it tells "failed before output" from "broke after
   * output".
   */
  readonly output_seen: boolean;
}
