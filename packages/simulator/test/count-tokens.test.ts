/** CountTokens tells what the request itself would be billed for, and costs nothing. */
import { ConverseCommand, CountTokensCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { book, CLAUDE, client, MANNERS, onlyRow, post, question, start, TITAN } from './rig.ts';

describe.each(MANNERS)('over %s', (_, manner) => {
  it('a conversation counts what Converse bills', async () => {
    const simulator = await start();
    const sdk = client(simulator, manner);
    const { modelId, messages } = question(CLAUDE);
    const counted = await sdk.send(
      new CountTokensCommand({ modelId, input: { converse: { messages } } }),
    );
    const answer = await sdk.send(new ConverseCommand({ modelId, messages }));
    // 'What is a ledger?' is 17 bytes: five tokens; four for the message, three for the opening.
    expect(counted.inputTokens).toBe(12);
    expect(answer.usage?.inputTokens).toBe(12);
    const [row] = await book(simulator);
    expect(row).toMatchObject({
      operation: 'CountTokens',
      model_id: CLAUDE,
      outcome: 'completed',
      billed: false,
      usage: null,
      status: 200,
    });
  });
});

it('a body of InvokeModel is counted in its own shape', async () => {
  const sdk = client(await start({ settings: { tokens: 'worst' } }));
  const counted = await sdk.send(
    new CountTokensCommand({
      modelId: 'meta.llama3-8b-instruct-v1:0',
      input: { invokeModel: { body: Buffer.from(JSON.stringify({ prompt: 'hello' })) } },
    }),
  );
  expect(counted.inputTokens).toBe(6);
});

it.each([
  [TITAN, { input: {} }, 'exactly one of its members'],
  [TITAN, {}, 'exactly one of its members'],
  [TITAN, { input: { invokeModel: { body: 'e30=' } } }, 'required key [inputText]'],
  [TITAN, { input: { invokeModel: { body: 'bm8=' } } }, 'Malformed input request'],
  ['amazon.rerank-v1:0', { input: { converse: {} } }, "doesn't support counting tokens"],
  ['meta.unknown', { input: { converse: {} } }, 'model identifier is invalid'],
])('%s with %j is refused', async (modelId, body, words) => {
  const simulator = await start();
  const answer = await post(simulator, `/model/${modelId}/count-tokens`, body);
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { message: string }).message).toContain(words);
});

it('a scripted fault meets it like every other call', async () => {
  const simulator = await start();
  const headers = { 'x-simulator-fault': 'throttle' };
  const answer = await post(simulator, `/model/${TITAN}/count-tokens`, {}, headers);
  expect(answer.status).toBe(429);
  expect(await onlyRow(simulator)).toMatchObject({ fault: 'throttle', outcome: 'refused' });
});
