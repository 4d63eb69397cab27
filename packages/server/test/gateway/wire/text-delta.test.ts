/** Text deltas measured without parsing say the same as the parser, or nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anthropicTextBytes, converseTextBytes } from '../../../src/gateway/wire/text-delta.ts';

const utf8 = (text: string): number => new TextEncoder().encode(text).length;

function anthropic(text: string, more: object = {}): Buffer {
  const delta = { type: 'text_delta', text };
  return Buffer.from(JSON.stringify({ type: 'content_block_delta', index: 0, delta, ...more }));
}

test('plain text is measured in UTF-8 bytes', () => {
  const payload = { contentBlockIndex: 0, delta: { text: 'caf\u00e9' }, p: 'abcdefgh' };
  expect(converseTextBytes(Buffer.from(JSON.stringify(payload)))).toBe(5);
  expect(anthropicTextBytes(anthropic('caf\u00e9'))).toBe(5);
  expect(anthropicTextBytes(anthropic(''))).toBe(0);
});

test.each([
  ['escapes', anthropic('a "quoted" word')],
  [
    'another kind of delta',
    Buffer.from(
      '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","x":""}}',
    ),
  ],
  ['metrics beside it', anthropic('x', { 'amazon-bedrock-invocationMetrics': {} })],
  [
    'an unfinished string',
    Buffer.from('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abc'),
  ],
  [
    'something before the delta',
    Buffer.from(
      '{"type":"content_block_delta","index":0,"x":1,"delta":{"type":"text_delta","text":"a"}}',
    ),
  ],
  ['nothing', Buffer.alloc(0)],
])('%s: left to the parser', (_, chunk) => {
  expect(anthropicTextBytes(chunk)).toBeNull();
});

test('a text that quotes a delta is not taken for one', () => {
  const text = '"delta":{"text":"four"}';
  const payload = { delta: { toolUse: { input: text } } };
  expect(converseTextBytes(Buffer.from(JSON.stringify(payload)))).toBeNull();
});

test('any text is measured right or not at all, and never below one in plain words', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(9), fc.string(), (text, index, p) => {
      const payload = { contentBlockIndex: index, delta: { text }, p };
      const measured = [
        converseTextBytes(Buffer.from(JSON.stringify(payload))),
        anthropicTextBytes(anthropic(text)),
      ];
      const escaped = JSON.stringify(text).includes('\\');
      for (const bytes of measured) expect(bytes).toBe(escaped ? null : utf8(text));
    }),
    { interruptAfterTimeLimit: 1000, numRuns: 1000 },
  );
});
