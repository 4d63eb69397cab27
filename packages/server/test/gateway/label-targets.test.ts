/** Which label a model counts on that is called by its own name. */
import { expect, test } from 'vitest';
import { LabelTargets } from '../../src/gateway/label-targets.ts';
import type { EffectiveConfig } from '../../src/keeper/effective.ts';
import { DEVELOPMENT_LABELS, type LabelFacts } from '../../src/config/model-labels.ts';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456';

function facts(label: string, id: string, type: LabelFacts['type'] = 'model'): LabelFacts {
  const unpriced = { input_price_usd_micros_per_1m: null, output_price_usd_micros_per_1m: null };
  return { label, type, id, description: label, tier: null, family: null, ...unpriced };
}

const LABELS = new Map(
  [
    ...DEVELOPMENT_LABELS.values(),
    facts('team', PROFILE, 'profile'),
    facts('near', 'us.amazon.nova-lite-v1:0', 'profile'),
    facts('by-arn', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-lite-v1'),
  ].map((each) => [each.label, each]),
);

/** All that is looked at of a configuration is its ordering. */
function ordered(...ordering: string[]): EffectiveConfig {
  return { ordering } as unknown as EffectiveConfig;
}

const EVERY = ordered('ultra_premium', 'premium', 'economy', 'team', 'near', 'by-arn', 'gone');

test.each([
  ['amazon.nova-micro-v1:0', 'economy'],
  ['us.amazon.nova-micro-v1:0', 'economy'],
  ['global.amazon.nova-micro-v1:0', 'economy'],
  ['amazon.nova-pro-v1:0', 'ultra_premium'],
  ['us.amazon.nova-lite-v1:0', 'near'],
  ['amazon.titan-text-lite-v1', 'by-arn'],
  [PROFILE, 'team'],
])('%s counts on the first label that stands for it: %s', (model, label) => {
  expect(new LabelTargets(LABELS).labelOf(EVERY, model)).toBe(label);
});

test.each([
  'amazon.nova-2-lite-v1:0',
  'x.amazon.nova-micro-v1:0',
  'amazon.nova-micro-v1',
  // A label for the form of one region is not one for the others, or for the model itself.
  'amazon.nova-lite-v1:0',
  'eu.amazon.nova-lite-v1:0',
  PROFILE.replace('abc', 'abd'),
])('%s counts on no label', (model) => {
  expect(new LabelTargets(LABELS).labelOf(EVERY, model)).toBeNull();
});

test('the ordering of the application decides, and every configuration by itself', () => {
  const targets = new LabelTargets(LABELS);
  const pro = 'amazon.nova-pro-v1:0';
  expect(targets.labelOf(ordered('economy', 'premium', 'ultra_premium'), pro)).toBe('premium');
  expect(targets.labelOf(ordered('economy'), pro)).toBeNull();
  expect(targets.labelOf(EVERY, pro)).toBe('ultra_premium');
});

test('more models than are kept are still told right', () => {
  const targets = new LabelTargets(LABELS);
  for (let i = 0; i < 1_500; i++) expect(targets.labelOf(EVERY, `some.model-${i}`)).toBeNull();
  expect(targets.labelOf(EVERY, 'amazon.nova-micro-v1:0')).toBe('economy');
});

test('a label stands for what the settings say, or for nothing', () => {
  const targets = new LabelTargets(LABELS);
  expect(targets.idOf('team')).toBe(PROFILE);
  expect(targets.idOf('gone')).toBeUndefined();
});
