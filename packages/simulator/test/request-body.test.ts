/** Bodies that are no JSON objects are refused in the words of the operation. */
import { expect, it } from 'vitest';
import { parseModelled, parseOpaque } from '../src/request-body.ts';

it('a JSON object is read by both', () => {
  expect(parseModelled(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  expect(parseOpaque(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
});

it.each(['', '[]', 'null', '{"a"', '5'])('%j is read by none', (json) => {
  expect(() => parseModelled(Buffer.from(json))).toThrow(
    expect.objectContaining({ name: 'SerializationException' }) as Error,
  );
  expect(() => parseOpaque(Buffer.from(json))).toThrow(
    expect.objectContaining({ name: 'ValidationException' }) as Error,
  );
});
