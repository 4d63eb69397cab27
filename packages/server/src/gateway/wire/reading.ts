/** What the meter can learn from a reply, whatever its dialect. */
import type { UsageReading } from '@tollkeeper/core';

/** The four model operations, by their AWS names. */
export const OPERATIONS = {
  converse: { name: 'Converse', streamed: false },
  'converse-stream': { name: 'ConverseStream', streamed: true },
  invoke: { name: 'InvokeModel', streamed: false },
  'invoke-with-response-stream': { name: 'InvokeModelWithResponseStream', streamed: true },
} as const;

export type OperationPath = keyof typeof OPERATIONS;
export type OperationName = (typeof OPERATIONS)[OperationPath]['name'];

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
