/** The effective configuration over HTTP: what counts, who says so, and who may see it. */
import { resultProblems } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const params = { org_id: ORG, app_id: 'web' };

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane({
    keeping: { meteringDefaults: { spent_tail_pct: 2 } },
  });
  const body = {
    org_name: 'Acme',
    timezone: 'Asia/Seoul',
    quota_scope: 'APP' as const,
    model_ordering: ['premium', 'economy'],
    quotas: { premium: 10_000_000, economy: 2_000_000 },
    overrides: { refresh_interval_secs: 45 },
  };
  await plane.client.putOrganization({ params, body });
});
afterEach(() => plane.close());

it('shows what holds for an application and where each value is from', async () => {
  const quotas = { economy: 1_000_000 };
  await plane.client.putApplication({ params, body: { app_name: 'Web', quotas } });
  const shown = await plane.client.getEffectiveApplicationConfig({ params });
  expect(shown).toEqual({
    org_id: ORG,
    app_id: 'web',
    app_registered: true,
    configuration: {
      org_name: 'Acme',
      app_name: 'Web',
      timezone: 'Asia/Seoul',
      quota_scope: 'APP',
      model_ordering: ['premium', 'economy'],
      quotas: { premium: 10_000_000, economy: 1_000_000 },
      tight_mode_threshold_pct: 95,
      agg_shard_count: 8,
      sticky_fallback_enabled: true,
      refresh_interval_normal_secs: 300,
      refresh_interval_tight_secs: 45,
      spent_tail_pct: 2,
    },
    sources: {
      org_name: 'organization',
      app_name: 'application',
      timezone: 'organization',
      quota_scope: 'organization',
      model_ordering: 'organization',
      quotas: 'application',
      tight_mode_threshold_pct: 'default',
      agg_shard_count: 'default',
      sticky_fallback_enabled: 'default',
      refresh_interval_normal_secs: 'default',
      refresh_interval_tight_secs: 'organization',
      spent_tail_pct: 'file',
    },
    labels: {
      premium: {
        type: 'model',
        bedrock_model_id: 'amazon.nova-pro-v1:0',
        description: 'Amazon Nova Pro: most capable',
      },
      economy: {
        type: 'model',
        bedrock_model_id: 'amazon.nova-micro-v1:0',
        description: 'Amazon Nova Micro: cheapest',
      },
    },
  });
  expect(resultProblems('getEffectiveApplicationConfig', shown)).toEqual([]);
});

it('shows an organization by itself, also one that has no labels', async () => {
  const shown = await plane.client.getEffectiveConfig({ params: { org_id: ORG } });
  expect(shown).toMatchObject({ app_id: null, configuration: { app_name: null } });
  await plane.client.putOrganization({ params, body: {} });
  const bare = await plane.client.getEffectiveConfig({ params: { org_id: ORG } });
  expect(bare).toMatchObject({
    configuration: { timezone: 'UTC', model_ordering: [], quotas: {} },
    sources: { timezone: 'default', model_ordering: 'default' },
    labels: {},
  });
  expect(resultProblems('getEffectiveConfig', bare)).toEqual([]);
});

it('tells nothing of what does not exist', async () => {
  const missing = { status: 404, code: 'NOT_FOUND' };
  const { client } = plane;
  const nobody = { org_id: '3f2c1b0a-1111-4222-8333-123456789abd', app_id: 'web' };
  expect(await refusalOf(client.getEffectiveConfig({ params: nobody }))).toMatchObject(missing);
  const read = client.getEffectiveApplicationConfig({ params });
  expect(await refusalOf(read)).toMatchObject(missing);
});
