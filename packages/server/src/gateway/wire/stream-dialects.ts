/**
 * What each dialect of stream says, event by event, noted into one record. Counts that a dialect
 * repeats are cumulative: a later one replaces an earlier one and is never added to it.
 */
import type { BodyFamily } from '@tollkeeper/core';
import { memberText, invokedModel } from './reply.ts';
import {
  readAnthropicUsage,
  readConverseUsage,
  readGuardrailUnits,
  readInvocationMetrics,
} from './usage-blocks.ts';
import { isObject, setCount, warn } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Everything noted of one stream so far. */
export interface StreamNotes {
  /** Counts from the dialect's own usage blocks. */
  readonly counts: Counts;
  /** Counts of `amazon-bedrock-invocationMetrics`. */
  readonly metrics: Counts;
  /** Whether `counts.output` is the final count and not a placeholder or a running one. */
  outputFinal: boolean;
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
    outputFinal: false,
    complete: false,
    failed: false,
    deltas: 0,
    deltaBytes: 0,
    tier: null,
    latency: null,
    invokedModel: null,
  };
}

/** Whether an event of a Converse stream (or of Nova's own) is worth parsing. */
export function mattersInConverse(event: string): boolean {
  return (
    event === 'contentBlockDelta' ||
    event === 'contentBlockStart' ||
    event === 'messageStop' ||
    event === 'metadata'
  );
}

/** Notes one event of a ConverseStream, or the same event inside a Nova chunk. */
export function noteConverse(event: string, value: unknown, notes: StreamNotes): void {
  if (event === 'messageStop') {
    notes.complete = true;
    return;
  }
  if (!isObject(value)) {
    if (event === 'metadata') warn(notes.counts, 'the metadata event is not readable');
    return;
  }
  if (event === 'metadata') noteMetadata(value, notes);
  else if (event === 'contentBlockDelta') noteDelta(value['delta'], notes);
  else if (event === 'contentBlockStart' && isObject(value['start'])) noteText(notes, 0);
}

/** Notes the JSON of one chunk of an InvokeModel stream. */
export function noteChunk(
  family: BodyFamily,
  chunk: JsonObject,
  bytes: number,
  notes: StreamNotes,
): void {
  const metrics = chunk['amazon-bedrock-invocationMetrics'];
  if (isObject(metrics)) readInvocationMetrics(metrics, notes.metrics);
  switch (family) {
    case 'anthropic':
      noteAnthropic(chunk, isObject(metrics), notes);
      return;
    case 'nova':
      for (const event of Object.keys(chunk)) {
        if (mattersInConverse(event)) noteConverse(event, chunk[event], notes);
      }
      if (isObject(chunk['metadata'])) notes.complete = true;
      return;
    case 'titan_text':
    case 'titan_embed':
      noteTitan(chunk, notes);
      return;
    default:
      if (isObject(metrics)) notes.complete = true;
      else noteText(notes, bytes);
      return;
  }
}

function noteMetadata(metadata: JsonObject, notes: StreamNotes): void {
  const usage = metadata['usage'];
  if (isObject(usage)) {
    delete notes.counts.write5m;
    delete notes.counts.write1h;
    delete notes.counts.write30m;
    delete notes.counts.units;
    readConverseUsage(usage, notes.counts);
    notes.outputFinal = true;
  }
  readGuardrailUnits(metadata['trace'], notes.counts);
  notes.tier = memberText(metadata, 'serviceTier', 'type') ?? notes.tier;
  notes.latency = memberText(metadata, 'performanceConfig', 'latency') ?? notes.latency;
  notes.invokedModel = invokedModel(metadata['trace']) ?? notes.invokedModel;
}

function noteDelta(delta: unknown, notes: StreamNotes): void {
  if (!isObject(delta)) return;
  let bytes = bytesOf(delta['text']);
  const toolUse = delta['toolUse'];
  if (isObject(toolUse)) bytes += bytesOf(toolUse['input']);
  const reasoning = delta['reasoningContent'];
  if (isObject(reasoning))
    bytes += bytesOf(reasoning['text']) + bytesOf(reasoning['redactedContent']);
  noteText(notes, bytes);
}

function noteAnthropic(chunk: JsonObject, hasMetrics: boolean, notes: StreamNotes): void {
  switch (chunk['type']) {
    case 'message_start': {
      const message = chunk['message'];
      const usage = isObject(message) ? message['usage'] : undefined;
      if (isObject(usage)) readAnthropicUsage(usage, notes.counts);
      return;
    }
    case 'message_delta': {
      const usage = chunk['usage'];
      if (isObject(usage)) readAnthropicUsage(usage, notes.counts);
      const stated = isObject(usage) && typeof usage['output_tokens'] === 'number';
      if (stated && memberText(chunk, 'delta', 'stop_reason') !== null) notes.outputFinal = true;
      return;
    }
    case 'content_block_start':
      noteText(
        notes,
        isObject(chunk['content_block']) ? bytesOf(chunk['content_block']['text']) : 0,
      );
      return;
    case 'content_block_delta':
      noteAnthropicDelta(chunk['delta'], notes);
      return;
    case 'message_stop':
      notes.complete = true;
      return;
    case 'error':
      notes.failed = true;
      return;
    case undefined:
      // The legacy text shape: `completion` pieces, and metrics on the last one.
      noteText(notes, bytesOf(chunk['completion']));
      if (hasMetrics) notes.complete = true;
      return;
    default:
      return;
  }
}

function noteAnthropicDelta(delta: unknown, notes: StreamNotes): void {
  if (!isObject(delta)) return;
  const bytes =
    bytesOf(delta['text']) + bytesOf(delta['partial_json']) + bytesOf(delta['thinking']);
  noteText(notes, bytes);
}

function noteTitan(chunk: JsonObject, notes: StreamNotes): void {
  const input = chunk['inputTextTokenCount'];
  setCount(notes.counts, 'input', 'inputTextTokenCount', input);
  const total = chunk['totalOutputTextTokenCount'];
  setCount(notes.counts, 'output', 'totalOutputTextTokenCount', total);
  const bytes = bytesOf(chunk['outputText']);
  if (bytes > 0) noteText(notes, bytes);
  if (typeof chunk['completionReason'] !== 'string') return;
  notes.complete = true;
  notes.outputFinal = notes.counts.output !== undefined;
}

/** Notes a piece of output of `bytes` bytes of text. */
export function noteText(notes: StreamNotes, bytes: number): void {
  notes.deltas++;
  notes.deltaBytes += bytes;
}

function bytesOf(text: unknown): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}
