/** Chat completions, whose counts include cached tokens. */
import { describe, expect, test } from 'vitest';
import { ask, counted, metrics, reply, reported, stream } from './dialect-samples.ts';

const answer = { choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] };

describe('replies', () => {
  test('without cache: prompt and completion', () => {
    const usage = { prompt_tokens: 44, completion_tokens: 7, total_tokens: 51 };
    const reading = reply('openai_chat', { ...answer, usage });
    expect(reading.usage).toEqual(reported({ input_tokens: 44, output_tokens: 7 }));
    expect(reading.warnings).toBeUndefined();
  });

  test('cached tokens are taken out of the prompt', () => {
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 7,
      total_tokens: 1007,
      prompt_tokens_details: { cached_tokens: 900 },
      completion_tokens_details: { reasoning_tokens: 5 },
    };
    expect(reply('openai_chat', { ...answer, usage }).usage).toEqual(
      reported({ input_tokens: 100, output_tokens: 7, cache_read_input_tokens: 900 }),
    );
  });

  test('written tokens are in the prompt too, and live thirty minutes', () => {
    const usage = {
      prompt_tokens: 1000,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
    };
    expect(reply('openai_chat', { ...answer, usage }).usage).toEqual(
      reported({
        input_tokens: 100,
        output_tokens: 7,
        cache_read_input_tokens: 600,
        cache_write_30m_input_tokens: 300,
      }),
    );
  });

  test('more cached tokens than prompt tokens are wrong, never clamped', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 11 },
    };
    expect(reply('openai_chat', { ...answer, usage }, counted(1, 1)).usage).toEqual({
      source: 'unknown',
      reason: 'usage counts 11 cached tokens in a prompt of 10',
    });
  });

  test('a total that adds the cached tokens shows a prompt without them', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 7,
      total_tokens: 1007,
      prompt_tokens_details: { cached_tokens: 900 },
    };
    const reading = reply('openai_chat', { ...answer, usage });
    expect(reading.warnings).toHaveLength(1);
    expect(reading.usage).toEqual(
      reported({ input_tokens: 100, output_tokens: 7, cache_read_input_tokens: 900 }),
    );
  });

  test('cached tokens that only the headers tell come out of the prompt as well', () => {
    const headers = { 'x-amzn-bedrock-cache-read-input-token-count': '900', ...counted(100, 7) };
    const usage = { prompt_tokens: 1000 };
    expect(reply('openai_chat', { ...answer, usage }, headers).usage).toEqual(
      reported({ input_tokens: 100, output_tokens: 7, cache_read_input_tokens: 900 }),
    );
  });

  test('zero is a count and is not filled from the headers', () => {
    const usage = { prompt_tokens: 44, completion_tokens: 0, total_tokens: 44 };
    expect(reply('openai_chat', { ...answer, usage }, counted(9, 9)).usage).toEqual(
      reported({ input_tokens: 44 }),
    );
  });

  test('the headers stand in for a body without usage', () => {
    expect(reply('openai_chat', answer, counted(44, 7)).usage).toEqual(
      reported({ input_tokens: 44, output_tokens: 7 }),
    );
  });

  test('the tier of the header goes before that of the body, and odd words are none', () => {
    const tier = (service_tier: string, headers = {}): string | null =>
      reply('openai_chat', { ...answer, service_tier }, headers).served_tier;
    expect(tier('flex')).toBe('flex');
    expect(tier('default')).toBe('standard');
    expect(tier('auto')).toBeNull();
    expect(tier('flex', { 'x-amzn-bedrock-service-tier': 'priority' })).toBe('priority');
  });
});

