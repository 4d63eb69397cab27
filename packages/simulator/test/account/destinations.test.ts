/** ARNs of models, in the place of the ARN that they belong to. */
import { expect, it } from 'vitest';
import { arnOfModel, foundationArns, splitPrefix } from '../../src/account/destinations.ts';

const OWNER = 'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:prompt-router/x';

it.each([
  ['us.amazon.nova-lite-v1:0', 'us', 'amazon.nova-lite-v1:0'],
  ['us-gov.amazon.nova-lite-v1:0', 'us-gov', 'amazon.nova-lite-v1:0'],
  ['amazon.nova-lite-v1:0', null, 'amazon.nova-lite-v1:0'],
  ['deepseek.v3.2', null, 'deepseek.v3.2'],
  ['toString.x', null, 'toString.x'],
])('%s has the prefix %s', (modelId, prefix, id) => {
  expect(splitPrefix(modelId)).toEqual({ prefix, id });
});

it('a profile has a destination for each of its regions, a model only its own', () => {
  expect(foundationArns('jp.amazon.nova-lite-v1:0', OWNER)).toEqual([
    'arn:aws-us-gov:bedrock:ap-northeast-1::foundation-model/amazon.nova-lite-v1:0',
    'arn:aws-us-gov:bedrock:ap-northeast-3::foundation-model/amazon.nova-lite-v1:0',
  ]);
  expect(foundationArns('amazon.nova-lite-v1:0', OWNER)).toEqual([
    'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0',
  ]);
});

it('a prefixed id is the ARN of a profile of the account', () => {
  const place = 'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012';
  const id = 'us-gov.amazon.nova-lite-v1:0';
  expect(arnOfModel(id, OWNER)).toBe(`${place}:inference-profile/${id}`);
});
