/** Every model that embeds text takes the body that is made for it, and its vector is read back. */
import { catalogueFrom } from '@tollkeeper/core';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  EMBEDDING_FAMILIES,
  embeddingFamilyOf,
} from '../../../src/gateway/doors/embedding-families.ts';
import { readParameters, type Parameters } from '../../../src/gateway/doors/parameters.ts';
import { call } from '../requests.ts';

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct();
});

afterAll(() => product.close());

async function vectorOf(
  model: string,
  name: 'titan_embed' | 'titan_embed_image' | 'cohere_embed',
  parameters: unknown,
): Promise<readonly unknown[] | undefined> {
  const family = EMBEDDING_FAMILIES[name];
  const answer = await call(product, {
    path: `/model/${encodeURIComponent(model)}/invoke`,
    body: JSON.stringify(family?.body('What is a river?', read(parameters))),
  });
  expect([model, answer.status, answer.message]).toEqual([model, 200, '']);
  return family?.embedding(JSON.parse(answer.body.toString()) as Record<string, unknown>);
}

function read(given: unknown): Parameters {
  const parameters = readParameters(given);
  if (parameters.kind === 'refused') throw new Error(parameters.message);
  return parameters;
}

test('the vector of each model comes back, in the length that was asked for', async () => {
  // What is about written text is passed over, so that one set of parameters serves all models.
  const writing = { maxTokenCount: 4096, temperature: 0.8 };
  const v1 = await vectorOf('amazon.titan-embed-text-v1', 'titan_embed', writing);
  expect(v1).toHaveLength(1536);
  const v2 = await vectorOf('amazon.titan-embed-text-v2:0', 'titan_embed', { dimensions: 256 });
  expect(v2).toHaveLength(256);
  const image = await vectorOf('amazon.titan-embed-image-v1', 'titan_embed_image', {});
  expect(image).toHaveLength(1024);
  const cohere = await vectorOf('cohere.embed-english-v3', 'cohere_embed', writing);
  expect(cohere).toHaveLength(1024);
  expect(cohere?.every((each) => typeof each === 'number')).toBe(true);
  const typed = await vectorOf('cohere.embed-english-v3', 'cohere_embed', {
    embedding_types: ['float'],
    input_type: 'search_query',
  });
  expect(typed).toHaveLength(1024);
});

test('Nova’s embeddings are asked for in their own schema, and their vector is found', () => {
  const family = embeddingFamilyOf({
    ...{ model_id: 'amazon.nova-2-multimodal-embeddings-v1:0', family: 'unknown' },
  });
  const text = { truncationMode: 'END', value: 'What is a river?' };
  const head = { schemaVersion: 'nova-multimodal-embed-v1', taskType: 'SINGLE_EMBEDDING' };
  expect(family?.body('What is a river?', read({ maxTokenCount: 9 }))).toEqual({
    ...head,
    singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX', text },
  });
  const chosen = { embeddingPurpose: 'TEXT_RETRIEVAL', embeddingDimension: 256 };
  expect(family?.body('What is a river?', read(chosen))).toEqual({
    ...head,
    singleEmbeddingParams: { ...chosen, text },
  });
  const reply = { embeddings: [{ embeddingType: 'TEXT', embedding: [0.5, -0.25] }] };
  expect(family?.embedding(reply)).toEqual([0.5, -0.25]);
  for (const other of [{}, { embeddings: [] }, { embeddings: [1] }, { embedding: [1] }]) {
    expect(family?.embedding(other)).toBeUndefined();
  }
});

test('every model of the catalogue that embeds has a family here, and no other has', () => {
  const data = (name: string): unknown =>
    JSON.parse(
      readFileSync(new URL(`../../../../core/data/${name}`, import.meta.url), 'utf8'),
    ) as unknown;
  const { models } = catalogueFrom(data('prices.json'), data('models.json'));
  for (const facts of models.values()) {
    const found = embeddingFamilyOf(facts) !== undefined;
    expect([facts.model_id, found]).toEqual([facts.model_id, facts.kind === 'embedding']);
  }
});

test('what is no answer of the family is no embedding', () => {
  for (const family of Object.values(EMBEDDING_FAMILIES)) {
    for (const reply of [{}, { embedding: 'x' }, { embeddings: 3 }, { embeddings: { float: 3 } }]) {
      expect(family.embedding(reply)).toBeUndefined();
    }
  }
});