describe('streams', () => {
  const piece = (content: string, usage: object): object => ({
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    usage,
  });
  const running = (prompt: number, completion: number): object => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  });
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

  test('usage runs along: the last one stands', () => {
    const reading = stream('openai_chat', [
      piece('', running(44, 0)),
      piece('Hi', running(44, 1)),
      { ...end, usage: running(44, 7) },
    ]);
    expect(reading).toMatchObject({ end: 'complete', output_seen: true });
    expect(reading.usage).toEqual(reported({ input_tokens: 44, output_tokens: 7 }));
    expect(reading.warnings).toBeUndefined();
  });

  test('usage may come after the end, in a chunk of its own', () => {
    const reading = stream('openai_chat', [
      piece('Hi', {}),
      end,
      { choices: [], usage: running(44, 7) },
    ]);
    expect(reading.usage).toEqual(reported({ input_tokens: 44, output_tokens: 7 }));
  });

  test('metrics that leave the cache out do not lose it, nor double it', () => {
    const usage = { ...running(1000, 7), prompt_tokens_details: { cached_tokens: 900 } };
    for (const input of [100, 1000]) {
      const reading = stream('openai_chat', [
        piece('Hi', {}),
        { ...end, usage, ...metrics(input, 7) },
      ]);
      expect(reading.usage).toEqual(
        reported({ input_tokens: 100, output_tokens: 7, cache_read_input_tokens: 900 }),
      );
    }
  });

  test('cached tokens that only the metrics tell come out of the prompt', () => {
    const told = metrics(100, 7, { cacheReadInputTokenCount: 900 });
    const reading = stream('openai_chat', [
      piece('Hi', {}),
      { ...end, usage: running(1000, 7), ...told },
    ]);
    expect(reading.usage).toEqual(
      reported({ input_tokens: 100, output_tokens: 7, cache_read_input_tokens: 900 }),
    );
  });

  test('written tokens that only the metrics tell come out beside the read ones', () => {
    const usage = { ...running(1000, 7), prompt_tokens_details: { cached_tokens: 600 } };
    const told = { cacheReadInputTokenCount: 600, cacheWriteInputTokenCount: 300 };
    const reading = stream('openai_chat', [
      piece('Hi', {}),
      { ...end, usage, ...metrics(100, 7, told) },
    ]);
    expect(reading.usage).toEqual(
      reported({
        input_tokens: 100,
        output_tokens: 7,
        cache_read_input_tokens: 600,
        cache_write_30m_input_tokens: 300,
      }),
    );
  });

  test("Mistral's words: message and stop_reason", () => {
    const said = (content: string, stop: string | null): object => ({
      choices: [{ index: 0, message: { role: 'assistant', content }, stop_reason: stop }],
    });
    const reading = stream('openai_chat', [
      said('Hi', null),
      { ...said('', 'stop'), ...metrics(44, 7) },
    ]);
    expect(reading).toMatchObject({ end: 'complete', output_seen: true });
    expect(reading.usage).toEqual(reported({ input_tokens: 44, output_tokens: 7 }));
  });

  test('one of several answers that ends does not end the stream', () => {
    const of = (index: number, content: string, finish: string | null): object => ({
      choices: [{ index, delta: { content }, finish_reason: finish }],
    });
    const begun = [of(0, 'a', 'stop'), of(1, 'b', null)];
    expect(stream('openai_chat', begun).end).toBe('truncated');
    expect(stream('openai_chat', [...begun, of(1, '', 'length')]).end).toBe('complete');
  });

  test('a stream that is cut off is estimated, tool calls and reasoning included', () => {
    const reading = stream('openai_chat', [
      { choices: [{ delta: { reasoning_content: '12345678' } }], usage: running(44, 0) },
      { choices: [{ delta: { tool_calls: [{ function: { name: 'f', arguments: '123' } }] } }] },
    ]);
    expect(reading).toMatchObject({
      end: 'truncated',
      usage: { source: 'estimated', usage: { input_tokens: 44, output_tokens: 3 } },
    });
  });
});

describe('requests', () => {
  const messages = [{ role: 'user', content: 'Hi' }];

  test.each(['max_tokens', 'max_completion_tokens'])('%s binds', (name) => {
    const { shape } = ask('openai_chat', { messages, [name]: 64 });
    expect(shape).toMatchObject({ max_output_tokens: 64, parts: 1, opaque_input: false });
    expect(shape.output_maximum_binds).toBeUndefined();
  });

  test('several answers multiply, but not a word inside a tool', () => {
    const parameters = { type: 'object', properties: {}, n: 9 };
    const tools = [{ type: 'function', function: { name: 'f', parameters } }];
    const { shape } = ask('openai_chat', { messages, tools, n: 4, max_tokens: 10 });
    expect(shape).toMatchObject({ max_output_tokens: 40, has_tools: true, opaque_input: false });
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
    [{ type: 'file', file: { file_data: 'AAAA' } }],
  ])('%j is opaque', (part) => {
    const body = { messages: [{ role: 'user', content: [part] }] };
    expect(ask('openai_chat', body).shape.opaque_input).toBe(true);
  });

  test('a tier in the body raises the price that counts, and never lowers it', () => {
    expect(ask('openai_chat', { messages, service_tier: 'priority' }).shape.tier).toBe('priority');
    expect(ask('openai_chat', { messages, service_tier: 'flex' }).shape.tier).toBe('standard');
  });
});
