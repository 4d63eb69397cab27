/**
 * The events of a ConverseStream, which Nova's own streams share. Counts that a stream repeats are
 * cumulative: a later one replaces an earlier one and is never added to it.
 */
import { bytesOf, noteText } from './stream-notes.ts';
import type { StreamNotes } from './stream-notes.ts';
import { invokedModel, noteTrace } from './trace.ts';
import { readConverseUsage, takeOutCached } from './usage-blocks.ts';
import { isObject, memberText, warn } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

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
    if (isObject(value) && value['stopReason'] === 'guardrail_intervened') {
      notes.counts.guardrail ??= 'seen';
    }
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

function noteMetadata(metadata: JsonObject, notes: StreamNotes): void {
  const usage = metadata['usage'];
  if (isObject(usage)) {
    delete notes.counts.write5m;
    delete notes.counts.write1h;
    delete notes.counts.write30m;
    delete notes.counts.units;
    delete notes.counts.prompt;
    readConverseUsage(usage, notes.counts);
    if (notes.cachedTwice) takeOutCached(notes.counts);
    notes.outputFinal = true;
  }
  noteTrace(metadata['trace'], notes.counts);
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
