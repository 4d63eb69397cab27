/** The model's own bytes inside a `chunk` frame. */
import { expect, test } from 'vitest';
import { chunkBytes, parseJson } from '../../../src/gateway/wire/chunk-payload.ts';

/** Decodes to bytes that need `/` and `+` in base64. */
const BYTES = Buffer.from('fbffbfff00', 'hex');
const BASE64 = '+/+//wA=';

test.each([
  ['as Bedrock writes it', `{"bytes":"${BASE64}","p":"abc"}`],
  ['without padding', `{"bytes":"${BASE64}"}`],
  ['with members in another order', `{"p":"abc","bytes":"${BASE64}"}`],
  ['with spaces', `{ "bytes" : "${BASE64}" }`],
  ['with escaped slashes', `{"bytes":"${BASE64.replaceAll('/', '\\/')}","p":"x"}`],
])('%s', (_, payload) => {
  expect(chunkBytes(Buffer.from(payload))).toEqual(BYTES);
});

test.each(['', '{', '{"bytes":"', '{"bytes":7}', '{}', 'null', '"x"'])('%j is no chunk', (text) => {
  expect(chunkBytes(Buffer.from(text))).toBeNull();
});

test('what is not JSON is undefined, which no JSON is', () => {
  expect(parseJson(Buffer.from('{'))).toBeUndefined();
  expect(parseJson(Buffer.from('null'))).toBeNull();
});
