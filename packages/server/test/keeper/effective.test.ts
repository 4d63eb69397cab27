/** Which settings win, where each comes from, and how long they are kept. */
import { describe, expect, test } from 'vitest';
import { effectiveConfig } from '../../src/keeper/effective.ts';
import { NO_DEFAULTS, type KeeperDefaults } from '../../src/config/keeper-defaults.ts';
import { application, keeperWorld, ORG, ORGANIZATION } from './keeper-world.ts';

const APP_SCOPE = { ...ORGANIZATION, quota_scope: 'APP' } as const;

describe('layers', () => {
  test('an organization runs on what it states, and on the product for the rest', () => {
    const config = effectiveConfig(ORGANIZATION, undefined, null, NO_DEFAULTS);
    expect(config).toMatchObject({
      quota_scope: 'ORG',
      ordering: ['premium', 'standard', 'economy'],
      tight_threshold_pct: 95,
      agg_shard_count: 8,
      sticky_enabled: true,
      refresh_normal_secs: 300,
      refresh_tight_secs: 60,
      spent_tail_pct: 1,
      sources: {
        timezone: 'organization',
        quotas: 'organization',
        tight_mode_threshold_pct: 'default',
        app_name: 'default',
      },
    });
    expect([...config.quotas]).toEqual([
      ['premium', 10_000_000],
      ['standard', 5_000_000],
      ['economy', 2_000_000],
    ]);
  });

  test('an organization without labels has none, whatever its applications say', () => {
    const bare = { ...ORGANIZATION, quota_scope: null, model_ordering: null, quotas: null };
    const app = application('web', { model_ordering: ['premium'], quotas: { premium: 1 } });
    const config = effectiveConfig(bare, app, 'web', NO_DEFAULTS);
    expect(config.ordering).toEqual([]);
    expect(config.quotas.size).toBe(0);
  });

  test("an application's own settings come first, its organization's next, then the file", () => {
    const defaults: KeeperDefaults = {
      metering: {
        tight_mode_threshold_pct: 60,
        refresh_interval_tight_secs: 20,
        spent_tail_pct: 5,
      },
      organization: {},
    };
    const organization = { ...APP_SCOPE, overrides: { tight_mode_threshold_pct: 70 } };
    const app = application('web', {
      model_ordering: ['economy', 'premium'],
      quotas: { economy: 7 },
      overrides: { refresh_interval_secs: 30 },
    });
    const config = effectiveConfig(organization, app, 'web', defaults);
    expect(config).toMatchObject({
      ordering: ['economy', 'premium'],
      tight_threshold_pct: 70,
      refresh_tight_secs: 30,
      spent_tail_pct: 5,
      sources: {
        model_ordering: 'application',
        quotas: 'application',
        tight_mode_threshold_pct: 'organization',
        refresh_interval_tight_secs: 'application',
        spent_tail_pct: 'file',
        app_name: 'application',
      },
    });
    // Label by label: what it does not state is inherited.
    expect(Object.fromEntries(config.quotas)).toEqual({ economy: 7, premium: 10_000_000 });
  });

  test('what only an organization decides, an application cannot', () => {
    const overrides = { sticky_fallback_enabled: false, agg_shard_count: 64 };
    const config = effectiveConfig(
      APP_SCOPE,
      application('web', { overrides }),
      'web',
      NO_DEFAULTS,
    );
    expect(config).toMatchObject({ sticky_enabled: true, agg_shard_count: 8 });
  });

  test('under the scope ORG quotas of applications count for nothing', () => {
    const app = application('web', { model_ordering: ['economy'], quotas: { economy: 7 } });
    const config = effectiveConfig(ORGANIZATION, app, 'web', NO_DEFAULTS);
    expect(config.quotas.get('economy')).toBe(2_000_000);
    // The sticky label is the organization's, and goes along its ordering.
    expect(config.sticky_ordering).toEqual(['premium', 'standard', 'economy']);
    expect([...config.quotas.keys()]).toEqual(['premium', 'standard', 'economy']);
  });

  test('a label that lost its quota has none to spend, rather than no limit', () => {
    const app = application('web', { model_ordering: ['ultra_premium', 'premium'] });
    const config = effectiveConfig(APP_SCOPE, app, 'web', NO_DEFAULTS);
    expect(config.quotas.get('ultra_premium')).toBe(0);
  });

  test('the settings file gives labels to organizations that state none', () => {
    const bare = { ...ORGANIZATION, quota_scope: null, model_ordering: null, quotas: null };
    const organization = { model_ordering: ['economy'], quotas: { economy: 9 } };
    const config = effectiveConfig(bare, undefined, null, { metering: {}, organization });
    expect(config).toMatchObject({
      ordering: ['economy'],
      sources: { model_ordering: 'file', quotas: 'file', quota_scope: 'default' },
    });
  });

  test('the number of shards stays what it was when the organization got its quotas', () => {
    const defaults = { metering: { agg_shard_count: 64 }, organization: {} };
    const organization = { ...ORGANIZATION, agg_shard_count: 8 };
    expect(effectiveConfig(organization, undefined, null, defaults).agg_shard_count).toBe(8);
  });
});

describe('in memory', () => {
  test("an application that nobody registered runs on its organization's settings", async () => {
    const { keeper, putOrganization } = keeperWorld();
    expect(await keeper.configs.forApp(ORG, 'free')).toBeUndefined();
    await putOrganization();
    const config = await keeper.configs.forApp(ORG, 'free');
    expect(config).toMatchObject({ app_id: 'free', app_registered: false, app_name: null });
  });

  test('a change is seen by the next question, and not before by a peek', async () => {
    const { keeper, catalog, putOrganization } = keeperWorld();
    await putOrganization();
    const before = await keeper.configs.forOrg(ORG);
    expect(keeper.configs.peek(ORG, null)).toBe(before);
    await putOrganization({ quotas: { premium: 1, standard: 1, economy: 1 } });
    expect(keeper.configs.peek(ORG, null)).toBe(before);
    const after = await keeper.configs.forOrg(ORG);
    expect(after?.quotas.get('premium')).toBe(1);
    // Whoever knows the revision spares the question for it.
    const revision = await catalog.revision();
    expect(await keeper.configs.forOrg(ORG, revision)).toBe(after);
    keeper.configs.refresh(revision + 1);
    expect(keeper.configs.peek(ORG, null)).toBeUndefined();
  });

  test('the sticky label moves without making anybody read the settings again', async () => {
    const { keeper, putOrganization } = keeperWorld();
    await putOrganization();
    const config = await keeper.configs.forApp(ORG, 'web');
    const scope = { org_id: ORG, app_id: null, timezone: 'UTC' };
    await keeper.sticky.advance(scope, 0, ['a', 'b'], 'b');
    expect(await keeper.configs.forApp(ORG, 'web')).toBe(config);
  });
});
