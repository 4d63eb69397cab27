/** What a generation consumes: never more than the request and the model allow. */
import { ConverseCommand, type InferenceConfiguration } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import type { RunSettings } from '../../src/index.ts';
import { client, CLAUDE, NOVA, question, start, TITAN } from '../rig.ts';

async function converse(
  settings: Partial<RunSettings>,
  modelId: string,
  inferenceConfig: InferenceConfiguration = {},
  words = 'What is a ledger?',
) {
  const sdk = client(await start({ settings }));
  const answer = await sdk.send(
    new ConverseCommand({ ...question(modelId, words), inferenceConfig }),
  );
  const text = answer.output?.message?.content?.[0]?.text ?? '';
  return { text, usage: answer.usage, stopReason: answer.stopReason };
}

describe('in worst mode', () => {
  it('input is one token per byte and output reaches the limit', async () => {
    const words = 'ein Häuschen 天地';
    const answer = await converse({ tokens: 'worst' }, NOVA, { maxTokens: 321 }, words);
    // Besides the text: three tokens that open the prompt and four for the message.
    expect(answer.usage?.inputTokens).toBe(Buffer.byteLength(words) + 7);
    expect(answer.usage?.outputTokens).toBe(321);
    expect(Buffer.byteLength(answer.text)).toBe(321);
    expect(answer.stopReason).toBe('max_tokens');
  });

  it.each([
    [CLAUDE, 4096],
    [NOVA, 4096],
    [TITAN, 512],
  ])('%s without a limit gives %i tokens', async (modelId, tokens) => {
    expect((await converse({ tokens: 'worst' }, modelId)).usage?.outputTokens).toBe(tokens);
  });
});

it('in CJK mode a character is a token', async () => {
  const answer = await converse({ tokens: 'cjk' }, CLAUDE, { maxTokens: 10 }, '天地玄黄');
  expect(answer.usage).toMatchObject({ inputTokens: 11, outputTokens: 10 });
  expect(answer.text).toMatch(/^\p{Script=Han}{10}$/u);
});

it('a fixed output length is kept within the limit of the request', async () => {
  const settings = { output_tokens: 77 };
  expect((await converse(settings, CLAUDE)).usage?.outputTokens).toBe(77);
  expect((await converse(settings, CLAUDE, { maxTokens: 5 })).usage?.outputTokens).toBe(5);
});

it('a stop sequence ends the answer before it, and only that is billed', async () => {
  const whole = await converse({}, CLAUDE);
  const stop = whole.text.slice(20, 26);
  const cut = await converse({ fault: '' }, CLAUDE, { stopSequences: ['never said', stop] });
  expect(cut.stopReason).toBe('stop_sequence');
  expect(cut.text).not.toContain(stop);
  expect(cut.usage?.outputTokens).toBe(Math.ceil(cut.text.length / 4));
});

it('a prompt longer than the context is refused', async () => {
  const long = 'x'.repeat(200_001);
  await expect(converse({ tokens: 'worst' }, CLAUDE, {}, long)).rejects.toThrow('too long');
  await expect(converse({ tokens: 'worst' }, TITAN, {}, long)).rejects.toThrow('too long');
});

it('a forced tool is called, and its input is what was generated', async () => {
  const sdk = client(await start());
  const answer = await sdk.send(
    new ConverseCommand({
      ...question(NOVA),
      toolConfig: {
        tools: [{ toolSpec: { name: 'note', inputSchema: { json: { type: 'object' } } } }],
        toolChoice: { any: {} },
      },
    }),
  );
  expect(answer.stopReason).toBe('tool_use');
  expect(answer.output?.message?.content?.[0]?.toolUse).toMatchObject({
    name: 'note',
    input: { text: expect.any(String) as string },
  });
});
