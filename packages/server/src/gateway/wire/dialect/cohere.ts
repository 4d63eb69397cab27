/**
 * Cohere: Command, Command R and Embed. Counts are in the headers, and at times in the body as
 * `meta.billed_units`.
 */
import { bytesOf, noteSome } from '../stream-notes.ts';
import type { StreamNotes } from '../stream-notes.ts';
import { addUnits, isObject, setCount } from '../usage-counts.ts';
import type { Counts } from '../usage-counts.ts';
import { addAsked, atTop, noteOpaque, objectsIn } from './dialect.ts';
import type { Dialect, JsonObject, UnitsRead } from './dialect.ts';

/** Command: `prompt` and `generations`. */
export const COHERE_COMMAND: Dialect = {
  maximum: atTop('max_tokens'),
  tokens: 'both',
  readReply: readBilled,
  noteChunk: noteStream,
};

/** Command R: `message` and `chat_history`. */
export const COHERE_CHAT: Dialect = COHERE_COMMAND;

/** Embed: texts, and images that are billed apart. */
export const COHERE_EMBED: Dialect = {
  maximum: atTop(),
  tokens: 'input',
  readUnits: readImages,
  readReply(reply, counts, asked) {
    addAsked(asked, counts);
    const billed = billedUnits(reply);
    if (billed === null) return;
    setCount(counts, 'input', 'billed_units.input_tokens', billed['input_tokens']);
    const images = billed['images'];
    if (images === undefined || images === null) return;
    // What it states replaces what was asked for; without tokens beside it, there were none.
    delete counts.units;
    addUnits(counts, 'input_image', images);
    if (counts.wrong === undefined) counts.input ??= 0;
  },
  noteChunk: noteOpaque,
};

/** `billed_units`, where it stands in replies and in the event that ends a stream. */
function billedUnits(object: JsonObject): JsonObject | null {
  for (const place of [object['meta'], object['usage']]) {
    const billed = isObject(place) ? place['billed_units'] : undefined;
    if (isObject(billed)) return billed;
  }
  return null;
}

function readBilled(reply: JsonObject, counts: Counts): void {
  const billed = billedUnits(reply);
  if (billed === null) return;
  setCount(counts, 'input', 'billed_units.input_tokens', billed['input_tokens']);
  setCount(counts, 'output', 'billed_units.output_tokens', billed['output_tokens']);
}

/** Pieces of `text`; the end says so, and may hold the whole response with its counts. */
function noteStream(chunk: JsonObject, notes: StreamNotes, _bytes: number, last: boolean): void {
  const event = chunk['event_type'];
  const ended = chunk['is_finished'] === true || event === 'stream-end';
  if (last || ended) notes.complete = true;
  // The text of the last chunk may be the whole answer once more.
  if (!ended) noteSome(notes, bytesOf(chunk['text']));
  const response = chunk['response'];
  for (const place of [chunk, response]) {
    if (!isObject(place) || billedUnits(place) === null) continue;
    readBilled(place, notes.counts);
    if (ended) notes.outputFinal = notes.counts.output !== undefined;
  }
}

/** Images of `images` (Embed 3) and of `inputs` (Embed 4). */
function readImages(body: JsonObject): UnitsRead | null {
  let images = Array.isArray(body['images']) ? body['images'].length : 0;
  for (const input of objectsIn(body['inputs'])) {
    for (const part of objectsIn(input['content'])) {
      if (part['type'] === 'image_url' || 'image_url' in part) images++;
    }
  }
  if (images === 0) return null;
  const units = { input_image: images };
  // Some of these models bill an image as tokens, so its tokens stay unknown beside the unit.
  return { most: units, asked: { units, estimate: null }, bytes: 0, covered: false };
}
