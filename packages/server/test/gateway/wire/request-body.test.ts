/** Opening JSON bodies. */
import { expect, test } from 'vitest';
import { openBody, textBytesOf } from '../../../src/gateway/wire/request-body.ts';

const none = (): undefined => undefined;

test('an object is handed on with its text and scan', () => {
  expect(openBody(none, Buffer.from('{"a":[1e9]}'))).toEqual({
    kind: 'ok',
    text: '{"a":[1e9]}',
    parsed: { a: [1e9] },
    scan: { depth: 2, members: 1, exponents: 1 },
  });
});

test('identity is no compression', () => {
  expect(openBody(() => ' Identity', Buffer.from('{}')).kind).toBe('ok');
});

test.each([
  ['compressed', 'gzip', Buffer.from('{}')],
  ['not UTF-8', undefined, Buffer.from([0x7b, 0xff, 0x7d])],
  ['nests too deeply', undefined, Buffer.from(`${'['.repeat(257)}${']'.repeat(257)}`)],
  ['not valid JSON', undefined, Buffer.from('{"a":}')],
  ['not a JSON object', undefined, Buffer.from('7')],
])('a body that is or %s is refused in these words', (why, encoding, body) => {
  const opened = openBody(() => encoding, body);
  expect(opened.kind === 'invalid' && opened.message).toContain(why);
});

test('a number with an exponent may be written out', () => {
  const body = Buffer.from('{"a":1e20}');
  expect(textBytesOf(body, { depth: 1, members: 1, exponents: 1 })).toBe(10 + 330);
});
