/** Daily aggregates over real entries: figures, quotas, scopes, days and what has no data. */
import { describe, expect, test } from 'vitest';
import {
  applicationAggregates,
  organizationAggregates,
  type NoAggregates,
} from '../../src/keeper/aggregates.ts';
import { submit } from '../../src/keeper/submission.ts';
import { START, recordEntry, anEntry, type ControlPlane } from '../admin/control-plane.ts';
import { APP, aSubmission, ORG, submissionRig, WHO, type Rig } from './submission-rig.ts';

const ECONOMY = { model_label: 'economy', bedrock_model_id: 'amazon.nova-micro-v1:0' };

async function spend(rig: Rig, change: object, appId = APP): Promise<void> {
  const path = { org_id: ORG, app_id: appId };
  const answer = await submit(rig.parts, WHO, path, aSubmission(rig, { ...change }));
  if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
}

async function pageOf<P>(answer: Promise<{ kind: 'page'; body: P; etag: string } | NoAggregates>) {
  const page = await answer;
  if (page.kind !== 'page') throw new Error(page.kind);
  return page;
}

const ofOrg = (rig: Rig, date: string | null = null) =>
  pageOf(organizationAggregates(rig.aggregates, ORG, date));
const ofApp = (rig: Rig, date: string | null = null, appId = APP) =>
  pageOf(applicationAggregates(rig.aggregates, ORG, appId, date));

describe('figures', () => {
  test('of a day on which nothing was used are zeros, with every label and its quota', async () => {
    const rig = await submissionRig();
    const { body } = await ofOrg(rig);
    expect(Object.keys(body.models)).toEqual(['premium', 'standard', 'economy']);
    expect(body.models['premium']).toEqual({
      ...{ label: 'premium', bedrock_model_id: 'amazon.nova-pro-v1:0', cost_usd_micros: 0 },
      ...{ quota_usd_micros: 10_000_000, quota_pct: 0, quota_status: 'NORMAL' },
      ...{ input_tokens: 0, output_tokens: 0, requests: 0, average_cost_per_request: 0 },
    });
    expect(body).toMatchObject({
      ...{ org_id: ORG, date: '2026-11-22', timezone: 'America/New_York', quota_scope: 'ORG' },
      ...{ total_cost_usd_micros: 0, total_quota_usd_micros: 17_000_000, total_quota_pct: 0 },
      ...{ sticky_fallback_active: false, current_active_model: 'premium' },
      updated_at: '2026-11-22T14:33:00.000Z',
    });
  });

  test('are sums of exact costs, rounded once', async () => {
    const rig = await submissionRig();
    // Three calls of 0.175 micro-USD: each shows 0, together they are 0.525.
    for (let call = 0; call < 3; call++) {
      await spend(rig, { ...ECONOMY, input_tokens: 1, output_tokens: 1 });
    }
    await spend(rig, { input_tokens: 1000, cache_read_input_tokens: 500, output_tokens: 800 });
    const { body } = await ofOrg(rig);
    expect(body.models['economy']).toMatchObject({
      ...{ cost_usd_micros: 1, requests: 3, average_cost_per_request: 0 },
      ...{ input_tokens: 3, output_tokens: 3, quota_pct: 0 },
    });
    // 1,000 x 0.80 + 500 x 0.20 + 800 x 3.20 USD a million.
    expect(body.models['premium']).toMatchObject({
      ...{ cost_usd_micros: 3460, input_tokens: 1500, output_tokens: 800, quota_pct: 0.03 },
    });
    expect(body.total_cost_usd_micros).toBe(3461);
  });

  test.each([
    [2_968_750, 'TIGHT', 95, 'premium'],
    [2_968_749, 'NORMAL', 94.99, 'premium'],
    [3_100_000, 'TIGHT', 99.2, null],
    [3_125_000, 'EXCEEDED', 100, null],
    [6_250_000, 'EXCEEDED', 200, null],
  ])('%i output tokens of premium', async (output_tokens, status, pct, active) => {
    const rig = await submissionRig();
    await spend(rig, { input_tokens: 0, output_tokens });
    const { body } = await ofOrg(rig);
    const { premium } = body.models;
    // A quota is tight from 95 % on; what is left of less than 1 % counts as spent for the chain.
    expect([premium?.quota_status, premium?.quota_pct]).toEqual([status, pct]);
    expect(body.current_active_model).toBe(active ?? 'standard');
    expect(body.sticky_fallback_active).toBe(active === null);
  });

  test('show what cannot be priced beside the cost, and count it as spent', async () => {
    const rig = await submissionRig();
    await spend(rig, { cache_write_1h_input_tokens: 1_000_000, input_tokens: 0, output_tokens: 0 });
    const { premium } = (await ofOrg(rig)).body.models;
    expect(premium).toMatchObject({ cost_usd_micros: 0, requests: 1 });
    expect(premium?.unsettled_usd_micros).toBeGreaterThan(0);
    expect(premium?.quota_pct).toBeGreaterThan(0);
  });

  test('of labels that the ordering does not have are shown without a quota', async () => {
    const rig = await submissionRig();
    const entry = anEntry({ entry_id: 'x', org_id: ORG, app_id: APP, label: 'gone' });
    await recordEntry(rig as unknown as ControlPlane, entry);
    const without = anEntry({ entry_id: 'y', org_id: ORG, app_id: APP, cost: 7_000_000n });
    await recordEntry(rig as unknown as ControlPlane, without);
    const { body } = await ofOrg(rig);
    expect(body.models['gone']).toMatchObject({
      ...{ cost_usd_micros: 250, quota_usd_micros: 0, quota_pct: 0, quota_status: 'NORMAL' },
    });
    expect(body.total_cost_usd_micros).toBe(250);
    expect(body.unlabelled_cost_usd_micros).toBe(7);
  });
});

