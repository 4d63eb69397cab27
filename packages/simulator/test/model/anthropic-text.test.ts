/** Claude before Messages tells no counts in its body; the same models speak Messages too. */
import { expect, it } from 'vitest';
import { invokeOnce, METRICS, streamOnce, usage } from '../rig.ts';

const CLAUDE_2 = 'anthropic.claude-v2:1';
const prompt = '\n\nHuman: hi\n\nAssistant:';

it('a completion has its counts in headers', async () => {
  const { body, header, row } = await invokeOnce(CLAUDE_2, { prompt, max_tokens_to_sample: 50 });
  expect(body).toEqual({
    type: 'completion',
    completion: expect.any(String) as string,
    stop_reason: 'stop_sequence',
    stop: null,
  });
  // Two line ends, 'Human: hi', two line ends, 'Assistant:'.
  expect(header('input-token-count')).toBe('23');
  expect(row.usage).toEqual(usage({ input_tokens: 23, output_tokens: 9 }));
});

it('a stream has them in its last chunk', async () => {
  const { chunks } = await streamOnce(CLAUDE_2, { prompt, max_tokens_to_sample: 9 });
  expect(chunks.at(-1)).toMatchObject({
    stop_reason: 'max_tokens',
    [METRICS]: { inputTokenCount: 23, outputTokenCount: 9 },
  });
  expect(chunks.slice(0, -1).map((chunk) => chunk['stop_reason'])).toEqual([null, null, null]);
});

it('Messages are answered as messages, with usage', async () => {
  const { body, row } = await invokeOnce(CLAUDE_2, {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 50,
    messages: [{ role: 'user', content: 'hi' }],
  });
  expect(body['usage']).toMatchObject({ input_tokens: 9, output_tokens: 9 });
  expect(row.usage).toEqual(usage({ input_tokens: 9, output_tokens: 9 }));
});

it.each([
  [{ prompt }, 'max_tokens_to_sample'],
  [{ prompt: 'hi', max_tokens_to_sample: 9 }, 'must start with'],
])('%j is refused', async (body, words) => {
  const answer = await invokeOnce(CLAUDE_2, body);
  expect(answer.status).toBe(400);
  expect(answer.body['message']).toContain(words);
});
