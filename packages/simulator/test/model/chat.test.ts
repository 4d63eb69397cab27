/** Chat completions: `prompt_tokens` includes what was cached; a stream carries running usage. */
import { describe, expect, it } from 'vitest';
import {
  client,
  invokeOnce,
  METRICS,
  onlyRow,
  question,
  start,
  streamOnce,
  usage,
} from '../rig.ts';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

const QWEN = 'qwen.qwen3-32b-v1:0';
const hello = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 50 };
// Five bytes, four tokens for the message, three for the opening.
const INPUT = 12;

it.each([
  QWEN,
  'ai21.jamba-1-5-mini-v1:0',
  'mistral.mistral-large-2407-v1:0',
  'deepseek.v3-v1:0',
  'minimax.minimax-m2',
])('%s answers with a choice and usage', async (modelId) => {
  const { body, header, row } = await invokeOnce(modelId, hello);
  expect(body).toEqual({
    id: expect.stringMatching(/^chatcmpl-/) as string,
    object: 'chat.completion',
    created: expect.any(Number) as number,
    model: modelId,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: expect.any(String) as string },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: INPUT, completion_tokens: 9, total_tokens: INPUT + 9 },
  });
  expect([header('input-token-count'), header('output-token-count')]).toEqual(['12', '9']);
  expect(row.usage).toEqual(usage({ input_tokens: INPUT, output_tokens: 9 }));
});

it('reasoning of gpt-oss is a part of the output', async () => {
  const { body, row } = await invokeOnce('openai.gpt-oss-20b-1:0', hello);
  expect(body['usage']).toMatchObject({
    completion_tokens: 9,
    completion_tokens_details: { reasoning_tokens: 2 },
  });
  expect(row.usage?.output_tokens).toBe(9);
});

it('a stream carries the usage so far on every chunk, and all of it on the last', async () => {
  const { chunks } = await streamOnce(QWEN, hello);
  const completions = chunks.map(
    (chunk) => (chunk['usage'] as { completion_tokens: number }).completion_tokens,
  );
  expect(completions).toEqual([0, 4, 8, 9, 9]);
  expect(chunks.at(-1)).toMatchObject({
    object: 'chat.completion.chunk',
    choices: [{ delta: {}, finish_reason: 'stop' }],
    usage: { prompt_tokens: INPUT, completion_tokens: 9, total_tokens: INPUT + 9 },
    [METRICS]: { inputTokenCount: INPUT, outputTokenCount: 9 },
  });
});

it('several answers are billed each', async () => {
  const { body, row } = await invokeOnce('ai21.jamba-1-5-large-v1:0', { ...hello, n: 3 });
  expect(body['choices']).toHaveLength(3);
  expect(body['usage']).toMatchObject({ completion_tokens: 27 });
  expect(row.usage?.output_tokens).toBe(27);
  const { chunks } = await streamOnce(QWEN, { ...hello, n: 2 });
  expect(chunks.at(-1)).toMatchObject({ usage: { completion_tokens: 18 } });
});

describe('implicit caching', () => {
  const fault = 'cache;mode=implicit;tokens=5';

  it('is inside the prompt tokens of the body, and outside the input everywhere else', async () => {
    const { body, header, row } = await invokeOnce('openai.gpt-5.5', hello, { fault });
    expect(body['usage']).toMatchObject({
      prompt_tokens: INPUT,
      prompt_tokens_details: { cached_tokens: 5 },
      total_tokens: INPUT + 9,
    });
    expect(header('input-token-count')).toBe('7');
    expect(header('cache-read-input-token-count')).toBe('5');
    expect(row.usage).toEqual(
      usage({ input_tokens: 7, output_tokens: 9, cache_read_input_tokens: 5 }),
    );
  });

  it('is in the metrics of a stream too', async () => {
    const { chunks } = await streamOnce(QWEN, hello, fault);
    expect(chunks.at(-1)).toMatchObject({
      usage: { prompt_tokens: INPUT, prompt_tokens_details: { cached_tokens: 5 } },
      [METRICS]: { inputTokenCount: 7, cacheReadInputTokenCount: 5 },
    });
  });

  it('is disjoint in Converse', async () => {
    const simulator = await start({ settings: { tokens: 'worst', output_tokens: 9 } });
    const sdk = client(simulator, { headers: { 'x-simulator-fault': fault } });
    const answer = await sdk.send(new ConverseCommand(question(QWEN, 'hello')));
    expect(answer.usage).toMatchObject({
      inputTokens: 7,
      cacheReadInputTokens: 5,
      outputTokens: 9,
      totalTokens: 21,
    });
    expect((await onlyRow(simulator)).usage?.cache_read_input_tokens).toBe(5);
  });
});

it('usage can be missing from the body alone, or from the headers alone', async () => {
  const body = await invokeOnce(QWEN, hello, { fault: 'no-usage;where=body' });
  expect(body.body).not.toHaveProperty('usage');
  expect(body.header('input-token-count')).toBe('12');
  const headers = await invokeOnce(QWEN, hello, { fault: 'no-usage;where=headers' });
  expect(headers.body['usage']).toMatchObject({ prompt_tokens: INPUT });
  expect(headers.header('input-token-count')).toBeNull();
});

it('a forced tool is called', async () => {
  const tools = [{ type: 'function', function: { name: 'note', parameters: {} } }];
  const settings = { output_tokens: 60 };
  const asked = { ...hello, max_tokens: 100, tools, tool_choice: 'required' };
  const { body } = await invokeOnce(QWEN, asked, { settings });
  expect(body['choices']).toMatchObject([
    {
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'note' } }] },
      finish_reason: 'tool_calls',
    },
  ]);
});

it('the larger of two output limits counts', async () => {
  const asked = { ...hello, max_tokens: 5, max_completion_tokens: 30, stop: 'no such words' };
  const { row, body } = await invokeOnce(QWEN, asked, { settings: { tokens: 'worst' } });
  expect(row.usage?.output_tokens).toBe(30);
  expect(body['choices']).toMatchObject([{ finish_reason: 'length' }]);
});

it('half-hour checkpoints of newer OpenAI models are a class of their own', async () => {
  const simulator = await start({ settings: { tokens: 'worst', output_tokens: 9 } });
  const answer = await client(simulator).send(
    new ConverseCommand({
      modelId: 'openai.gpt-5.6-sol',
      messages: [
        {
          role: 'user',
          content: [{ text: 'x'.repeat(2000) }, { cachePoint: { type: 'default' } }],
        },
      ],
    }),
  );
  expect(answer.usage?.cacheDetails).toEqual([{ ttl: '30m', inputTokens: 2007 }]);
  expect((await onlyRow(simulator)).usage).toEqual(
    usage({ output_tokens: 9, cache_write_30m_input_tokens: 2007 }),
  );
});
