/** Foundation models as the control plane tells of them, by the real SDK. */
import {
  GetFoundationModelCommand,
  ListFoundationModelsCommand,
  type ListFoundationModelsCommandInput,
} from '@aws-sdk/client-bedrock';
import { expect, it } from 'vitest';
import { start } from '../rig.ts';
import { bedrock, HAIKU, refusal } from './bedrock.ts';

it('one is found by id and by ARN', async () => {
  const sdk = bedrock(await start());
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`;
  for (const modelIdentifier of [HAIKU, arn]) {
    const { modelDetails } = await sdk.send(new GetFoundationModelCommand({ modelIdentifier }));
    expect(modelDetails).toMatchObject({
      modelArn: arn,
      modelId: HAIKU,
      providerName: 'Anthropic',
      inferenceTypesSupported: ['ON_DEMAND', 'PROVISIONED'],
      modelLifecycle: { status: 'ACTIVE' },
    });
  }
});

it('filters narrow the list, and together', async () => {
  const sdk = bedrock(await start());
  const list = async (input: ListFoundationModelsCommandInput) =>
    (await sdk.send(new ListFoundationModelsCommand(input))).modelSummaries ?? [];
  const all = await list({});
  const provisioned = await list({ byInferenceType: 'PROVISIONED' });
  const amazons = await list({
    byProvider: 'amazon',
    byInferenceType: 'PROVISIONED',
    byOutputModality: 'EMBEDDING',
    byCustomizationType: 'FINE_TUNING',
  });
  expect(all.length).toBeGreaterThan(provisioned.length);
  expect(provisioned.every((each) => each.inferenceTypesSupported?.includes('PROVISIONED'))).toBe(
    true,
  );
  expect(amazons.map((each) => each.modelId)).toEqual(['amazon.titan-embed-image-v1']);
});

it('a region has what it has', async () => {
  const simulator = await start();
  const premier = { modelIdentifier: 'amazon.nova-premier-v1:0' };
  await bedrock(simulator).send(new GetFoundationModelCommand(premier));
  const elsewhere = bedrock(simulator, 'eu-west-2');
  const told = await refusal(elsewhere.send(new GetFoundationModelCommand(premier)));
  expect(told).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
});

it('what is no id is invalid, and so is a filter of other words', async () => {
  const sdk = bedrock(await start());
  const get = new GetFoundationModelCommand({ modelIdentifier: 'not an id' });
  expect((await refusal(sdk.send(get))).name).toBe('ValidationException');
  const list = new ListFoundationModelsCommand({ byInferenceType: 'RENTED' as 'ON_DEMAND' });
  expect((await refusal(sdk.send(list))).message).toMatch(/enum value set/);
});
