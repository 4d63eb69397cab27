/** Llama, older Mistral, DeepSeek R1 and Jurassic. */
import { describe, expect, test } from 'vitest';
import type { BodyFamily } from '@tollkeeper/core';
import { ask, counted, metrics, reply, reported, stream } from './dialect-samples.ts';

const usage = reported({ input_tokens: 25, output_tokens: 9 });

describe('Llama', () => {
  const body = { generation: 'Hi', prompt_token_count: 25, generation_token_count: 9 };

  test('counts stand in the body', () => {
    expect(reply('llama', { ...body, stop_reason: 'stop' }).usage).toEqual(usage);
  });

  test('the body goes before the headers, which fill what it leaves open', () => {
    expect(reply('llama', body, counted(99, 99)).usage).toEqual(usage);
    const half = { generation: 'Hi', prompt_token_count: 25, generation_token_count: null };
    expect(reply('llama', half, counted(99, 9)).usage).toEqual(usage);
  });

  test('a running count of the answer: the last one stands', () => {
    const reading = stream('llama', [
      { generation: 'H', prompt_token_count: 25, generation_token_count: 1, stop_reason: null },
      { generation: 'i', prompt_token_count: null, generation_token_count: 2, stop_reason: null },
      { generation: '', prompt_token_count: null, generation_token_count: 9, stop_reason: 'stop' },
    ]);
    expect(reading).toMatchObject({ end: 'complete', usage });
  });

  test('a stream that breaks is estimated from at least what it had counted', () => {
    const reading = stream('llama', [
      { generation: 'H', prompt_token_count: 25, generation_token_count: 1, stop_reason: null },
      { generation: 'i', prompt_token_count: null, generation_token_count: 7, stop_reason: null },
    ]);
    expect(reading).toMatchObject({ end: 'truncated' });
    expect(reading.usage).toMatchObject({
      source: 'estimated',
      usage: { input_tokens: 25, output_tokens: 7 },
    });
  });

  test('max_gen_len binds; max_tokens is not read by Llama', () => {
    expect(ask('llama', { prompt: 'Hi', max_gen_len: 512 }).shape).toMatchObject({
      max_output_tokens: 512,
    });
    expect(ask('llama', { prompt: 'Hi', max_tokens: 10 }).shape).toMatchObject({
      max_output_tokens: 10,
      output_maximum_binds: false,
    });
  });

  test('images of a vision model are opaque', () => {
    expect(ask('llama', { prompt: 'Hi', images: ['AAAA'] }).shape.opaque_input).toBe(true);
    expect(ask('llama', { prompt: 'Hi', images: [] }).shape.opaque_input).toBe(false);
  });
});

const SILENT: readonly (readonly [BodyFamily, object])[] = [
  ['mistral_text', { outputs: [{ text: 'Hi', stop_reason: 'stop' }] }],
  ['deepseek_text', { choices: [{ text: 'Hi', stop_reason: 'stop' }] }],
  [
    'ai21_j2',
    {
      id: 1,
      prompt: { text: 'Hello', tokens: [{}] },
      completions: [{ data: { text: 'Hi', tokens: [{}] }, finishReason: { reason: 'endoftext' } }],
    },
  ],
];

describe.each(SILENT)('%s', (family, body) => {
  test('is counted by its headers', () => {
    expect(reply(family, body, counted(25, 9)).usage).toEqual(usage);
  });

  test('is unknown without them', () => {
    expect(reply(family, body)).toMatchObject({ usage: { source: 'unknown' } });
  });
});

describe.each([
  ['mistral_text', 'outputs'],
  ['deepseek_text', 'choices'],
] as const)('a stream of %s', (family, member) => {
  const piece = (text: string, stop: string | null): object => ({
    [member]: [{ text, stop_reason: stop }],
  });

  test('ends with a stop reason and is counted by its metrics', () => {
    const reading = stream(family, [
      piece('H', null),
      { ...piece('i', 'stop'), ...metrics(25, 9) },
    ]);
    expect(reading).toMatchObject({ end: 'complete', output_seen: true, usage });
  });

  test('is unknown when it ends without metrics, and estimated when it is cut off', () => {
    expect(stream(family, [piece('Hi', 'stop')]).usage.source).toBe('unknown');
    expect(stream(family, [piece('12345678', null)])).toMatchObject({
      end: 'truncated',
      usage: { source: 'estimated', usage: { input_tokens: 40, output_tokens: 2 } },
    });
  });
});

test('several answers of Jurassic multiply, and need a maximum', () => {
  const body = { prompt: 'Hi', maxTokens: 200, numResults: 3 };
  expect(ask('ai21_j2', body).shape.max_output_tokens).toBe(600);
  expect(() => ask('ai21_j2', { prompt: 'Hi', numResults: 3 })).toThrow(/several answers/);
});
