/** Every family that says text converses too, whole and streamed, and tells the same. */
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { book, client, METRICS, question, start } from './rig.ts';

const prompt = 'What is a ledger?';
const messages = [{ role: 'user', content: prompt }];
const FAMILIES: ReadonlyArray<readonly [string, object]> = [
  ['anthropic.claude-instant-v1', { prompt: `\n\nHuman:${prompt}`, max_tokens_to_sample: 50 }],
  ['us.meta.llama3-3-70b-instruct-v1:0', { prompt }],
  ['mistral.mistral-large-2402-v1:0', { prompt }],
  ['mistral.pixtral-large-2502-v1:0', { messages }],
  ['cohere.command-text-v14', { prompt }],
  ['cohere.command-r-v1:0', { message: prompt }],
  ['ai21.jamba-instruct-v1:0', { messages }],
  ['us.deepseek.r1-v1:0', { prompt }],
  ['deepseek.v3-v1:0', { messages }],
  ['openai.gpt-oss-120b-1:0', { messages }],
  ['qwen.qwen3-235b-a22b-2507-v1:0', { messages }],
  ['zai.glm-4.7', { messages }],
];

describe.each(FAMILIES)('%s', (modelId, body) => {
  it('converses, whole and streamed, with usage', async () => {
    const simulator = await start();
    const sdk = client(simulator);
    const whole = await sdk.send(new ConverseCommand(question(modelId)));
    const stream = await sdk.send(new ConverseStreamCommand(question(modelId)));
    let told;
    for await (const event of stream.stream ?? []) told = event.metadata?.usage ?? told;
    expect(told).toEqual(whole.usage);
    expect(whole.usage?.outputTokens).toBeGreaterThan(0);
    const [one, other] = await book(simulator);
    expect(one?.usage).toEqual(other?.usage);
    expect(one?.usage?.input_tokens).toBe(whole.usage?.inputTokens);
    expect(one?.invoked_model_id).toBe(modelId);
  });

  it('is invoked, whole and streamed, and the metrics are what is billed', async () => {
    const simulator = await start();
    const sdk = client(simulator, { http1: true });
    const asked = { modelId, body: JSON.stringify(body) };
    await sdk.send(new InvokeModelCommand(asked));
    const stream = await sdk.send(new InvokeModelWithResponseStreamCommand(asked));
    let last: Record<string, unknown> = {};
    for await (const { chunk } of stream.body ?? []) {
      last = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as Record<string, unknown>;
    }
    const [one, other] = await book(simulator);
    expect(one?.usage).toEqual(other?.usage);
    expect(last[METRICS]).toMatchObject({
      inputTokenCount: one?.usage?.input_tokens,
      outputTokenCount: one?.usage?.output_tokens,
    });
  });
});
