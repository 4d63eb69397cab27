/** The Messages shape: usage in its own places, and Anthropic's words for what is wrong. */
import { describe, expect, it } from 'vitest';
import { CLAUDE, decodeFrames, onlyRow, post, start } from '../rig.ts';

const PATH = `/model/${encodeURIComponent(CLAUDE)}`;
const request = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 300,
  system: [
    { type: 'text', text: 'y'.repeat(8000), cache_control: { type: 'ephemeral', ttl: '1h' } },
    { type: 'text', text: 'x'.repeat(4000), cache_control: { type: 'ephemeral' } },
  ],
  messages: [{ role: 'user', content: 'What is a ledger?' }],
};

it('usage is in the body and in the headers, without cached tokens in the input', async () => {
  const simulator = await start();
  const answer = await post(simulator, `${PATH}/invoke`, request);
  const { usage, model } = (await answer.json()) as Record<string, Record<string, unknown>>;
  const row = await onlyRow(simulator);
  expect(model).toBe('claude-sonnet-4-5-20250929');
  expect(usage).toEqual({
    input_tokens: 9,
    cache_creation_input_tokens: 3003,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 2003 },
    output_tokens: row.usage?.['output_tokens'],
  });
  const header = (name: string) => answer.headers.get(`x-amzn-bedrock-${name}`);
  expect(header('input-token-count')).toBe('9');
  expect(header('cache-write-input-token-count')).toBe('3003');
  expect(header('cache-read-input-token-count')).toBe('0');
  expect(header('output-token-count')).toBe(String(row.usage?.['output_tokens']));
  expect(header('invocation-latency')).toMatch(/^\d+$/);
});

it('a stream opens with a placeholder and closes with the counts', async () => {
  const simulator = await start();
  const answer = await post(simulator, `${PATH}/invoke-with-response-stream`, request);
  expect(answer.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
  const chunks = decodeFrames(await answer.bytes()).map(
    ({ payload }) =>
      JSON.parse(Buffer.from(String(payload['bytes']), 'base64').toString()) as {
        type: string;
        message?: { usage: Record<string, unknown> };
        usage?: Record<string, unknown>;
        'amazon-bedrock-invocationMetrics'?: Record<string, unknown>;
      },
  );
  const output = (await onlyRow(simulator)).usage?.['output_tokens'];
  const [first] = chunks;
  const [beforeLast, last] = chunks.slice(-2);
  expect(first?.message?.usage).toMatchObject({ input_tokens: 9, output_tokens: 1 });
  expect(first?.message?.usage['cache_creation']).toEqual({
    ephemeral_5m_input_tokens: 1000,
    ephemeral_1h_input_tokens: 2003,
  });
  expect(beforeLast).toMatchObject({ type: 'message_delta', usage: { output_tokens: output } });
  expect(last).toMatchObject({
    type: 'message_stop',
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: 9,
      outputTokenCount: output,
      cacheReadInputTokenCount: 0,
      cacheWriteInputTokenCount: 3003,
    },
  });
});

it('a forced tool is called, whole and streamed', async () => {
  const simulator = await start();
  const forced = {
    ...request,
    tools: [{ name: 'note', input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: 'note' },
  };
  const whole = await (await post(simulator, `${PATH}/invoke`, forced)).json();
  expect(whole).toMatchObject({
    stop_reason: 'tool_use',
    content: [{ type: 'tool_use', name: 'note' }],
  });
  const stream = await post(simulator, `${PATH}/invoke-with-response-stream`, forced);
  const text = Buffer.from(await stream.bytes()).toString();
  expect(text).toContain(
    Buffer.from('{"type":"content_block_delta"').toString('base64').slice(0, 36),
  );
});

describe('a bad request', () => {
  it.each([
    [{ messages: undefined }, 'required key [messages] not found'],
    [{ max_tokens: undefined }, 'required key [max_tokens] not found'],
    [{ anthropic_version: undefined }, 'required key [anthropic_version] not found'],
    [{ anthropic_version: '2023-06-01' }, 'anthropic_version'],
    [{ max_tokens: 64_001 }, '64001 > 64000, which is the maximum allowed'],
    [{ max_tokens: 0 }, 'greater than or equal to 1'],
    [{ max_tokens: 'all' }, 'valid integer'],
    [{ messages: [] }, 'at least one message'],
    [{ messages: [{ role: 'assistant', content: 'a' }] }, 'first message must use the "user" role'],
    [{ messages: [{ role: 'system', content: 'a' }] }, "'user' or 'assistant'"],
    [{ messages: [{ role: 'user', content: '' }] }, 'non-empty content'],
    [{ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, 'non-empty'],
    [
      { system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }] },
      "'5m' or '1h'",
    ],
    [{ system: request.system.toReversed() }, 'must not come after'],
  ])('%j is refused', async (change, words) => {
    const answer = await post(await start(), `${PATH}/invoke`, { ...request, ...change });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toMatch(/^ValidationException/);
    expect(((await answer.json()) as { message: string }).message).toContain(words);
  });
});
