/** ARNs of the account stand for models; the book says which one answered, and whether it bills. */
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { client, invokeOnce, onlyRow, question, start } from '../rig.ts';

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';

it.each([
  ['application-inference-profile/simclaudegeo', `us.${SONNET}`, true],
  ['application-inference-profile/simclaudeall', `global.${SONNET}`, true],
  ['application-inference-profile/simnovalite0', 'amazon.nova-lite-v1:0', true],
  ['custom-model-deployment/simdeploy001', 'amazon.nova-micro-v1:0', true],
  ['provisioned-model/simprovision', HAIKU, false],
  ['imported-model/simimported1', 'meta.llama3-1-8b-instruct-v1:0', false],
])('%s is answered by %s', async (resource, modelId, billed) => {
  const simulator = await start();
  const answer = await client(simulator).send(
    new ConverseCommand(question(`${OWNED}:${resource}`)),
  );
  expect(answer.trace).toBeUndefined();
  const row = await onlyRow(simulator);
  expect(row).toMatchObject({
    model_id: `${OWNED}:${resource}`,
    invoked_model_id: modelId,
    billed,
    outcome: 'completed',
  });
  // Paid for by time or not, what was consumed is told and kept.
  expect(row.usage?.output_tokens).toBe(answer.usage?.outputTokens);
});

it('an imported model speaks the shape of the model that it is like', async () => {
  const { body, row } = await invokeOnce(`${OWNED}:imported-model/simimported1`, { prompt: 'x' });
  expect(body).toMatchObject({ prompt_token_count: 2, generation_token_count: 9 });
  expect(row.billed).toBe(false);
});

describe('a prompt router', () => {
  const router = `${OWNED}:default-prompt-router/anthropic.claude:1`;
  const models = [HAIKU, 'anthropic.claude-3-5-sonnet-20240620-v1:0'];

  it.each([0, 1])('chooses model %i when a script says so, and tells it', async (at) => {
    const simulator = await start();
    const sdk = client(simulator, { headers: { 'x-simulator-fault': `router;model=${at}` } });
    const answer = await sdk.send(new ConverseCommand(question(router)));
    const invokedModelId = `${OWNED}:inference-profile/us.${models[at] ?? ''}`;
    expect(answer.trace).toEqual({ promptRouter: { invokedModelId } });
    expect((await onlyRow(simulator)).invoked_model_id).toBe(`us.${models[at] ?? ''}`);
  });

  it('chooses by the request, the same one each time, and tells it in a stream too', async () => {
    const chosen: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      const sdk = client(await start());
      const answer = await sdk.send(
        new ConverseStreamCommand(question(`${OWNED}:prompt-router/simrouternov`)),
      );
      for await (const event of answer.stream ?? []) {
        chosen.push(...(event.metadata ? [event.metadata.trace?.promptRouter] : []));
      }
    }
    expect(chosen[0]).toEqual({
      invokedModelId: expect.stringMatching(
        /^arn:aws:bedrock:us-east-1::foundation-model\/amazon\.nova-(lite|pro)-v1:0$/,
      ) as string,
    });
    expect(chosen[1]).toEqual(chosen[0]);
  });
});

it.each([
  ['application-inference-profile/nobodyknows0', 'ValidationException'],
  ['prompt-router/nobodyknows0', 'ValidationException'],
  ['provisioned-model/nobodyknows0', 'ResourceNotFoundException'],
  ['imported-model/nobodyknows0', 'ResourceNotFoundException'],
  ['prompt/NOBODYKNOW', 'ValidationException'],
])('%s is a %s', async (resource, name) => {
  const sdk = client(await start());
  const refused = sdk.send(new ConverseCommand(question(`${OWNED}:${resource}`)));
  await expect(refused).rejects.toMatchObject({ name });
});
