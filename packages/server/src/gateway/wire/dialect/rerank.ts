/**
 * Rerank, of Cohere and Amazon: billed in search units, which no reply states. A unit is a query
 * with up to 100 documents; a document that is longer than 512 tokens together with the query is
 * split and counts as several. Tokens are not ours to count, so a request whose documents may be
 * split has a range: where both ends are the same units, the units are certain.
 */
import type { UnitsAsked } from '../reading.ts';
import { isObject, readCount } from '../usage-counts.ts';
import { addAsked, atTop, noteOpaque } from './dialect.ts';
import type { Dialect, JsonObject, UnitsRead } from './dialect.ts';

const documentsPerUnit = 100;
/** Tokens of a chunk, query included: Cohere says 500, AWS 512. The smaller makes more chunks. */
const tokensPerChunk = 500;
/** Tokens of a chunk that are left to the document however long the query is. */
const tokensPerChunkMin = 250;
const bytesPerToken = 4;
/** Why units of documents that may be split are an estimate. */
const SPLIT = 'documents may have been split into several';

export const RERANK: Dialect = {
  maximum: atTop(),
  tokens: 'none',
  readUnits: readSearchUnits,
  readReply(reply, counts, asked) {
    const meta = reply['meta'];
    const billed = isObject(meta) ? meta['billed_units'] : undefined;
    const stated = isObject(billed)
      ? readCount(counts, 'billed_units.search_units', billed['search_units'])
      : undefined;
    if (stated !== undefined) counts.units = { search_unit: stated };
    else if (Array.isArray(reply['results'])) addAsked(asked, counts);
    if (counts.units === undefined) return;
    counts.input = 0;
    counts.output = 0;
  },
  noteChunk: noteOpaque,
};

function readSearchUnits({ query, documents }: JsonObject): UnitsRead {
  const texts = Array.isArray(documents) ? (documents as readonly unknown[]) : [];
  const queryBytes = textBytes(query);
  let most = 0;
  let likely = 0;
  for (const text of texts) {
    const bytes = textBytes(text);
    most += chunks(bytes, queryBytes);
    likely += chunks(bytes / bytesPerToken, queryBytes / bytesPerToken);
  }
  const least = unitsOf(texts.length);
  const estimate = unitsOf(most) === least ? null : SPLIT;
  const asked: UnitsAsked = { units: { search_unit: unitsOf(likely) }, estimate };
  return { most: { search_unit: unitsOf(most) }, asked, bytes: 0, covered: true };
}

function unitsOf(documents: number): number {
  return Math.max(1, Math.ceil(documents / documentsPerUnit));
}

function chunks(documentTokens: number, queryTokens: number): number {
  const room = Math.max(tokensPerChunk - queryTokens, tokensPerChunkMin);
  return Math.max(1, Math.ceil(documentTokens / room));
}

/** A document is a text or an object of texts. */
function textBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return isObject(value) ? Buffer.byteLength(JSON.stringify(value)) : 0;
}
