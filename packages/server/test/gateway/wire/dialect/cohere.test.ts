/** Cohere Command, Command R and Embed. */
import { describe, expect, test } from 'vitest';
import { ask, counted, metrics, reply, reported, stream } from './dialect-samples.ts';

const usage = reported({ input_tokens: 30, output_tokens: 8 });

describe.each([
  ['cohere_command', { generations: [{ text: 'Hi', finish_reason: 'COMPLETE' }], prompt: 'x' }],
  ['cohere_chat', { text: 'Hi', finish_reason: 'COMPLETE', chat_history: [] }],
] as const)('%s', (family, body) => {
  test('is counted by its headers, or by what it was billed', () => {
    expect(reply(family, body, counted(30, 8)).usage).toEqual(usage);
    const meta = { billed_units: { input_tokens: 30, output_tokens: 8 } };
    expect(reply(family, { ...body, meta }, counted(99, 99)).usage).toEqual(usage);
  });

  test('is unknown without either', () => {
    expect(reply(family, body).usage.source).toBe('unknown');
  });
});

test('a Command stream ends when it says so and is counted by its metrics', () => {
  const reading = stream('cohere_command', [
    { is_finished: false, text: 'Hi' },
    { is_finished: true, finish_reason: 'COMPLETE', response: {}, ...metrics(30, 8) },
  ]);
  expect(reading).toMatchObject({ end: 'complete', output_seen: true, usage });
});

test('the end of a Command R stream holds its own count, and repeats no text', () => {
  const response = {
    text: 'Hi there',
    meta: { billed_units: { input_tokens: 30, output_tokens: 8 } },
  };
  const chunks = [
    { event_type: 'stream-start', is_finished: false },
    { event_type: 'text-generation', is_finished: false, text: 'Hi there' },
    { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response },
  ];
  expect(stream('cohere_chat', chunks)).toMatchObject({ end: 'complete', usage });
  expect(stream('cohere_chat', chunks.slice(0, 2))).toMatchObject({
    end: 'truncated',
    usage: { source: 'estimated', usage: { output_tokens: 2 } },
  });
});

test('several generations multiply', () => {
  const body = { prompt: 'Hi', max_tokens: 100, num_generations: 5 };
  expect(ask('cohere_command', body).shape.max_output_tokens).toBe(500);
});

test('messages of a chat and its documents are parts', () => {
  const body = {
    message: 'Hi',
    chat_history: [{ role: 'USER', message: 'a' }],
    documents: [{ title: 't', snippet: 's' }],
  };
  expect(ask('cohere_chat', body).shape).toMatchObject({ parts: 2, opaque_input: false });
});

describe('Embed', () => {
  const texts = { texts: ['a', 'b'], input_type: 'search_document' };
  const body = { embeddings: [[0.1]], id: 'x', response_type: 'embeddings_floats', texts: ['a'] };

  test('is its input tokens, from the headers or from what it was billed', () => {
    expect(reply('cohere_embed', body, counted(6), texts).usage).toEqual(
      reported({ input_tokens: 6 }),
    );
    const meta = { billed_units: { input_tokens: 6 } };
    expect(reply('cohere_embed', { ...body, meta }, {}, texts).usage).toEqual(
      reported({ input_tokens: 6 }),
    );
  });

  test('is unknown when neither says anything', () => {
    expect(reply('cohere_embed', body, {}, texts).usage.source).toBe('unknown');
  });

  test('images are units of their own', () => {
    const request = { images: ['data:image/png;base64,AAAA'], input_type: 'image' };
    const { shape } = ask('cohere_embed', request);
    expect(shape).toMatchObject({ units: { input_image: 1 }, opaque_input: true });
    const meta = { billed_units: { images: 1 } };
    expect(reply('cohere_embed', { ...body, meta }, {}, request).usage).toEqual(
      reported({ units: { input_image: 1 } }),
    );
    expect(reply('cohere_embed', body, counted(5), request).usage).toEqual(
      reported({ input_tokens: 5, units: { input_image: 1 } }),
    );
  });

  test('images of the newer shape are counted in its inputs', () => {
    const part = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const inputs = [{ content: [{ type: 'text', text: 'a' }, part] }, { content: [part] }];
    expect(ask('cohere_embed', { inputs }).shape.units).toEqual({ input_image: 2 });
  });
});
