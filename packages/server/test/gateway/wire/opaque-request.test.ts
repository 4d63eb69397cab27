/** Bodies of no known shape; maxima and references of such are in `request.test.ts`. */
import { expect, test } from 'vitest';
import { readOpaque } from '../../../src/gateway/wire/opaque-request.ts';

const none = (): undefined => undefined;

test('what is no JSON passes with the bytes that it has', () => {
  const reading = readOpaque(none, Buffer.from('just text'), null);
  expect(reading).toMatchObject({
    kind: 'ok',
    parsed: null,
    shape: { text_bytes: 9, parts: 1, opaque_input: false, max_output_tokens: null },
  });
});

test('bytes that are no text are opaque', () => {
  expect(readOpaque(none, Buffer.from([0, 255]), null)).toMatchObject({
    shape: { opaque_input: true },
  });
});

test('only a maximum at the top may bind', () => {
  const top = Buffer.from('{"max_tokens":5,"x":{"max_tokens":3}}');
  expect(readOpaque(none, top, null)).toMatchObject({ shape: { max_output_tokens: 5 } });
  const inner = Buffer.from('{"x":{"max_tokens":3}}');
  expect(readOpaque(none, inner, null)).toMatchObject({
    shape: { max_output_tokens: 3, output_maximum_binds: false },
  });
});

test('a compressed body is refused', () => {
  expect(readOpaque(() => 'br', Buffer.from('{}'), null).kind).toBe('invalid');
});
