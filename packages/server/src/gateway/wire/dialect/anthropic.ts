/**
 * Anthropic's bodies: Messages, whose counts leave cached tokens out, and the older text shape,
 * which states no counts at all.
 */
import { readAnthropicUsage } from '../usage-blocks.ts';
import { isObject, memberText } from '../usage-counts.ts';
import { bytesOf, noteText } from '../stream-notes.ts';
import type { StreamNotes } from '../stream-notes.ts';
import { atTop } from './dialect.ts';
import type { Dialect, JsonObject } from './dialect.ts';

const maximum = atTop('max_tokens', 'max_tokens_to_sample');

/** Messages. */
export const ANTHROPIC: Dialect = {
  maximum,
  tokens: 'both',
  readReply({ usage }, counts) {
    if (isObject(usage)) readAnthropicUsage(usage, counts);
  },
  noteChunk: noteMessages,
};

/** Claude before Messages: headers and metrics only. */
export const ANTHROPIC_TEXT: Dialect = {
  maximum,
  tokens: 'both',
  readReply() {
    // The body states nothing.
  },
  noteChunk: noteLegacy,
};

function noteMessages(chunk: JsonObject, notes: StreamNotes, bytes: number, last: boolean): void {
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
    case 'content_block_start': {
      const block = chunk['content_block'];
      noteText(notes, isObject(block) ? bytesOf(block['text']) : 0);
      return;
    }
    case 'content_block_delta':
      noteDelta(chunk['delta'], notes);
      return;
    case 'message_stop':
      notes.complete = true;
      return;
    case 'error':
      notes.failed = true;
      return;
    case undefined:
      noteLegacy(chunk, notes, bytes, last);
      return;
    default:
      return;
  }
}

function noteDelta(delta: unknown, notes: StreamNotes): void {
  if (!isObject(delta)) return;
  const { text, partial_json: json, thinking } = delta;
  noteText(notes, bytesOf(text) + bytesOf(json) + bytesOf(thinking));
}

/** `completion` pieces; the last one has a stop reason and the metrics. */
function noteLegacy(chunk: JsonObject, notes: StreamNotes, _bytes: number, last: boolean): void {
  if (typeof chunk['completion'] === 'string') noteText(notes, bytesOf(chunk['completion']));
  if (last || typeof chunk['stop_reason'] === 'string') notes.complete = true;
}
