/** Bytes as lower-case letters and digits that people can read out: RFC 4648, without padding. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Five bits a character; 10 bytes make 16 characters. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >>> bits) & 31);
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}

/** The byte that a text made by `base32` begins with; NaN when it is too short or no such text. */
export function firstByte(text: string): number {
  const [high, low] = [ALPHABET.indexOf(text.charAt(0)), ALPHABET.indexOf(text.charAt(1))];
  return text.length < 2 || high < 0 || low < 0 ? Number.NaN : (high << 3) | (low >>> 2);
}
