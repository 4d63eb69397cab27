/**
 * Families that take one `prompt` and answer with text: Llama, which counts in its body, and the
 * older Mistral models, DeepSeek R1 and AI21's Jurassic, whose counts are in the headers only.
 */
import { bytesOf, noteSome } from '../stream-notes.ts';
import type { StreamNotes } from '../stream-notes.ts';
import { setCount } from '../usage-counts.ts';
import { atTop, noteOpaque, objectsIn } from './dialect.ts';
import type { Dialect, JsonObject } from './dialect.ts';

/** Meta Llama. */
export const LLAMA: Dialect = {
  maximum: atTop('max_gen_len'),
  tokens: 'both',
  readReply(reply, counts) {
    setCount(counts, 'input', 'prompt_token_count', reply['prompt_token_count']);
    setCount(counts, 'output', 'generation_token_count', reply['generation_token_count']);
  },
  noteChunk: noteLlama,
};

/** Mistral's older shape. */
export const MISTRAL_TEXT: Dialect = {
  maximum: atTop('max_tokens'),
  tokens: 'both',
  readReply: readNothing,
  noteChunk(chunk, notes, _bytes, last) {
    noteTexts(objectsIn(chunk['outputs']), notes, last);
  },
};

/** DeepSeek R1. */
export const DEEPSEEK_TEXT: Dialect = {
  maximum: atTop('max_tokens'),
  tokens: 'both',
  readReply: readNothing,
  noteChunk(chunk, notes, _bytes, last) {
    noteTexts(objectsIn(chunk['choices']), notes, last);
  },
};

/** AI21 Jurassic-2, which does not stream. */
export const AI21_J2: Dialect = {
  maximum: atTop('maxTokens'),
  tokens: 'both',
  readReply: readNothing,
  noteChunk: noteOpaque,
};

function readNothing(): void {
  // The body states no counts; the headers do.
}

/** The prompt count stands on the first chunk, the count of the answer runs. */
function noteLlama(chunk: JsonObject, notes: StreamNotes, _bytes: number, last: boolean): void {
  setCount(notes.counts, 'input', 'prompt_token_count', chunk['prompt_token_count']);
  const written = chunk['generation_token_count'];
  setCount(notes.counts, 'output', 'generation_token_count', written);
  noteSome(notes, bytesOf(chunk['generation']));
  if (!last && typeof chunk['stop_reason'] !== 'string') return;
  notes.complete = true;
  notes.outputFinal = notes.outputFinal || typeof written === 'number';
}

function noteTexts(answers: readonly JsonObject[], notes: StreamNotes, last: boolean): void {
  for (const answer of answers) {
    noteSome(notes, bytesOf(answer['text']));
    notes.complete = typeof answer['stop_reason'] === 'string';
  }
  if (last) notes.complete = true;
}
