/** Organizations: S3's members and bounds, none of them required. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { organizations } from '../../src/resources/organizations.ts';

const body = Compile(organizations.putOrganization.body);

it.each([
  {},
  { quota_scope: 'ORG', model_ordering: ['premium'], quotas: { premium: 10_000_000 } },
  { overrides: { tight_mode_threshold_pct: 50, agg_shard_count: 64 } },
  { overrides: { sticky_fallback_enabled: false, refresh_interval_secs: 60 } },
])('takes %j', (value) => {
  expect(body.Check(value)).toBe(true);
});

it.each([
  { quota_scope: 'USER' },
  { model_ordering: [] },
  { model_ordering: ['a', 'a'] },
  { quotas: { premium: 0.5 } },
  { quotas: { premium: -1 } },
  { quotas: { 'a b': 1 } },
  { overrides: { tight_mode_threshold_pct: 49 } },
  { overrides: { agg_shard_count: 10 } },
  { rate_limits: { requests_per_minute: 0 } },
])('refuses %j', (value) => {
  expect(body.Check(value)).toBe(false);
});
