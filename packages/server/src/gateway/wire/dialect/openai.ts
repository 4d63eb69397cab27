/**
 * Chat completions: newer Mistral, Jamba, Qwen, DeepSeek V, gpt-oss and others. Their prompt count
 * includes cached tokens; the classes are made disjoint here. Some Mistral models say `message` and
 * `stop_reason` where others say `delta` and `finish_reason`.
 */
import { bytesOf, noteSome } from '../stream-notes.ts';
import type { StreamNotes } from '../stream-notes.ts';
import { readOpenAiUsage } from '../usage-blocks.ts';
import { isObject } from '../usage-counts.ts';
import { atTop, objectsIn } from './dialect.ts';
import type { Dialect, JsonObject } from './dialect.ts';

export const OPENAI_CHAT: Dialect = {
  maximum: atTop('max_tokens', 'max_completion_tokens'),
  tokens: 'both',
  // A tier in the body may be ignored: only the dearer one is believed, the cheaper when served.
  readTier: ({ service_tier: tier }) => (tier === 'priority' ? tier : undefined),
  readReply(reply, counts) {
    if (isObject(reply['usage'])) readOpenAiUsage(reply['usage'], counts);
    const tier = tierOf(reply);
    if (tier !== null) counts.tier = tier;
  },
  noteChunk(chunk, notes, _bytes, last) {
    const usage = chunk['usage'];
    if (isObject(usage)) readOpenAiUsage(usage, notes.counts);
    notes.tier = tierOf(chunk) ?? notes.tier;
    for (const choice of objectsIn(chunk['choices'])) noteChoice(choice, notes);
    if (last) notes.complete = true;
    if (notes.complete && isObject(usage)) {
      notes.outputFinal = typeof usage['completion_tokens'] === 'number';
    }
  },
};

/** Words of the price book only: `auto` and the like say nothing of what served. */
function tierOf({ service_tier: tier }: JsonObject): string | null {
  return tier === 'priority' || tier === 'flex' || tier === 'default' ? tier : null;
}

function noteChoice(choice: JsonObject, notes: StreamNotes): void {
  const piece = choice['delta'] ?? choice['message'];
  let bytes = bytesOf(choice['text']);
  if (isObject(piece)) {
    bytes += bytesOf(piece['content']) + bytesOf(piece['reasoning']);
    bytes += bytesOf(piece['reasoning_content']) + bytesOfCalls(piece['tool_calls']);
  }
  if (bytes > 0) {
    noteSome(notes, bytes);
    // Another of several answers goes on.
    notes.complete = false;
  }
  const end = choice['finish_reason'] ?? choice['stop_reason'];
  if (typeof end === 'string' && end !== '') notes.complete = true;
}

function bytesOfCalls(calls: unknown): number {
  let bytes = 0;
  for (const call of objectsIn(calls)) {
    const named = call['function'];
    if (isObject(named)) bytes += bytesOf(named['name']) + bytesOf(named['arguments']);
  }
  return bytes;
}
