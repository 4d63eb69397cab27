/** Embeddings of many texts or images in one call. */
import { expect, it } from 'vitest';
import { invokeOnce, usage } from '../rig.ts';

const V3 = 'cohere.embed-english-v3';
const V4 = 'cohere.embed-v4:0';

it('each text becomes a vector, and the count is in a header alone', async () => {
  const asked = { texts: ['hello', 'you'], input_type: 'search_document' };
  const { body, header, row } = await invokeOnce(V3, asked);
  const vectors = body['embeddings'] as number[][];
  expect(vectors.map((vector) => vector.length)).toEqual([1024, 1024]);
  expect(body).toMatchObject({ texts: ['hello', 'you'], response_type: 'embeddings_floats' });
  expect(body).not.toHaveProperty('meta');
  expect(header('input-token-count')).toBe('8');
  expect(header('output-token-count')).toBeNull();
  expect(row.usage).toEqual(usage({ input_tokens: 8 }));
});

it('version 4 has its own lengths and forms, and tells what it bills', async () => {
  const { body } = await invokeOnce(V4, {
    texts: ['hello'],
    input_type: 'search_query',
    embedding_types: ['float', 'int8'],
    output_dimension: 256,
  });
  const embeddings = body['embeddings'] as Record<string, number[][]>;
  expect(Object.keys(embeddings)).toEqual(['float', 'int8']);
  expect(embeddings['int8']?.[0]?.every(Number.isInteger)).toBe(true);
  expect(embeddings['float']?.[0]).toHaveLength(256);
  expect(body['meta']).toEqual({ billed_units: { input_tokens: 5 } });
});

it('images are billed by the piece', async () => {
  const image = 'data:image/png;base64,aGVsbG8=';
  const plain = await invokeOnce(V3, { images: [image, image], input_type: 'image' });
  expect(plain.row.usage).toEqual(usage({ units: { input_image: 2 } }));
  const mixed = await invokeOnce(V4, {
    input_type: 'search_document',
    inputs: [
      {
        content: [
          { type: 'text', text: 'hello' },
          { type: 'image_url', image_url: { url: image } },
        ],
      },
    ],
  });
  expect(mixed.row.usage).toEqual(usage({ input_tokens: 5, units: { input_image: 1 } }));
});

it.each([
  [V3, { texts: ['x'] }, 'input_type'],
  [V3, { input_type: 'clustering' }, 'required key [texts]'],
  [V3, { texts: Array(97).fill('x'), input_type: 'clustering' }, 'maximum item count: 96'],
  [V4, { texts: ['x'], input_type: 'clustering', output_dimension: 300 }, 'output_dimension'],
])('%s refuses %j', async (modelId, body, words) => {
  const answer = await invokeOnce(modelId, body);
  expect(answer.status).toBe(400);
  expect(answer.body['message']).toContain(words);
});
