/** Applications: of one organization, inheriting what they do not state. */
import type { ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
const org_id = '0199a0b0-0000-7000-8000-00000000000a';
const params = { org_id, app_id: 'web' };
beforeEach(async () => {
  plane = await startControlPlane();
  await plane.client.putOrganization({ params: { org_id }, body: { model_ordering: ['premium'] } });
});
afterEach(() => plane.close());

it('names what an application inherits', async () => {
  const created = await plane.client.putApplication({ params, body: { app_name: 'Web' } });
  expect(created).toMatchObject({ status: 'created', configuration: { app_name: 'Web' } });
  expect(created.configuration.inherited_fields).toEqual([
    'timezone',
    'quota_scope',
    'agg_shard_count',
    'model_ordering',
    'quotas',
    'overrides',
  ]);
  const body = { model_ordering: ['a', 'b'], rate_limits: { requests_per_minute: 60 } };
  const updated = await plane.client.putApplication({ params, body });
  expect(updated).toMatchObject({ status: 'updated', configuration: body });
  expect(updated.configuration.inherited_fields).not.toContain('model_ordering');
});

it('measures quotas against the ordering that counts: its own, or the inherited one', async () => {
  const put = (body: ApiRequest<'putApplication'>['body']) =>
    refusalOf(plane.client.putApplication({ params, body }));
  expect(await put({ quotas: { economy: 1 } })).toMatchObject({ code: 'INVALID_CONFIG' });
  expect(await put({ quotas: { premium: 1 } })).toBe('none');
  expect(await put({ quotas: { economy: 1 }, model_ordering: ['economy'] })).toBe('none');
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
  await plane.client.putApplication({ params, body: {} });
  await plane.client.putApplication({ params: { org_id, app_id: 'batch' }, body: {} });
  const first = await plane.client.listApplications({ params: { org_id }, query: { limit: 1 } });
  expect(first.applications.map((app) => app.app_id)).toEqual(['batch']);
  const rest = await plane.client.listApplications({
    params: { org_id },
    query: { limit: 1, cursor: first.next_cursor ?? '' },
  });
  expect(rest.applications.map((app) => app.app_id)).toEqual(['web']);
  expect(rest.next_cursor).toBeNull();
});
