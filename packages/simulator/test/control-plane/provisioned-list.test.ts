/** Lists of provisioned models: filters narrow, pages neither repeat nor leave out. */
import {
  CreateProvisionedModelThroughputCommand,
  ListProvisionedModelThroughputsCommand,
  type ListProvisionedModelThroughputsCommandInput,
  paginateListProvisionedModelThroughputs,
} from '@aws-sdk/client-bedrock';
import { beforeEach, expect, it } from 'vitest';
import type { Simulator } from '../../src/index.ts';
import { start } from '../rig.ts';
import { bedrock, configure, HAIKU, refusal } from './bedrock.ts';

let simulator: Simulator;

/** Beside the one of the fixtures: four, of which one is still creating. */
beforeEach(async () => {
  simulator = await start({ settings: { provision_ms: 1000 } });
  for (const [at, name] of ['red-1', 'red-2', 'blue-1', 'blue-2'].entries()) {
    await configure(simulator, { clock_ahead_ms: (at + 1) * 10_000_000 });
    const create = new CreateProvisionedModelThroughputCommand({
      modelId: name.startsWith('red') ? HAIKU : 'amazon.nova-lite-v1:0',
      modelUnits: 1,
      provisionedModelName: name,
    });
    await bedrock(simulator).send(create);
  }
});

async function names(
  input: ListProvisionedModelThroughputsCommandInput,
  region = 'us-east-1',
): Promise<readonly (string | undefined)[]> {
  const sdk = bedrock(simulator, region);
  const found = await sdk.send(new ListProvisionedModelThroughputsCommand(input));
  return (found.provisionedModelSummaries ?? []).map((each) => each.provisionedModelName);
}

it.each([
  ['nothing', {}, ['blue-2', 'blue-1', 'red-2', 'red-1', 'simulated-haiku']],
  ['part of a name', { nameContains: 'red' }, ['red-2', 'red-1']],
  ['a status', { statusEquals: 'Creating' }, ['blue-2']],
  [
    'a model',
    { modelArnEquals: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0' },
    ['blue-2', 'blue-1'],
  ],
  ['a moment', { creationTimeBefore: new Date('2026-01-16') }, ['simulated-haiku']],
  ['an order', { sortOrder: 'Ascending', maxResults: 2 }, ['simulated-haiku', 'red-1']],
] as const)('by %s', async (_, input, expected) => {
  expect(await names(input)).toEqual(expected);
});

it('pages by pages of the SDK, each once', async () => {
  const seen: (string | undefined)[] = [];
  const client = bedrock(simulator);
  for await (const page of paginateListProvisionedModelThroughputs({ client, pageSize: 2 }, {})) {
    seen.push(...(page.provisionedModelSummaries ?? []).map((each) => each.provisionedModelName));
  }
  expect(seen).toEqual(['blue-2', 'blue-1', 'red-2', 'red-1', 'simulated-haiku']);
});

it('another region has none of them', async () => {
  expect(await names({}, 'eu-west-2')).toEqual([]);
});

it.each([
  { maxResults: 0 },
  { maxResults: 1001 },
  { nextToken: 'made-up' },
  { statusEquals: 'Sleeping' as 'Failed' },
])('%j is refused', async (input) => {
  const told = await refusal(names(input));
  expect(told).toMatchObject({ name: 'ValidationException', status: 400 });
});
