/**
 * Measures the commonest event of a stream, a piece of text, without parsing it. Most frames of
 * most streams are such pieces, and of each only its length is wanted, for the case that the stream
 * breaks.
 *
 * A run of bytes such as `"delta":{"text":"` in valid JSON is always structure: inside a string its
 * quotes would be escaped. What is not written exactly like that is parsed as usual.
 */

const CONVERSE = Buffer.from('"delta":{"text":"');
const ANTHROPIC_CHUNK = Buffer.from('{"type":"content_block_delta","index":');
const ANTHROPIC = Buffer.from(',"delta":{"type":"text_delta","text":"');
/** The longest block index in digits that is looked for. */
const indexDigitsMax = 4;
const quote = 0x22;
const backslash = 0x5c;
const closingBrace = 0x7d;

/** UTF-8 bytes of the text in a `contentBlockDelta` payload; null when it has to be parsed. */
export function converseTextBytes(payload: Buffer): number | null {
  const at = payload.indexOf(CONVERSE);
  if (at === -1) return null;
  const start = at + CONVERSE.length;
  const end = plainEnd(payload, start);
  return end === -1 ? null : end - start;
}

/**
 * UTF-8 bytes of the text in a chunk that is an Anthropic text delta and nothing more; else null.
 */
export function anthropicTextBytes(chunk: Buffer): number | null {
  const prefix = ANTHROPIC_CHUNK.length;
  if (chunk.length < prefix) return null;
  if (chunk.compare(ANTHROPIC_CHUNK, 0, prefix, 0, prefix) !== 0) return null;
  const at = chunk.indexOf(ANTHROPIC, prefix);
  if (at === -1 || at > prefix + indexDigitsMax) return null;
  const start = at + ANTHROPIC.length;
  const end = plainEnd(chunk, start);
  if (end === -1 || end + 3 !== chunk.length) return null;
  return chunk[end + 1] === closingBrace && chunk[end + 2] === closingBrace ? end - start : null;
}

/** Where the string that began before `start` ends, or -1 when it has escapes or no end. */
function plainEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) return at;
    if (byte === backslash) return -1;
  }
  return -1;
}
