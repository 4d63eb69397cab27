/** Nova's own shape in InvokeModel. */
import { expect, it } from 'vitest';
import { decodeFrames, NOVA, onlyRow, post, question, start } from '../rig.ts';

const PATH = `/model/${encodeURIComponent(NOVA)}`;
const { messages } = question(NOVA);

it('usage is in the body, in the names that Nova uses', async () => {
  const simulator = await start();
  const answer = await post(simulator, `${PATH}/invoke`, { messages });
  const { input_tokens: input, output_tokens: output } = (await onlyRow(simulator)).usage ?? {};
  expect(await answer.json()).toMatchObject({
    output: { message: { role: 'assistant' } },
    usage: {
      inputTokens: input,
      outputTokens: output,
      totalTokens: Number(input) + Number(output),
      cacheReadInputTokenCount: 0,
      cacheWriteInputTokenCount: 0,
    },
  });
});

it('a stream ends with metadata and the invocation metrics', async () => {
  const simulator = await start();
  const answer = await post(simulator, `${PATH}/invoke-with-response-stream`, {
    messages,
    inferenceConfig: { max_new_tokens: 12 },
  });
  const chunks = decodeFrames(await answer.bytes()).map(({ payload }) =>
    Buffer.from(String(payload['bytes']), 'base64').toString(),
  );
  expect(chunks[0]).toBe('{"messageStart":{"role":"assistant"}}');
  expect(JSON.parse(chunks.at(-1) ?? '')).toMatchObject({
    metadata: { usage: { outputTokens: 12 } },
    'amazon-bedrock-invocationMetrics': { outputTokenCount: 12 },
  });
});

it('an hour in the prompt cache is not to be had', async () => {
  const system = [{ text: 'a' }, { cachePoint: { type: 'default', ttl: '1h' } }];
  const answer = await post(await start(), `${PATH}/invoke`, { messages, system });
  expect(answer.status).toBe(400);
});
