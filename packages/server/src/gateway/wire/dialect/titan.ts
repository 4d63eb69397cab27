/** Amazon Titan: text, text embeddings, and embeddings of text and an image. */
import { bytesOf, noteSome } from '../stream-notes.ts';
import type { StreamNotes } from '../stream-notes.ts';
import { isObject, readCount, setCount } from '../usage-counts.ts';
import type { Counts } from '../usage-counts.ts';
import { addAsked, atTop, noteOpaque } from './dialect.ts';
import type { Dialect, JsonObject, UnitsRead } from './dialect.ts';

/** Text generation. */
export const TITAN_TEXT: Dialect = {
  maximum: { within: 'textGenerationConfig', names: new Set(['maxTokenCount']) },
  tokens: 'both',
  readReply(reply, counts) {
    setCount(counts, 'input', 'inputTextTokenCount', reply['inputTextTokenCount']);
    readResults(reply['results'], counts);
  },
  noteChunk: noteText,
};

/** Text embeddings, which have no output tokens. */
export const TITAN_EMBED: Dialect = {
  maximum: atTop(),
  tokens: 'input',
  readReply: readEmbedding,
  noteChunk: noteOpaque,
};

/** Embeddings of text, an image, or both: the image is billed as one, beside the text tokens. */
export const TITAN_EMBED_IMAGE: Dialect = {
  maximum: atTop(),
  tokens: 'input',
  readUnits: readImage,
  readReply(reply, counts, asked) {
    readEmbedding(reply, counts);
    addAsked(asked, counts);
  },
  noteChunk: noteOpaque,
};

function readEmbedding(reply: JsonObject, counts: Counts): void {
  setCount(counts, 'input', 'inputTextTokenCount', reply['inputTextTokenCount']);
}

function readResults(results: unknown, counts: Counts): void {
  if (!Array.isArray(results) || results.length === 0) return;
  let sum = 0;
  for (const result of results as readonly unknown[]) {
    const stated = isObject(result) ? result['tokenCount'] : undefined;
    const count = readCount(counts, 'results[].tokenCount', stated);
    if (count === undefined) return;
    sum += count;
  }
  setCount(counts, 'output', 'results[].tokenCount', sum);
}

function readImage({ inputImage }: JsonObject): UnitsRead | null {
  if (inputImage === undefined || inputImage === null || inputImage === '') return null;
  const units = { input_image: 1 };
  return {
    most: units,
    asked: { units, estimate: null },
    bytes: bytesOf(inputImage),
    covered: typeof inputImage === 'string',
  };
}

/** The input count comes early, the output count with the reason of the end. */
function noteText(chunk: JsonObject, notes: StreamNotes): void {
  setCount(notes.counts, 'input', 'inputTextTokenCount', chunk['inputTextTokenCount']);
  const total = chunk['totalOutputTextTokenCount'];
  setCount(notes.counts, 'output', 'totalOutputTextTokenCount', total);
  noteSome(notes, bytesOf(chunk['outputText']));
  if (typeof chunk['completionReason'] !== 'string') return;
  notes.complete = true;
  notes.outputFinal = notes.counts.output !== undefined;
}
