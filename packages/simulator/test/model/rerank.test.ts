/** Reranking is billed in search units, which no answer tells. */
import { expect, it } from 'vitest';
import { invokeOnce, usage } from '../rig.ts';

const COHERE = 'cohere.rerank-v3-5:0';
const documents = (count: number) => Array.from({ length: count }, (_, at) => `document ${at}`);

it.each([
  [1, 1],
  [100, 1],
  [101, 2],
  [1000, 10],
])('%i documents are %i search units', async (count, units) => {
  const asked = { query: 'ledger', documents: documents(count), top_n: 3 };
  const { body, header, row } = await invokeOnce('amazon.rerank-v1:0', asked);
  expect(row.usage).toEqual(usage({ units: { search_unit: units } }));
  expect(Object.keys(body)).toEqual(['results']);
  expect(body['results']).toHaveLength(Math.min(3, count));
  expect(header('input-token-count')).toBeNull();
});

it('the best come first, each document at most once', async () => {
  const asked = { api_version: 2, query: 'ledger', documents: documents(20) };
  const results = (await invokeOnce(COHERE, asked)).body['results'] as {
    index: number;
    relevance_score: number;
  }[];
  const scores = results.map((result) => result.relevance_score);
  expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  expect(new Set(results.map((result) => result.index)).size).toBe(20);
});

it.each([
  [{ api_version: 2, documents: ['x'] }, 'required key [query]'],
  [{ api_version: 2, query: 'x', documents: [] }, 'minimum item count'],
  [{ query: 'x', documents: ['x'] }, 'required key [api_version]'],
  [{ api_version: 2, query: 'x', documents: ['x'], top_n: 0 }, 'top_n'],
])('%j is refused', async (body, words) => {
  const answer = await invokeOnce(COHERE, body);
  expect(answer.status).toBe(400);
  expect(answer.body['message']).toContain(words);
});
