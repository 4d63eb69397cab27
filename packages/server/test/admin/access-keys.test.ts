/** Access keys: the secret is shown once and stored nowhere; the rest is as of API keys. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { secretAccessKeyOf } from '../../src/credentials/access-key.ts';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

type Body = Parameters<ControlPlane['client']['createAccessKey']>[0]['body'];
const create = (body: Body = {}) => plane.client.createAccessKey({ params: tenant, body });
const listed = async (keyId: string) => {
  const { access_keys } = await plane.client.listAccessKeys({ params: tenant });
  return access_keys.find(({ key_id }) => key_id === keyId);
};

it('makes keys whose secret follows from the master key', async () => {
  const made = await create();
  expect(made.access_key_id).toBe(`TKIA${made.key_id.toUpperCase()}`);
  expect(secretAccessKeyOf(plane.masterKeys, made.key_id)).toBe(made.secret_access_key);
});

it('keeps no secret: neither the store, nor any list, nor the audit log has it', async () => {
  const made = await create();
  const stored = JSON.stringify([
    await plane.catalog.get('access_key', made.key_id),
    await plane.client.listAccessKeys({ params: tenant }),
    await plane.client.listAudit({ query: {} }),
  ]);
  expect(stored).toContain(made.key_id);
  expect(stored).not.toContain(made.secret_access_key);
});

it('lists what a key was made with, apart from the API keys', async () => {
  const body: Body = {
    name: 'Batch',
    user_id: 'ann',
    scopes: ['invoke'],
    models: ['amazon.nova-micro-v1:0'],
    policy: { unbounded: 'cap' },
    rate_limits: { requests_per_minute: 5 },
    expires_at: '2026-12-01T01:00:00+01:00',
  };
  const made = await create(body);
  expect(await listed(made.key_id)).toMatchObject({
    ...body,
    access_key_id: made.access_key_id,
    policy: { cost_headers: true, unbounded: 'cap' },
    expires_at: '2026-12-01T00:00:00.000Z',
    status: 'active',
  });
  const { keys } = await plane.client.listKeys({ params: tenant });
  expect(keys.map(({ key_id }) => key_id)).toEqual([tenant.key_id]);
});

it('revokes at once and for good, and goes on listing the key', async () => {
  const { key_id } = await create();
  await plane.client.revokeAccessKey({ params: { key_id } });
  plane.clock.advance(5_000);
  await plane.client.revokeAccessKey({ params: { key_id } });
  expect(await listed(key_id)).toMatchObject({
    status: 'revoked',
    revoked_at: '2026-11-22T14:33:00.000Z',
  });
  expect(await plane.credentials.resolveAccessKey(key_id)).toEqual({ kind: 'revoked' });
});

it('is no API key: neither can be revoked as the other', async () => {
  const { key_id } = await create();
  const asKey = plane.client.revokeKey({ params: { key_id } });
  expect(await refusalOf(asKey)).toMatchObject({ status: 404 });
  const asAccessKey = plane.client.revokeAccessKey({ params: { key_id: tenant.key_id } });
  expect(await refusalOf(asAccessKey)).toMatchObject({ status: 404 });
});

it('can have a budget of its own', async () => {
  const { key_id } = await create();
  const scope = { type: 'key' as const, org_id: tenant.org_id, key_id };
  const budget = {
    scope,
    limit: { unit: 'usd' as const, amount: '1' },
    window: 'day' as const,
  };
  const putting = plane.client.putBudget({ params: { budget_id: 'b' }, body: budget });
  expect(await refusalOf(putting)).toBe('none');
  const theirs = await plane.tenant();
  const stolen = { ...budget, scope: { ...scope, org_id: theirs.org_id } };
  expect(
    await refusalOf(plane.client.putBudget({ params: { budget_id: 'c' }, body: stolen })),
  ).toMatchObject({ status: 404 });
});

it.each(['authorization', 'x-amz-date', 'host'])('lets no user come in %s', async (user_header) => {
  expect(await refusalOf(create({ policy: { user_header } }))).toMatchObject({ status: 400 });
});
