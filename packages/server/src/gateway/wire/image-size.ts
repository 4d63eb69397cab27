/**
 * The size of an image from its first bytes: PNG and JPEG, the formats that image models take.
 * Nothing is decoded, and what is neither has no known size.
 */

/** Base64 characters that are looked at; the size of a JPEG stands behind its metadata. */
const base64CharsMax = 128 * 1024;
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const marker = 0xff;

/** The larger side in pixels of a base64 image, or null when it cannot be told. Never throws. */
export function imageSide(base64: unknown): number | null {
  if (typeof base64 !== 'string') return null;
  const bytes = Buffer.from(base64.slice(0, base64CharsMax), 'base64');
  if (bytes.length >= 24 && bytes.compare(pngSignature, 0, 8, 0, 8) === 0) {
    return sideOf(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  }
  return bytes[0] === marker && bytes[1] === 0xd8 ? jpegSide(bytes) : null;
}

/** Segments follow each other by their lengths until one that starts a frame. */
function jpegSide(bytes: Buffer): number | null {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === marker;) {
    const kind = bytes[at + 1] ?? 0;
    if (kind === marker) {
      at++;
      continue;
    }
    if (startsFrame(kind)) return sideOf(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** SOF0 to SOF15 but for the three codes of that range which are tables. */
function startsFrame(kind: number): boolean {
  return kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc;
}

function sideOf(width: number, height: number): number | null {
  const side = Math.max(width, height);
  return side > 0 ? side : null;
}
