/** What submissions are judged by: read once for a revision, and never after a newer one. */
import { expect, test } from 'vitest';
import type { LabelFacts } from '../../src/config/model-labels.ts';
import { APP, ORG, putParties, submissionRig } from './submission-rig.ts';

const PROFILE: LabelFacts = {
  ...{ label: 'premium', type: 'profile', id: 'us.amazon.nova-pro-v1:0', description: '' },
  ...{ tier: null, family: null },
  ...{ input_price_usd_micros_per_1m: null, output_price_usd_micros_per_1m: null },
};

test('is in memory until the catalogue has moved on', async () => {
  const rig = await submissionRig();
  const { scopes } = rig.parts;
  expect(scopes.peek(ORG, APP)).toBeUndefined();
  const scope = await scopes.load(ORG, APP);
  expect(scope?.revision).toBe(await rig.catalog.revision());
  expect(scopes.peek(ORG, APP)).toBe(scope);
  expect(await scopes.load(ORG, APP)).toBe(scope);
  await putParties(rig, { application: { model_ordering: ['economy'] } });
  expect([...((await scopes.load(ORG, APP))?.targets.keys() ?? [])]).toEqual(['economy']);
  scopes.refresh(Number.MAX_SAFE_INTEGER);
  expect(scopes.peek(ORG, APP)).toBeUndefined();
});

test('is none for an organization that is not there', async () => {
  const { parts } = await submissionRig();
  expect(await parts.scopes.load('00000000-1111-4222-8333-123456789abc', APP)).toBeUndefined();
});

test('registered profiles come before labels of the settings, which may be profiles', async () => {
  const modelLabels = new Map([['premium', PROFILE]]);
  const rig = await submissionRig({ settings: { modelLabels } });
  const targets = async () => (await rig.parts.scopes.load(ORG, APP))?.targets;
  expect((await targets())?.get('premium')?.profile).toBe(PROFILE.id);
  expect((await targets())?.get('economy')).toMatchObject({ facts: undefined, profile: null });
  await rig.catalog.put({
    ...{ kind: 'inference_profile', id: `${ORG}/${APP}/premium`, parent: `${ORG}/${APP}` },
    value: { profile_label: 'premium', inference_profile_arn: 'arn:x' },
  });
  expect((await targets())?.get('premium')).toMatchObject({ facts: undefined, profile: 'arn:x' });
});
