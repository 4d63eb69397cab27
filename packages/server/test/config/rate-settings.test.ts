/** Limits of requests are on unless an operator switches them off; each can be set by itself. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

test('the default preset counts, and no class has a limit of its own', () => {
  expect(loadSettings({ demo: false, flags: {} })).toMatchObject({
    kind: 'ok',
    settings: { rateLimitPreset: 'default', rateLimitUsagePerMinute: null },
  });
});

test('a class can be given a limit of its own by a variable', () => {
  const env = {
    TOLLKEEPER_RATE_LIMIT_PRESET: 's3',
    TOLLKEEPER_RATE_LIMIT_PROVISIONING_PER_HOUR: '2500',
  };
  expect(loadSettings({ demo: true, env })).toMatchObject({
    kind: 'ok',
    settings: { rateLimitPreset: 's3', rateLimitProvisioningPerHour: 2_500 },
  });
});

test('a limit of nothing and an unknown preset are refused', () => {
  for (const flags of [{ rateLimitTokenPerMinute: 0 }, { rateLimitPreset: 'none' }]) {
    expect(loadSettings({ demo: true, flags })).toMatchObject({ kind: 'invalid' });
  }
});
