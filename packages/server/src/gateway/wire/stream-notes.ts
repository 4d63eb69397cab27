/** The record of one stream: what every dialect notes into it, event by event. */
import type { Counts } from './usage-counts.ts';

/** Everything noted of one stream so far. */
export interface StreamNotes {
  /** Counts from the dialect's own usage blocks. */
  readonly counts: Counts;
  /** Counts of `amazon-bedrock-invocationMetrics`. */
  readonly metrics: Counts;
  /** Guardrail units of the prompt (the last statement) and of the answer (their sum). */
  guardedInput: Counts | null;
  guardedOutput: Counts | null;
  /** Whether `counts.output` is the final count and not a placeholder or a running one. */
  outputFinal: boolean;
  /** The input of a Converse stream is known to count cached tokens as well. */
  cachedTwice: boolean;
  /** The dialect's own proof of completion was seen. */
  complete: boolean;
  /** The stream said by itself that it failed. */
  failed: boolean;
  deltas: number;
  deltaBytes: number;
  tier: string | null;
  latency: string | null;
  invokedModel: string | null;
}

/** The notes of a stream that has not begun. */
export function noNotes(): StreamNotes {
  return {
    counts: {},
    metrics: {},
    guardedInput: null,
    guardedOutput: null,
    outputFinal: false,
    cachedTwice: false,
    complete: false,
    failed: false,
    deltas: 0,
    deltaBytes: 0,
    tier: null,
    latency: null,
    invokedModel: null,
  };
}

/** Notes a piece of output of `bytes` bytes of text. */
export function noteText(notes: StreamNotes, bytes: number): void {
  notes.deltas++;
  notes.deltaBytes += bytes;
}

/** Notes a piece of output when there is text in it. */
export function noteSome(notes: StreamNotes, bytes: number): void {
  if (bytes > 0) noteText(notes, bytes);
}

/** UTF-8 bytes of a text; 0 for anything else. */
export function bytesOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}
