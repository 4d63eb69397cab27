/** CountTokens: free, but what it names must be granted. */
import { expect, test } from 'vitest';
import { readCountTokensRequest } from '../../../src/gateway/wire/count-tokens.ts';

const none = (): undefined => undefined;
const bytes = (body: unknown): Buffer =>
  Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));

test('a Converse input is read for its references and costs nothing', () => {
  const uri = 's3://bucket/picture.png';
  const source = { s3Location: { uri } };
  const content = [{ text: 'Hi' }, { image: { format: 'png', source } }];
  const body = { input: { converse: { messages: [{ role: 'user', content }] } } };
  expect(readCountTokensRequest(none, bytes(body))).toMatchObject({
    kind: 'ok',
    parsed: body,
    shape: { text_bytes: 0, max_output_tokens: 0, references: [uri], modalities: ['image'] },
  });
});

test('the body of an InvokeModel input is read too', () => {
  const arn = 'arn:aws:bedrock:eu-west-1:123456789012:prompt/ABC';
  const carried = bytes({ messages: [], whatever: [arn] }).toString('base64');
  const body = { input: { invokeModel: { body: carried } } };
  expect(readCountTokensRequest(none, bytes(body))).toMatchObject({
    kind: 'ok',
    shape: { references: [arn] },
  });
});

test('unknown kinds of input pass', () => {
  expect(readCountTokensRequest(none, bytes({ input: { something: 1 } })).kind).toBe('ok');
});

test.each([
  ['nothing', ''],
  ['no JSON', 'x'],
  ['no input', '{}'],
  ['an input that is no object', '{"input":[]}'],
  ['a member named twice', '{"input":{},"input":{}}'],
  [
    'a carried body that nests too deeply',
    { input: { invokeModel: { body: bytes('['.repeat(300)).toString('base64') } } },
  ],
])('%s is refused', (_what, body) => {
  expect(readCountTokensRequest(none, bytes(body)).kind).toBe('invalid');
});
