/** What differs between a file and what is there, member by member. */
import { describe, expect, it } from 'vitest';
import { planned } from '../src/org-plan.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';

/** As the API reads an organization: what is not set is null or empty. */
const PRESENT = {
  org_id: ORG,
  org_name: 'Acme',
  timezone: 'UTC',
  rate_limits: {},
  key_policy: {},
  quota_scope: 'ORG',
  model_ordering: ['premium', 'economy'],
  quotas: { premium: 10, economy: 2 },
  overrides: { agg_shard_count: 8, tight_mode_threshold_pct: 90 },
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};

const STATED = {
  org_name: 'Acme',
  quota_scope: 'ORG',
  model_ordering: ['premium', 'economy'],
  quotas: { economy: 2, premium: 10 },
  overrides: { tight_mode_threshold_pct: 90 },
};

const plan = (stated: object, present: object | undefined = PRESENT) =>
  planned('organization', ORG, ORG, { ...stated }, present);

describe('an organization', () => {
  it('that is as stated has nothing to change: times, zone and shards are not of the file', () => {
    expect(plan(STATED)).toMatchObject({ action: 'none', changes: [] });
  });

  it('changes in the members that differ, each with before and after', () => {
    const { action, changes } = plan({
      ...STATED,
      quotas: { premium: 11, economy: 2 },
      model_ordering: ['economy', 'premium'],
      rate_limits: { requests_per_minute: 5 },
    });
    expect(action).toBe('change');
    expect(changes).toEqual([
      { member: 'rate_limits.requests_per_minute', before: null, after: '5' },
      {
        member: 'model_ordering',
        before: '["premium","economy"]',
        after: '["economy","premium"]',
      },
      { member: 'quotas.premium', before: '10', after: '11' },
    ]);
  });

  it('loses what the file leaves out', () => {
    const { changes } = plan({ org_name: 'Acme', quota_scope: 'ORG' });
    expect(changes).toEqual([
      { member: 'model_ordering', before: '["premium","economy"]', after: null },
      { member: 'quotas.premium', before: '10', after: null },
      { member: 'quotas.economy', before: '2', after: null },
      { member: 'overrides.tight_mode_threshold_pct', before: '90', after: null },
    ]);
  });

  it('keeps its time zone when the file leaves it out, also when it is written again', () => {
    const present = { ...PRESENT, timezone: 'Asia/Seoul' };
    const { changes, body } = plan({ ...STATED, org_name: 'New' }, present);
    expect(changes.map(({ member }) => member)).toEqual(['org_name']);
    expect(body).toMatchObject({ org_name: 'New', timezone: 'Asia/Seoul' });
  });

  it('changes its time zone when the file states another', () => {
    expect(plan({ ...STATED, timezone: 'Asia/Seoul' }).changes).toEqual([
      { member: 'timezone', before: '"UTC"', after: '"Asia/Seoul"' },
    ]);
  });

  it('that is not there is created with what is stated, and nothing else', () => {
    const made = planned('organization', ORG, ORG, { org_name: 'Acme' }, undefined);
    expect(made).toMatchObject({
      action: 'create',
      changes: [{ member: 'org_name', before: null, after: '"Acme"' }],
      body: { org_name: 'Acme' },
    });
  });
});

describe('a budget', () => {
  const present = {
    budget_id: 'b',
    scope: { type: 'organization', org_id: ORG },
    match: null,
    limit: { unit: 'usd', amount: '10.5' },
    window: 'day',
    timezone: 'UTC',
    mode: 'enforce',
    alert_thresholds_pct: [50, 80, 95, 100],
    spent: '3',
    remaining: '7.5',
  };
  const stated = {
    scope: { type: 'organization', org_id: ORG },
    limit: { unit: 'usd', amount: '10.50' },
    window: 'day',
  };

  it('is as stated whatever was spent of it, and however its amount is written', () => {
    expect(planned('budget', 'b', ORG, stated, present).action).toBe('none');
  });

  it('goes back to the defaults that the file leaves out', () => {
    const warned = { ...present, mode: 'warn', alert_thresholds_pct: [] };
    expect(planned('budget', 'b', ORG, stated, warned).changes).toEqual([
      { member: 'mode', before: '"warn"', after: '"enforce"' },
      { member: 'alert_thresholds_pct', before: '[]', after: '[50,80,95,100]' },
    ]);
  });
});
