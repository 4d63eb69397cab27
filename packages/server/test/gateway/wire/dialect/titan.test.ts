/** Titan text and embeddings; more replies are in `reply.test.ts`. */
import { expect, test } from 'vitest';
import { ask, counted, reply, reported } from './dialect-samples.ts';

const image = 'A'.repeat(4000);

test('an embedding without its input count has no output count either', () => {
  expect(reply('titan_embed', { embedding: [0.1] }).usage.source).toBe('unknown');
});

test('an embedding of text is its input tokens', () => {
  const body = { embedding: [0.1], inputTextTokenCount: 7 };
  expect(reply('titan_embed', body).usage).toEqual(reported({ input_tokens: 7 }));
});

test('an embedded image is a unit beside the tokens of the text', () => {
  const request = { inputText: 'a cat', inputImage: image };
  const { usage } = reply(
    'titan_embed_image',
    { embedding: [0.1], inputTextTokenCount: 3 },
    {},
    request,
  );
  expect(usage).toEqual(reported({ input_tokens: 3, units: { input_image: 1 } }));
});

test('an embedding of text alone has no image', () => {
  const request = { inputText: 'a cat' };
  const reading = reply('titan_embed_image', { embedding: [] }, counted(3), request);
  expect(reading.usage).toEqual(reported({ input_tokens: 3 }));
});

test('zero text tokens are a count', () => {
  const body = { embedding: [0.1], inputTextTokenCount: 0 };
  expect(reply('titan_embed_image', body, {}, { inputImage: image }).usage).toEqual(
    reported({ units: { input_image: 1 } }),
  );
});

test('the bytes of an image are a unit and no text', () => {
  const { shape } = ask('titan_embed_image', { inputText: 'a cat', inputImage: image });
  expect(shape).toMatchObject({ opaque_input: false, units: { input_image: 1 } });
  // {"inputText":"a cat","inputImage":""}
  expect(shape.text_bytes).toBe(37);
});

test('a request without an image asks for no units', () => {
  const { shape, asked } = ask('titan_embed_image', { inputText: 'a cat' });
  expect(shape.units).toBeUndefined();
  expect(asked).toBeUndefined();
});
