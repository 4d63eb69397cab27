/**
 * Takes the model's own JSON out of a `chunk` frame of an InvokeModel stream: `{"bytes": base64,
 * "p": ...}`. The member `p` is random padding, so nothing is ever concluded from the length of a
 * frame.
 */

const prefix = Buffer.from('{"bytes":"');
const quote = 0x22;
const backslash = 0x5c;

/** The decoded bytes of a chunk, or null when the payload is not a chunk. */
export function chunkBytes(payload: Buffer): Buffer | null {
  if (payload.length > prefix.length && payload.compare(prefix, 0, 10, 0, 10) === 0) {
    const end = payload.indexOf(quote, prefix.length);
    // Base64 needs no escapes; a writer that escapes its slashes is read by the parser below.
    if (end !== -1 && !hasByte(payload, backslash, prefix.length, end)) {
      return Buffer.from(payload.toString('latin1', prefix.length, end), 'base64');
    }
  }
  const outer = parseJson(payload);
  if (typeof outer !== 'object' || outer === null) return null;
  const bytes = (outer as { bytes?: unknown }).bytes;
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : null;
}

/** The JSON value of UTF-8 bytes, or undefined when they are not JSON. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function hasByte(bytes: Buffer, byte: number, start: number, end: number): boolean {
  const at = bytes.subarray(start, end).indexOf(byte);
  return at !== -1;
}
