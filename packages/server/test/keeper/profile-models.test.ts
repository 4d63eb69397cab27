/** Inference profiles: asked for once, by the region called, and never guessed. */
import { describe, expect, test } from 'vitest';
import { ProfileModels } from '../../src/keeper/profile-models.ts';
import type { ModelResource } from '../../src/ports/model-resources.ts';
import { testClock } from '../admin/control-plane.ts';

const ARN = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123';
const NOVA = 'amazon.nova-pro-v1:0';

function model(region: string, id = NOVA): string {
  return `arn:aws:bedrock:${region}::foundation-model/${id}`;
}

function profiles(answers: readonly ModelResource[]) {
  const clock = testClock();
  const asked: string[] = [];
  const left = [...answers];
  const found = new ProfileModels({
    clock,
    log: () => undefined,
    resources: (region) => ({
      look: (kind, arn) => {
        asked.push(`${region} ${kind} ${arn}`);
        return Promise.resolve(left.shift() ?? { kind: 'not_found' });
      },
    }),
  });
  return { clock, asked, find: (arn: string, region: string) => found.find(arn, region) };
}

test('a profile that AWS publishes says its model itself', () => {
  const { find, asked } = profiles([]);
  const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${NOVA}`;
  expect(find(arn, 'us-west-2')).toMatchObject({ model_id: NOVA, scope: 'geo' });
  expect(find(`global.${NOVA}`, 'us-west-2')).toMatchObject({ scope: 'global' });
  expect(asked).toEqual([]);
});

describe('a profile of an account', () => {
  test.each([
    ['of one region', [model('eu-west-1')], 'in_region'],
    ['of a geography', [model('eu-west-1'), model('eu-north-1')], 'geo'],
    ['of the world', [model('eu-west-1'), model('')], 'global'],
  ])('%s is asked for in its own region, by all who wait together', async (_, modelArns, scope) => {
    const { find, asked, clock } = profiles([{ kind: 'models', modelArns }]);
    const both = await Promise.all([find(ARN, 'eu-west-1'), find(ARN, 'us-east-1')]);
    expect(both).toEqual([
      { model_id: NOVA, scope },
      { model_id: NOVA, scope },
    ]);
    clock.advance(86_400_000);
    expect(find(ARN, 'eu-west-1')).toEqual({ model_id: NOVA, scope });
    expect(asked).toEqual([`eu-west-1 application-inference-profile ${ARN}`]);
  });

  test('is priced by the model of the region that was called', async () => {
    const modelArns = [model('eu-west-1'), model('us-east-1', 'amazon.nova-lite-v1:0')];
    const { find } = profiles([{ kind: 'models', modelArns }]);
    expect(await find(ARN, 'us-east-1')).toMatchObject({ model_id: 'amazon.nova-lite-v1:0' });
    expect(find(ARN, 'eu-west-1')).toMatchObject({ model_id: NOVA });
  });

  test.each([
    ['is not there stands for nothing', { kind: 'not_found' }, undefined],
    ['is not told of is not known', { kind: 'unavailable', reason: 'timeout' }, 'unavailable'],
    [
      'is told of in part stands for nothing',
      { kind: 'models', modelArns: [model('eu-west-1'), 'nonsense'] },
      undefined,
    ],
  ] as const)('that %s, for a while', async (_, answer, means) => {
    const { find, asked, clock } = profiles([
      answer,
      { kind: 'models', modelArns: [model('eu-west-1')] },
    ]);
    expect(await find(ARN, 'eu-west-1')).toBe(means);
    expect(find(ARN, 'eu-west-1')).toBe(means);
    expect(asked).toHaveLength(1);
    clock.advance(5_001);
    expect(await find(ARN, 'eu-west-1')).toMatchObject({ model_id: NOVA });
  });
});