describe('scope', () => {
  test('ORG: the page of an application shows the figures of its organization', async () => {
    const rig = await submissionRig();
    await spend(rig, {});
    await spend(rig, {}, 'other');
    const { body } = await ofApp(rig);
    expect(body).toMatchObject({ org_id: ORG, app_id: APP, app_name: 'Web', quota_scope: 'ORG' });
    const { org_id: _org, app_id: _app, app_name: _name, ...figures } = body;
    const { org_id: _id, ...organization } = (await ofOrg(rig)).body;
    expect(figures).toEqual(organization);
    expect(figures.models['premium']?.requests).toBe(2);
  });

  test('APP: each application has its own figures, quotas and active label', async () => {
    const rig = await submissionRig({
      organization: { quota_scope: 'APP' },
      application: { quotas: { premium: 1000 } },
    });
    await spend(rig, {});
    await spend(rig, {}, 'other');
    const { body } = await ofApp(rig);
    expect(body.models['premium']).toMatchObject({
      ...{ requests: 1, quota_usd_micros: 1000, quota_pct: 376, quota_status: 'EXCEEDED' },
    });
    expect([body.current_active_model, body.sticky_fallback_active]).toEqual(['standard', true]);
    const other = (await ofApp(rig, null, 'other')).body;
    expect(other).toMatchObject({ app_name: null, current_active_model: 'premium' });
    expect((await ofOrg(rig)).body.models['premium']?.requests).toBe(2);
  });
});

describe('days', () => {
  test('late usage is on the local day of its timestamp', async () => {
    const rig = await submissionRig();
    await spend(rig, { timestamp: '2026-11-22T04:59:59.999Z' });
    await spend(rig, { timestamp: '2026-11-22T05:00:00Z' });
    const requests = async (date: string) =>
      (await ofOrg(rig, date)).body.models['premium']?.requests;
    expect([await requests('2026-11-21'), await requests('2026-11-22')]).toEqual([1, 1]);
  });

  test('the date of today is today', async () => {
    const rig = await submissionRig();
    expect((await ofOrg(rig, '2026-11-22')).body).toEqual((await ofOrg(rig)).body);
  });

  test.each([
    ['2026-11-21', { kind: 'no_data' }],
    ['1999-12-31', { kind: 'no_data' }],
    ['2026-11-23', { kind: 'future_date', today: '2026-11-22' }],
    ['9999-01-01', { kind: 'future_date', today: '2026-11-22' }],
    ['2026-02-30', { kind: 'no_such_date' }],
    ['2026-13-45', { kind: 'no_such_date' }],
    ['yesterday', { kind: 'no_such_date' }],
    ['2026-1-1', { kind: 'no_such_date' }],
  ])('%s', async (date, expected) => {
    const rig = await submissionRig();
    expect(await organizationAggregates(rig.aggregates, ORG, date)).toEqual(expected);
  });
});

test('an organization that is not there has no page', async () => {
  const rig = await submissionRig();
  const nobody = '00000000-1111-4222-8333-123456789abc';
  const none = { kind: 'no_such_party' };
  expect(await organizationAggregates(rig.aggregates, nobody, null)).toEqual(none);
  expect(await applicationAggregates(rig.aggregates, nobody, APP, null)).toEqual(none);
});

test('the tag changes with the figures and with nothing else', async () => {
  const rig = await submissionRig();
  const first = await ofOrg(rig);
  rig.clock.advance(1_000);
  expect((await ofOrg(rig)).etag).toBe(first.etag);
  await spend(rig, { timestamp: new Date(START).toISOString() });
  expect((await ofOrg(rig)).etag).not.toBe(first.etag);
});
