/** The text form of ids, by the test vectors of RFC 4648 (section 10), in lower case. */
import { expect, test } from 'vitest';
import { base32, firstByte } from '../../src/credentials/base32.ts';

test.each([
  ['fooba', 'mzxw6ytb'],
  ['foobarfoob', 'mzxw6ytbojtg633c'],
])('%s is %s', (plain, text) => {
  expect(base32(Buffer.from(plain))).toBe(text);
});

test('the first byte is read back, whatever follows', () => {
  for (let byte = 0; byte < 256; byte++) {
    expect(firstByte(base32(Uint8Array.of(byte, 255, 0, 1, 2)))).toBe(byte);
  }
});

test.each(['', 'a', '1a', 'A2'])('there is no first byte in %j', (text) => {
  expect(firstByte(text)).toBeNaN();
});
