/** Multimodal embeddings bill text by the token and an image by the piece. */
import { expect, it } from 'vitest';
import { invokeOnce, usage } from '../rig.ts';

const TITAN = 'amazon.titan-embed-image-v1';

it.each([
  [{ inputText: 'hello' }, 5, {}],
  [{ inputImage: 'aGVsbG8=' }, 0, { input_image: 1 }],
  [{ inputText: 'hello', inputImage: 'aGVsbG8=' }, 5, { input_image: 1 }],
])('%j', async (asked, input, units) => {
  const { body, header, row } = await invokeOnce(TITAN, asked);
  expect(body).toMatchObject({ inputTextTokenCount: input, message: null });
  expect(body['embedding']).toHaveLength(1024);
  expect(header('input-token-count')).toBe(String(input));
  expect(row.usage).toEqual(usage({ input_tokens: input, units }));
});

it('the length of the vector can be chosen', async () => {
  const embeddingConfig = { outputEmbeddingLength: 384 };
  const { body } = await invokeOnce(TITAN, { inputText: 'hello', embeddingConfig });
  expect(body['embedding']).toHaveLength(384);
});

it.each([
  [{}, 'at least one of'],
  [{ inputText: 'x', embeddingConfig: { outputEmbeddingLength: 3 } }, 'outputEmbeddingLength'],
  [{ inputText: 'x'.repeat(257) }, 'Too many input tokens'],
])('%j is refused', async (body, words) => {
  const answer = await invokeOnce(TITAN, body);
  expect(answer.status).toBe(400);
  expect(answer.body['message']).toContain(words);
});
