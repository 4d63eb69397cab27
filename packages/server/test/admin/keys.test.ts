/** API keys: shown once, kept as a hash, revoked at once. */
import type { ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

type Body = ApiRequest<'createKey'>['body'];
const create = (body: Body) => plane.client.createKey({ params: tenant, body });
const listed = async (keyId: string) => {
  const { keys } = await plane.client.listKeys({ params: tenant });
  return keys.find(({ key_id }) => key_id === keyId);
};

it('makes tokens of the documented form', () => {
  expect(tenant.api_key).toMatch(new RegExp(`^tk_${tenant.key_id}_[0-9A-Za-z]{43}$`));
});

it('keeps no token: neither the store nor any list has it', async () => {
  const secret = tenant.api_key.split('_')[2] ?? '';
  expect(secret).toHaveLength(43);
  expect(JSON.stringify(await plane.catalog.get('api_key', tenant.key_id))).not.toContain(secret);
  const list = JSON.stringify(await plane.client.listKeys({ params: tenant }));
  expect(list).not.toContain(secret);
  expect(list).not.toContain('hash');
});

it('lists what a key was made with, and the defaults of what was left out', async () => {
  expect(await listed(tenant.key_id)).toMatchObject({
    name: null,
    user_id: null,
    scopes: ['invoke', 'usage:app'],
    models: null,
    policy: {
      cost_headers: true,
      user_header: null,
      unpriced: 'refuse',
      unbounded: 'refuse',
      untraced_guardrail: 'estimate',
    },
    status: 'active',
    expires_at: null,
    revoked_at: null,
  });
  const body: Body = {
    name: 'Ann',
    user_id: 'ann@example.com',
    scopes: ['invoke', 'usage:self'],
    models: ['amazon.nova-micro-v1:0'],
    policy: { unbounded: 'cap' },
    expires_at: '2026-12-01T01:00:00+01:00',
  };
  const { key_id } = await create(body);
  expect(await listed(key_id)).toMatchObject({
    ...body,
    policy: {
      cost_headers: true,
      user_header: null,
      unpriced: 'refuse',
      unbounded: 'cap',
      untraced_guardrail: 'estimate',
    },
    expires_at: '2026-12-01T00:00:00.000Z',
  });
});

it('gives keys the policy of their organization where they state none', async () => {
  await plane.client.putOrganization({
    params: tenant,
    body: { key_policy: { unpriced: 'flag', cost_headers: false } },
  });
  const { key_id } = await create({ policy: { cost_headers: true } });
  expect((await listed(key_id))?.policy).toMatchObject({ unpriced: 'flag', cost_headers: true });
  expect((await listed(tenant.key_id))?.policy).toMatchObject({ cost_headers: false });
});

it('revokes at once and for good, and goes on listing the key', async () => {
  expect(await refusalOf(plane.as(tenant.api_key).listBudgets())).toBe('none');
  await plane.client.revokeKey({ params: { key_id: tenant.key_id } });
  expect(await refusalOf(plane.as(tenant.api_key).listBudgets())).toMatchObject({ status: 401 });
  plane.clock.advance(5000);
  // Again: nothing changes, the time of the first revocation stays.
  await plane.client.revokeKey({ params: { key_id: tenant.key_id } });
  expect(await listed(tenant.key_id)).toMatchObject({
    status: 'revoked',
    revoked_at: '2026-11-22T14:33:00.000Z',
  });
});

it('says of an expired key that it is expired', async () => {
  const { key_id } = await create({ expires_at: '2026-11-22T14:33:10Z' });
  expect((await listed(key_id))?.status).toBe('active');
  plane.clock.advance(10_000);
  expect((await listed(key_id))?.status).toBe('expired');
});

it.each<[string, object]>([
  ['a scope that is none', { scopes: ['admin'] }],
  ['no scope at all', { scopes: [] }],
  ['a day that does not exist', { expires_at: '2026-02-30T00:00:00Z' }],
  ['a time without a zone', { expires_at: '2026-12-01T00:00:00' }],
  ['a user header that carries credentials', { policy: { user_header: 'Authorization' } }],
  ['a user header that is no header', { policy: { user_header: 'x user' } }],
  ['a policy that is none', { policy: { unpriced: 'free' } }],
  ['control characters in a name', { name: 'a\u001b[2J' }],
])('refuses %s', async (_, body) => {
  expect(await refusalOf(create(body))).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
});

it('needs an application that exists', async () => {
  const params = { org_id: tenant.org_id, app_id: 'none' };
  expect(await refusalOf(plane.client.createKey({ params, body: {} }))).toMatchObject({
    status: 404,
  });
  const key_id = 'aaaaaaaaaaaaaaaa';
  expect(await refusalOf(plane.client.revokeKey({ params: { key_id } }))).toMatchObject({
    status: 404,
  });
});
