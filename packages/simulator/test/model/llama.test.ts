/** Llama: counts beside the text, the prompt's on the first chunk, the output's on every chunk. */
import { expect, it } from 'vitest';
import { invokeOnce, METRICS, streamOnce, usage } from '../rig.ts';

const LLAMA = 'meta.llama3-1-8b-instruct-v1:0';
const text = expect.any(String) as string;

it('an answer tells its counts in the body and in headers', async () => {
  const { body, header, row } = await invokeOnce(LLAMA, { prompt: 'hello', max_gen_len: 100 });
  // Five bytes, and one token that begins every prompt.
  expect(body).toEqual({
    generation: text,
    prompt_token_count: 6,
    generation_token_count: 9,
    stop_reason: 'stop',
  });
  expect([header('input-token-count'), header('output-token-count')]).toEqual(['6', '9']);
  expect(header('cache-read-input-token-count')).toBeNull();
  expect(row.usage).toEqual(usage({ input_tokens: 6, output_tokens: 9 }));
});

it('a stream counts the output as it grows', async () => {
  const { chunks } = await streamOnce(LLAMA, { prompt: 'hello', max_gen_len: 9 });
  const counts = chunks.map((chunk) => [
    chunk['prompt_token_count'],
    chunk['generation_token_count'],
  ]);
  expect(counts).toEqual([
    [6, 4],
    [null, 8],
    [null, 9],
    [null, 9],
  ]);
  expect(chunks.at(-1)).toMatchObject({
    stop_reason: 'length',
    [METRICS]: { inputTokenCount: 6, outputTokenCount: 9 },
  });
});

it('without a limit an answer has at most 512 tokens', async () => {
  const { row } = await invokeOnce(LLAMA, { prompt: 'x' }, { settings: { tokens: 'worst' } });
  expect(row.usage?.output_tokens).toBe(512);
});

it('images count as prompt', async () => {
  const { row } = await invokeOnce('us.meta.llama3-2-11b-instruct-v1:0', {
    prompt: 'x',
    images: ['aGVsbG8='],
  });
  expect(row.usage?.input_tokens).toBe(1602);
});

it('without usage there is none in any place', async () => {
  const { body, header } = await invokeOnce(LLAMA, { prompt: 'x' }, { fault: 'no-usage' });
  expect(Object.keys(body)).toEqual(['generation', 'stop_reason']);
  expect(header('input-token-count')).toBeNull();
});
