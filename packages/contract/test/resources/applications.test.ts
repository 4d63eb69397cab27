/** Applications: what they may state, and what only their organization states. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { applications } from '../../src/resources/applications.ts';

const body = Compile(applications.putApplication.body);

it('may override part of the settings', () => {
  expect(body.Check({ app_name: 'Web', overrides: { refresh_interval_secs: 30 } })).toBe(true);
});

it.each([
  { timezone: 'UTC' },
  { quota_scope: 'APP' },
  { overrides: { agg_shard_count: 8 } },
  { overrides: { sticky_fallback_enabled: true } },
])('cannot state what is always inherited: %j', (value) => {
  expect(body.Check(value)).toBe(false);
});
