/** Labels and defaults of the cost keeper, as the settings file states them. */
import { describe, expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { Settings } from '../../src/config/settings.ts';

function loaded(content: unknown): Settings {
  const result = loadSettings({ file: { path: 'tollkeeper.yaml', content } });
  if (result.kind !== 'ok') throw new Error(JSON.stringify(result.problems));
  return result.settings;
}

function problemOf(content: unknown): string {
  const result = loadSettings({ file: { path: 'tollkeeper.yaml', content } });
  return result.kind === 'invalid' ? result.problems.map(({ message }) => message).join(' ') : '';
}

const GOLD = { type: 'model', id: 'amazon.nova-pro-v1:0', description: 'The best' };

describe('labels', () => {
  test('without any in the file, those of development are there with their prices', () => {
    const { modelLabels } = loaded({});
    expect([...modelLabels.keys()]).toEqual(['premium', 'standard', 'economy', 'ultra_premium']);
    expect(modelLabels.get('standard')).toMatchObject({
      type: 'model',
      id: 'amazon.nova-2-lite-v1:0',
      input_price_usd_micros_per_1m: 330_000,
      output_price_usd_micros_per_1m: 2_750_000,
    });
    expect(modelLabels.get('ultra_premium')?.id).toBe(modelLabels.get('premium')?.id);
  });

  test('those of the file take their place, in its order', () => {
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc';
    const tenant = { ...GOLD, type: 'profile', id: arn, input_price_usd_micros_per_1m: 1 };
    const { modelLabels } = loaded({ model_labels: { 'tenant-a': tenant, gold: GOLD } });
    expect([...modelLabels]).toEqual([
      [
        'tenant-a',
        {
          label: 'tenant-a',
          type: 'profile',
          id: arn,
          description: 'The best',
          tier: null,
          family: null,
          input_price_usd_micros_per_1m: 1,
          output_price_usd_micros_per_1m: null,
        },
      ],
      ['gold', expect.objectContaining({ label: 'gold', type: 'model' })],
    ]);
  });

  test.each([
    [{ gold: { ...GOLD, type: 'alias' } }, 'model_labels.gold.type must be model or profile'],
    [{ gold: { ...GOLD, id: '' } }, 'model_labels.gold.id must be text'],
    [{ gold: { type: 'model', id: 'x' } }, 'model_labels.gold.description must be text'],
    [{ gold: { ...GOLD, modl: 1 } }, 'model_labels.gold.modl is not known here'],
    [{ gold: { ...GOLD, input_price_usd_micros_per_1m: 0.5 } }, 'must be a whole number'],
    [{ Auto: GOLD }, 'model_labels.Auto must have another name'],
    [{ 'a:b': GOLD }, 'model_labels.a:b must be named by letters'],
    [{ gold: GOLD, Gold: GOLD }, 'differ only in capitals'],
    [{}, 'must have 1 to'],
    [['gold'], 'model_labels must be a map'],
  ])('%j is refused: %s', (model_labels, message) => {
    expect(problemOf({ model_labels })).toContain(message);
    expect(problemOf({ model_labels })).toContain('tollkeeper.yaml');
  });
});

describe('defaults', () => {
  test('only what the file states is there', () => {
    const content = {
      metering_defaults: { spent_tail_pct: 0, sticky_fallback_enabled: false },
      organization_defaults: { timezone: 'Europe/Zurich', quotas: { gold: 5 } },
    };
    const settings = loaded(content);
    expect(settings.meteringDefaults).toEqual(content.metering_defaults);
    expect(settings.organizationDefaults).toEqual(content.organization_defaults);
    expect(loaded({}).meteringDefaults).toEqual({});
    expect(loaded({}).organizationDefaults).toEqual({});
  });

  test.each([
    ['metering_defaults', { agg_shard_count: 9 }, 'must be one of 8, 16, 32, 64'],
    ['metering_defaults', { tight_mode_threshold_pct: 49 }, 'a whole number from 50 to 100'],
    ['metering_defaults', { sticky_fallback_enabled: 'yes' }, 'must be true or false'],
    ['metering_defaults', { refresh_interval_tight_secs: 0 }, 'a whole number from 1'],
    ['metering_defaults', { ttl: 1 }, 'metering_defaults.ttl is not known here'],
    ['organization_defaults', { timezone: 'Mars/Base' }, 'must be an IANA time zone'],
    ['organization_defaults', { quota_scope: 'org' }, 'must be ORG or APP'],
    ['organization_defaults', { model_ordering: ['a', 'a'] }, 'different labels'],
    ['organization_defaults', { quotas: { a: -1 } }, 'organization_defaults.quotas.a must be'],
  ])('%s %j is refused: %s', (key, value, message) => {
    expect(problemOf({ [key]: value })).toContain(message);
  });

  test('structures exist in the file alone: a variable of their name is a mistake', () => {
    const result = loadSettings({ env: { TOLLKEEPER_MODEL_LABELS: '{}' } });
    expect(result).toMatchObject({
      kind: 'invalid',
      problems: [{ setting: 'TOLLKEEPER_MODEL_LABELS', source: 'environment' }],
    });
  });
});
