/** Submissions, batches and inference profiles over HTTP: statuses, bodies and who may. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, clientIn, textAt, type Answered } from '../keeper/api-caller.ts';
import { START, startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const APP_PATH = `/api/v1/orgs/${ORG}/apps/web`;
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/tenant-a';

let plane: ControlPlane;
let bearer: string;

beforeAll(async () => {
  plane = await startControlPlane();
  const { endpoint, provisioningKey: key } = plane;
  const organization = {
    ...{ org_name: 'Acme', timezone: 'America/New_York', quota_scope: 'ORG' },
    ...{ model_ordering: ['premium', 'economy'], quotas: { premium: 1000, economy: 1000 } },
  };
  const path = `/api/v1/orgs/${ORG}`;
  const made = await ask(endpoint, { method: 'PUT', path, key, json: organization });
  await ask(endpoint, { method: 'PUT', path: APP_PATH, key, json: { app_name: 'Web' } });
  const json = { ...clientIn(made), grant_type: 'client_credentials' };
  const token = await ask(endpoint, { method: 'POST', path: '/auth/token', json });
  bearer = textAt(token, 'access_token');
});
afterAll(() => plane.close());

function post(what: string, json: unknown): Promise<Answered> {
  return ask(plane.endpoint, { method: 'POST', path: `${APP_PATH}/${what}`, bearer, json });
}

function usage(change: object = {}): object {
  return {
    request_id: plane.ids.uuid(),
    ...{ model_label: 'premium', bedrock_model_id: 'amazon.nova-pro-v1:0' },
    ...{ input_tokens: 1500, output_tokens: 800, status: 'OK' },
    timestamp: new Date(START - 1000).toISOString(),
    ...change,
  };
}

test('a submission is accepted, and again; with other counts it is a conflict', async () => {
  const body = usage();
  const first = await post('usage', body);
  expect([first.status, first.body]).toMatchObject([
    202,
    {
      status: 'accepted',
      processing: { expected_aggregation_lag_secs: 0, cost_usd_micros: 3760 },
      timestamp: '2026-11-22T14:33:00.000Z',
    },
  ]);
  expect((await post('usage', body)).status).toBe(202);
  const other = await post('usage', { ...body, input_tokens: 1 });
  expect([other.status, other.body]).toMatchObject([409, { error: 'ALREADY_EXISTS' }]);
  const { entries } = await plane.ledger.entries({ org_id: ORG, limit: 10 });
  expect(entries).toHaveLength(1);
});

test('entries and summaries show what was submitted, exactly', async () => {
  const economy = { model_label: 'economy', bedrock_model_id: 'amazon.nova-micro-v1:0' };
  await post('usage', usage({ ...economy, input_tokens: 1, output_tokens: 1 }));
  const model_id = 'amazon.nova-micro-v1:0';
  const { entries } = await plane.client.listEntries({ query: { org_id: ORG, model_id } });
  expect(entries).toMatchObject([
    {
      ...{ source: 'submitted', entry_type: 'submission', label: 'economy', key_id: null },
      ...{ cost_usd: '0.000000175', usage_source: 'reported', operation: 'Submitted' },
    },
  ]);
  const summary = await plane.client.summarizeUsage({ query: { org_id: ORG, model_id } });
  expect(summary.total.cost_usd).toBe('0.000000175');
});

test('a batch answers for each', async () => {
  const requests = [usage(), usage({ model_label: 'nothing' })];
  const { status, body } = await post('usage/batch', { requests });
  expect([status, body]).toMatchObject([
    207,
    { accepted: 1, failed: 1, results: [{ status: 'accepted' }, { error: 'INVALID_CONFIG' }] },
  ]);
  expect((await post('usage/batch', { requests: [] })).status).toBe(400);
});

describe('an inference profile', () => {
  const profile = { profile_label: 'tenant-a', inference_profile_arn: ARN };

  test('is registered, counts at once and may be registered anew', async () => {
    const before = await post('usage', usage({ model_label: 'tenant-a' }));
    expect(before.body).toMatchObject({ error: 'INVALID_CONFIG' });
    const made = await post('inference-profiles', { ...profile, description: 'Tenant A' });
    expect([made.status, made.body]).toEqual([
      201,
      {
        ...profile,
        ...{ status: 'registered', description: 'Tenant A' },
        created_at: '2026-11-22T14:33:00.000Z',
      },
    ]);
    const missing = await post('usage', usage({ model_label: 'tenant-a' }));
    expect(missing.body).toMatchObject({ details: { label_type: 'profile' } });
    const change = { model_label: 'tenant-a', calling_region: 'us-east-1' };
    expect((await post('usage', usage(change))).status).toBe(202);
    const again = await post('inference-profiles', profile);
    expect([again.status, again.body]).toMatchObject([201, { description: null }]);
  });

  test('that is there already is no change, which every cache would have to learn of', async () => {
    const query = { org_id: ORG, limit: 1000 };
    const named = { ...profile, profile_label: 'tenant-b' };
    await post('inference-profiles', named);
    const before = (await plane.client.listAudit({ query })).records.length;
    const again = await post('inference-profiles', named);
    expect(again.status).toBe(201);
    expect((await plane.client.listAudit({ query })).records).toHaveLength(before);
  });

  test('is in the audit log with the client that registered it', async () => {
    const { records } = await plane.client.listAudit({ query: { org_id: ORG } });
    const found = records.find(({ resource }) => resource === 'inference_profile');
    expect(found?.actor).toEqual({ kind: 'client', id: `org-${ORG}` });
  });

  test.each([
    ['under a label of the ordering', { profile_label: 'premium' }, 'INVALID_CONFIG'],
    ['under a label of 51 letters', { profile_label: 'x'.repeat(51) }, 'INVALID_REQUEST'],
    ['under no label', { profile_label: '' }, 'INVALID_REQUEST'],
    ['of something else', { inference_profile_arn: 'arn:aws:s3:::bucket' }, 'INVALID_REQUEST'],
    ['without an ARN', { inference_profile_arn: undefined }, 'INVALID_REQUEST'],
  ])('%s is refused', async (_, change, error) => {
    const answer = await post('inference-profiles', { ...profile, ...change });
    expect([answer.status, answer.body]).toMatchObject([400, { error }]);
  });
});
