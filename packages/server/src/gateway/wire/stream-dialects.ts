/**
 * Notes one chunk of an InvokeModel stream: what every family has in common here, the rest in the
 * dialect of its family.
 */
import type { BodyFamily } from '@tollkeeper/core';
import { DIALECTS } from './dialect/table.ts';
import type { StreamNotes } from './stream-notes.ts';
import { readGuardrailTrace } from './trace.ts';
import { readInvocationMetrics } from './usage-blocks.ts';
import { isObject } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Notes the JSON of one chunk of `bytes` bytes. Never throws. */
export function noteChunk(
  family: BodyFamily,
  chunk: JsonObject,
  bytes: number,
  notes: StreamNotes,
): void {
  const metrics = chunk['amazon-bedrock-invocationMetrics'];
  const last = isObject(metrics);
  if (last) readInvocationMetrics(metrics, notes.metrics);
  noteGuardrail(chunk, notes);
  DIALECTS[family].noteChunk(chunk, notes, bytes, last);
}

/**
 * A trace may come piece by piece: the assessment of the prompt once, perhaps repeated, those of
 * the answer as it grows.
 */
function noteGuardrail(chunk: JsonObject, notes: StreamNotes): void {
  const trace = chunk['amazon-bedrock-trace'];
  if (trace !== undefined) {
    const input: Counts = {};
    const output = (notes.guardedOutput ??= {});
    const shown = readGuardrailTrace(trace, input, output);
    if (shown?.input === true) notes.guardedInput = input;
    if (shown !== null) {
      const stated = shown.input || shown.output;
      if (stated) notes.counts.guardrail = 'stated';
      else notes.counts.guardrail ??= 'seen';
    }
  }
  if (chunk['amazon-bedrock-guardrailAction'] === 'INTERVENED') notes.counts.guardrail ??= 'seen';
}
