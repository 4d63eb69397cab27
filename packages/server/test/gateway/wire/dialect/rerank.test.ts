/** Search units of Rerank. */
import { describe, expect, test } from 'vitest';
import { ask, counted, reply, reported } from './dialect-samples.ts';

const results = { results: [{ index: 0, relevance_score: 0.9 }] };

function request(documents: number, bytesEach: number): object {
  return {
    query: 'what?',
    documents: Array.from({ length: documents }, () => 'd'.repeat(bytesEach)),
  };
}

/** A document of 200 bytes fits a chunk however its tokens are counted. */
test.each([
  [1, 1],
  [100, 1],
  [101, 2],
  [350, 4],
])('%i short documents are %i search units', (documents, units) => {
  const asked = request(documents, 200);
  expect(ask('rerank', asked).shape).toMatchObject({
    units: { search_unit: units },
    opaque_input: false,
    text_bytes: 0,
    max_output_tokens: 0,
  });
  expect(reply('rerank', results, {}, asked).usage).toEqual(
    reported({ units: { search_unit: units } }),
  );
});

describe('documents that may be split', () => {
  test('are certain as long as the most chunks are the same units', () => {
    // 2000 bytes are at most 5 chunks of 495: 10 documents stay within one unit.
    const asked = request(10, 2000);
    expect(reply('rerank', results, {}, asked).usage.source).toBe('reported');
  });

  test('are an estimate otherwise, bounded by one token a byte', () => {
    const asked = request(100, 2000);
    // 100 documents of at most 5 chunks; at four bytes a token, 500 tokens are 2 chunks each.
    expect(ask('rerank', asked).shape.units).toEqual({ search_unit: 5 });
    expect(reply('rerank', results, {}, asked).usage).toMatchObject({
      source: 'estimated',
      usage: { units: { search_unit: 2 } },
    });
  });

  test('may be objects', () => {
    const documents = Array.from({ length: 101 }, () => ({ title: 't', text: 'x' }));
    expect(ask('rerank', { query: 'q', documents }).shape.units).toEqual({ search_unit: 2 });
  });
});

test('what the reply says it was billed goes before what was asked for', () => {
  const body = { ...results, meta: { billed_units: { search_units: 3 } } };
  expect(reply('rerank', body, {}, request(1, 10)).usage).toEqual(
    reported({ units: { search_unit: 3 } }),
  );
});

test('token headers are not billed', () => {
  expect(reply('rerank', results, counted(500, 1), request(1, 10)).usage).toEqual(
    reported({ units: { search_unit: 1 } }),
  );
});

test('a reply without results, or to a request that is not known, is unknown', () => {
  expect(reply('rerank', {}, {}, request(1, 10)).usage.source).toBe('unknown');
  expect(reply('rerank', results).usage.source).toBe('unknown');
});
