/** What an identifier names: the model, its scope, and how calls of it are charged. */
import type { Grant } from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { granted, nameModel, onKey, type NamedModel } from '../../src/gateway/name-model.ts';
import { OwnedModels } from '../../src/gateway/owned-models.ts';
import type { LookedUpResource, ModelResource } from '../../src/ports/model-resources.ts';
import { textModel } from './small-book.ts';

const HERE = 'us-east-1';
const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const CHEAP = 'test.cheap-v1:0';
const DEAR = 'test.dear-v1:0';
const MODEL = `arn:aws:bedrock:us-east-1::foundation-model/${CHEAP}`;

/** A gateway in which every ARN stands for the given models, and that notes what was asked. */
function rig(...modelArns: readonly string[]) {
  const asked: (readonly [LookedUpResource, string])[] = [];
  const look = (resource: LookedUpResource, arn: string): Promise<ModelResource> => {
    asked.push([resource, arn]);
    return Promise.resolve({ kind: 'models', modelArns });
  };
  const clock = { monotonic: () => 0 } as Gateway['clock'];
  const gateway = {
    settings: { region: HERE },
    models: new Map([
      [CHEAP, textModel(CHEAP)],
      [DEAR, { ...textModel(DEAR), family: 'anthropic' }],
    ]),
    owned: new OwnedModels({ source: { look }, clock, keepMs: 1_000 }),
    telemetry: { log: () => undefined },
  } as unknown as Gateway;
  return { gateway, asked };
}

function arnGrant(value: string): Grant {
  return { grant_id: 'g', kind: 'arn', value, region: null };
}

async function named(text: string, ...modelArns: readonly string[]): Promise<NamedModel> {
  const { gateway } = rig(...modelArns);
  const answer = await nameModel(gateway, text, [arnGrant(text)]);
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer;
}

test.each([
  [CHEAP, CHEAP, 'in_region'],
  [`us.${CHEAP}`, `us.${CHEAP}`, 'geo'],
  [`global.${CHEAP}`, `global.${CHEAP}`, 'global'],
  [MODEL, CHEAP, 'in_region'],
  [`${OWNED}:inference-profile/us.${CHEAP}`, `us.${CHEAP}`, 'geo'],
])('%s of AWS is told from its name, at once and without a look-up', (text, modelId, scope) => {
  const { gateway, asked } = rig();
  const answer = nameModel(gateway, text, []);
  expect(answer).toMatchObject({ kind: 'named', modelId, scope, billing: 'model' });
  expect(answer).toMatchObject({ facts: { model_id: CHEAP }, standsFor: [] });
  expect(asked).toEqual([]);
});

describe('an ARN of an account', () => {
  test.each([
    ['imported-model/abcdefabcdef', 'marginal'],
    ['custom-model-deployment/abcdefabcdef', 'model'],
    ['custom-model/amazon.titan-text-express-v1:0.x/abcdefabcdef', 'model'],
    ['prompt/ABCDEFGHIJ:1', 'model'],
  ])('%s is itself, charged as %s, without a look-up', async (id, billing) => {
    const arn = `${OWNED}:${id}`;
    const { gateway, asked } = rig();
    expect(nameModel(gateway, arn, [arnGrant(arn)])).toMatchObject({
      modelId: arn,
      facts: { model_id: arn, family: 'unknown' },
      billing,
    });
    expect(asked).toEqual([]);
  });

  test('of a SageMaker endpoint is itself, and paid by the hour', async () => {
    const arn = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine';
    expect(await named(arn)).toMatchObject({ modelId: arn, billing: 'marginal' });
  });

  test('of a profile is priced as its model, and named as it was called', async () => {
    const arn = `${OWNED}:application-inference-profile/abc`;
    const profile = await named(arn, MODEL, MODEL.replace('us-east-1', 'us-west-2'));
    expect(profile).toMatchObject({
      modelId: arn,
      facts: { model_id: CHEAP, family: 'nova' },
      scope: 'geo',
      billing: 'model',
    });
  });

  test('of a provisioned model reads the body of its base, at its own price', async () => {
    const arn = `${OWNED}:provisioned-model/abcdefabcdef`;
    expect(await named(arn, MODEL)).toMatchObject({
      modelId: arn,
      facts: { model_id: arn, family: 'nova', max_output_tokens: 100 },
      billing: 'marginal',
    });
  });

  test.each([
    ['the same body', [MODEL, MODEL], 'nova'],
    ['different bodies', [MODEL, MODEL.replace('cheap', 'dear')], 'unknown'],
  ])('of a router of models that read %s', async (_what, models, family) => {
    const arn = `${OWNED}:prompt-router/abc`;
    expect(await named(arn, ...models)).toMatchObject({
      modelId: arn,
      facts: { model_id: arn, family, max_output_tokens: null },
      billing: 'router',
    });
  });

  test.each([
    ['that was not granted', [], 'arn_not_granted'],
    ['that was granted as a model', [{ kind: 'model' }], 'arn_not_granted'],
    ['of another region', [{ kind: 'arn' }], 'region_mismatch'],
  ])('%s is refused without a look-up', (_what, grants, reason) => {
    const arn = `${OWNED}:application-inference-profile/abc`.replace(HERE, 'eu-west-1');
    const { gateway, asked } = rig(MODEL);
    const given = grants.map((grant) => ({ ...arnGrant(arn), ...grant }) as Grant);
    expect(nameModel(gateway, arn, given)).toMatchObject({ kind: 'refused', reason });
    expect(asked).toEqual([]);
  });
});

test('what an ARN stands for decides who may call it; a router needs all its models', async () => {
  const profile = await named(`${OWNED}:application-inference-profile/abc`, MODEL);
  const router = await named(`${OWNED}:prompt-router/abc`, MODEL, MODEL.replace('cheap', 'dear'));
  const unknown = await named(`${OWNED}:imported-model/abcdefabcdef`);
  const allowed = (models: readonly string[]) =>
    [profile, router, unknown].map((model) => {
      const grants = models.map((value) => ({ ...arnGrant(value), kind: 'model' as const }));
      expect(granted(grants, model, HERE)).toBe(onKey(models, model));
      return onKey(models, model);
    });
  expect(allowed([CHEAP])).toEqual([true, false, false]);
  expect(allowed([DEAR])).toEqual([false, false, false]);
  expect(allowed([CHEAP, DEAR])).toEqual([true, true, false]);
  expect(allowed([unknown.modelId, router.modelId])).toEqual([false, true, true]);
});
