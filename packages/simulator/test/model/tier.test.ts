/** Tiers that a model lacks are refused; a script can say which one served. */
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { book, CLAUDE, client, NOVA, question, start } from '../rig.ts';

const TIERED = [NOVA, 'openai.gpt-oss-120b-1:0', 'qwen.qwen3-32b-v1:0', 'deepseek.v3-v1:0'];
const UNTIERED = [CLAUDE, 'meta.llama3-1-8b-instruct-v1:0', 'mistral.mistral-7b-instruct-v0:2'];

it.each(TIERED)('%s is served in the tier that is asked for', async (modelId) => {
  const simulator = await start();
  for (const type of ['flex', 'priority', 'default'] as const) {
    const asked = new ConverseCommand({ ...question(modelId), serviceTier: { type } });
    expect((await client(simulator).send(asked)).serviceTier).toEqual({ type });
  }
  const tiers = (await book(simulator)).map((row) => row.served_tier);
  expect(tiers).toEqual(['flex', 'priority', 'default']);
});

it.each(UNTIERED)('%s has neither flex nor priority', async (modelId) => {
  const sdk = client(await start());
  for (const type of ['flex', 'priority'] as const) {
    const asked = sdk.send(new ConverseCommand({ ...question(modelId), serviceTier: { type } }));
    await expect(asked).rejects.toThrow('not supported for this model');
  }
});

describe('a reservation', () => {
  const reserved = { ...question(CLAUDE), serviceTier: { type: 'reserved' as const } };

  it('is there only when a script says so', async () => {
    const simulator = await start();
    const refused = client(simulator).send(new ConverseCommand(reserved));
    await expect(refused).rejects.toThrow('Reservation not found.');
    const sdk = client(simulator, { headers: { 'x-simulator-fault': 'tier;served=reserved' } });
    const answer = await sdk.send(new ConverseCommand(reserved));
    expect(answer.serviceTier).toEqual({ type: 'reserved' });
  });

  it('can be full, and the call overflows to standard', async () => {
    const simulator = await start();
    const sdk = client(simulator, { headers: { 'x-simulator-fault': 'tier;served=default' } });
    const answer = await sdk.send(new ConverseCommand(reserved));
    expect(answer.serviceTier).toEqual({ type: 'default' });
    expect((await book(simulator))[0]?.served_tier).toBe('default');
  });
});

it('optimized latency can fall back to standard', async () => {
  const simulator = await start();
  const headers = { 'x-simulator-fault': 'latency;served=standard' };
  const answer = await client(simulator, { headers }).send(
    new InvokeModelCommand({
      modelId: 'us.meta.llama3-1-70b-instruct-v1:0',
      body: JSON.stringify({ prompt: 'x' }),
      performanceConfigLatency: 'optimized',
    }),
  );
  expect(answer.performanceConfigLatency).toBe('standard');
  expect((await book(simulator))[0]?.served_latency).toBe('standard');
});
