/** Applications: of one organization, inheriting what they do not state. */
import type { ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
const org_id = '0199a0b0-0000-7000-8000-00000000000a';
const params = { org_id, app_id: 'web' };
const ORGANIZATION = {
  org_name: 'Acme',
  timezone: 'America/New_York',
  quota_scope: 'APP',
  model_ordering: ['premium', 'standard'],
  quotas: { premium: 10_000_000, standard: 5_000_000 },
} as const;

async function makeOrganization(change: object = {}): Promise<void> {
  const { model_ordering, ...rest } = ORGANIZATION;
  const body = { ...rest, model_ordering: [...model_ordering], ...change };
  await plane.client.putOrganization({ params: { org_id }, body });
}
const put = (body: ApiRequest<'putApplication'>['body']) =>
  plane.client.putApplication({ params, body });

beforeEach(async () => {
  plane = await startControlPlane();
  await makeOrganization();
});
afterEach(() => plane.close());

it('names what an application inherits, and shows what counts', async () => {
  const created = await put({ app_name: 'Web' });
  expect(created).toMatchObject({
    status: 'created',
    configuration: { app_name: 'Web', model_ordering: ['premium', 'standard'] },
  });
  expect(created.configuration.inherited_fields).toEqual([
    'timezone',
    'quota_scope',
    'agg_shard_count',
    'model_ordering',
    'quotas',
    'overrides',
  ]);
  const body = { model_ordering: ['standard'], rate_limits: { requests_per_minute: 60 } };
  const updated = await put({ app_name: 'Web', ...body });
  expect(updated).toMatchObject({ status: 'updated', configuration: body });
  expect(updated.configuration.inherited_fields).not.toContain('model_ordering');
  // Read back, it is what was stated: null is inherited.
  await put({ app_name: 'Web' });
  expect(await plane.client.getApplication({ params })).toMatchObject({ model_ordering: null });
});

it('measures quotas against the ordering that counts: its own, or the inherited one', async () => {
  const refused = (body: ApiRequest<'putApplication'>['body']) =>
    refusalOf(put({ app_name: 'Web', ...body }));
  const invalid = { status: 400, code: 'INVALID_CONFIG' };
  expect(await refused({ quotas: { economy: 1 } })).toMatchObject(invalid);
  expect(await refused({ quotas: { premium: 1 } })).toBe('none');
  expect(await refused({ quotas: { economy: 1 }, model_ordering: ['economy'] })).toBe('none');
  // Neither it nor its organization has a quota for this one.
  expect(await refused({ model_ordering: ['economy', 'premium'] })).toMatchObject({
    ...invalid,
    details: { missing_labels: ['economy'] },
  });
  expect(await refused({ model_ordering: ['gold'] })).toMatchObject({
    ...invalid,
    details: {
      invalid_labels: ['gold'],
      valid_labels: ['premium', 'standard', 'economy', 'ultra_premium'],
    },
  });
});

it('uses labels of its organization alone where only those quotas count', async () => {
  await makeOrganization({ quota_scope: 'ORG' });
  const body = { app_name: 'Web', model_ordering: ['economy'], quotas: { economy: 1 } };
  expect(await refusalOf(put(body))).toMatchObject({
    code: 'INVALID_CONFIG',
    details: { invalid_labels: ['economy'], valid_labels: ['premium', 'standard'] },
  });
  expect(await refusalOf(put({ app_name: 'Web', model_ordering: ['standard'] }))).toBe('none');
});

it('has a name where there are quotas, and needs none where there are not', async () => {
  expect(await refusalOf(put({}))).toMatchObject({
    code: 'INVALID_REQUEST',
    details: { problems: [{ member: 'body.app_name', problem: 'is missing' }] },
  });
  await plane.client.putOrganization({ params: { org_id }, body: {} });
  expect(await refusalOf(put({ model_ordering: ['gold'] }))).toBe('none');
});

it('needs an organization', async () => {
  const other = { org_id: '0199a0b0-0000-7000-8000-00000000000b', app_id: 'web' };
  const missing = { status: 404, code: 'NOT_FOUND' };
  const { client } = plane;
  expect(await refusalOf(client.putApplication({ params: other, body: {} }))).toMatchObject(
    missing,
  );
  expect(await refusalOf(client.getApplication({ params: other }))).toMatchObject(missing);
  expect(await refusalOf(client.listApplications({ params: other }))).toMatchObject(missing);
});

it('lists the applications of its organization and of no other', async () => {
  await plane.tenant();
  await put({ app_name: 'Web' });
  const batch = { org_id, app_id: 'batch' };
  await plane.client.putApplication({ params: batch, body: { app_name: 'Batch' } });
  const first = await plane.client.listApplications({ params: { org_id }, query: { limit: 1 } });
  expect(first.applications.map((app) => app.app_id)).toEqual(['batch']);
  const rest = await plane.client.listApplications({
    params: { org_id },
    query: { limit: 1, cursor: first.next_cursor ?? '' },
  });
  expect(rest.applications.map((app) => app.app_id)).toEqual(['web']);
  expect(rest.next_cursor).toBeNull();
});
