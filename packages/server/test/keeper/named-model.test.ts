/** What identifiers of submissions stand for. */
import { expect, test } from 'vitest';
import { calledModel } from '../../src/keeper/named-model.ts';

const NOVA = 'amazon.nova-pro-v1:0';
const PROFILE = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123';

test.each([
  [NOVA, { named: NOVA, published: true, model_id: NOVA, scope: 'in_region', region: null }],
  [`us.${NOVA}`, { named: `us.${NOVA}`, model_id: NOVA, scope: 'geo', region: null }],
  [`global.${NOVA}`, { named: `global.${NOVA}`, model_id: NOVA, scope: 'global', region: null }],
  [
    `arn:aws:bedrock:us-west-2::foundation-model/${NOVA}`,
    { named: NOVA, model_id: NOVA, scope: 'in_region', region: 'us-west-2' },
  ],
  [
    `arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.${NOVA}`,
    { named: `us.${NOVA}`, model_id: NOVA, scope: 'geo', region: 'us-west-2' },
  ],
  [PROFILE, { named: PROFILE, published: false, model_id: PROFILE, region: 'eu-west-1' }],
  ['my-own-model', { named: 'my-own-model', published: false, model_id: 'my-own-model' }],
])('%s', (text, expected) => {
  expect(calledModel(text)).toMatchObject(expected);
  expect(calledModel(text)).toBe(calledModel(text));
});
