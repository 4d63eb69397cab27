/** People as visitors of the management API: what each role sees, does, and is never shown. */
import { OPERATION_NAMES, operation } from '@tollkeeper/contract';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issuerOf, poolClaims } from '../credentials/people/issuer-desk.ts';
import {
  PEOPLE_SECRET,
  startControlPlane,
  type ControlPlane,
  type Tenant,
} from './control-plane.ts';

const ISSUER = 'https://project.supabase.co/auth/v1';
const ROLES = ['platform_administrator', 'finance', 'tenant_administrator', 'developer', 'viewer'];

let plane: ControlPlane;
let ours: Tenant;
let theirs: Tenant;

beforeEach(async () => {
  plane = await startControlPlane();
  const groups = ROLES.map((role) => [role, { groups: [role] }]);
  plane.people.trust(
    issuerOf(ISSUER, {
      kind: 'hs256',
      hs256_secret_env: 'PROJECT_SECRET',
      roles: Object.fromEntries(groups) as object,
      claims: { groups: 'groups' },
    }),
  );
  ours = await plane.tenant();
  theirs = await plane.tenant();
});
afterEach(() => plane.close());

/** Of the role; of the tenant that has the organization's UUID. */
function token(role: string, tenant: string | null = ours.org_id): Promise<string> {
  const claims = { 'custom:tenant_id': tenant, groups: [role] };
  return new SignJWT(poolClaims(ISSUER, plane.clock.now(), claims))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(PEOPLE_SECRET));
}
async function ask(bearer: string, method: string, path: string, body?: object) {
  const answer = await fetch(`${plane.endpoint}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text };
}
const status = async (role: string, method: string, path: string, body?: object) =>
  (await ask(await token(role), method, path, body)).status;

describe('a platform administrator', () => {
  it('creates and changes as the provisioning key does, and is in the audit log', async () => {
    const org_id = plane.ids.uuid();
    const admin = await token('platform_administrator', null);
    expect((await ask(admin, 'PUT', `/api/v1/orgs/${org_id}`, {})).status).toBe(201);
    expect((await ask(admin, 'PUT', `/api/v1/orgs/${org_id}/apps/web`, {})).status).toBe(201);
    const { records } = await plane.client.listAudit({ query: { org_id } });
    const subject = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
    expect(records.find(({ action }) => action === 'putApplication')?.actor).toEqual({
      kind: 'person',
      id: `pool/${subject}`,
    });
    const query = { actor: `person:pool/${subject}` };
    expect((await plane.client.listAudit({ query })).records.length).toBeGreaterThan(0);
  });

  it('is shown no secret of what it makes, and makes none that only it would know', async () => {
    const admin = await token('platform_administrator', null);
    const org_id = plane.ids.uuid();
    const made = await ask(admin, 'PUT', `/api/v1/orgs/${org_id}`, { org_name: 'New' });
    expect(made.status).toBe(201);
    expect(JSON.parse(made.text)).not.toHaveProperty('credentials');
    const path = `/api/v1/orgs/${org_id}/webhooks/h`;
    const hook = await ask(admin, 'PUT', path, { url: 'https://receiver.invalid/hook' });
    expect(hook.status).toBe(201);
    expect(JSON.parse(hook.text)).not.toHaveProperty('secret');
    const always = OPERATION_NAMES.filter((name) => operation(name).secret === 'always');
    expect(always.length).toBeGreaterThan(5);
    for (const name of always) {
      const { method, path: template } = operation(name);
      const at = template
        .replace('{org_id}', ours.org_id)
        .replace('{app_id}', ours.app_id)
        .replace('{webhook_id}', 'h');
      const body = method === 'GET' ? undefined : {};
      expect([name, (await ask(admin, method, at, body)).status]).toEqual([name, 403]);
    }
  });
});

describe('finance', () => {
  it('reads what there is, of all, and changes nothing', async () => {
    expect(await status('finance', 'GET', '/api/v1/orgs')).toBe(200);
    expect(await status('finance', 'GET', `/api/v1/orgs/${theirs.org_id}`)).toBe(200);
    expect(await status('finance', 'GET', '/api/v1/usage/entries')).toBe(200);
    expect(await status('finance', 'PUT', `/api/v1/orgs/${ours.org_id}`, {})).toBe(403);
    const secret = `/api/v1/orgs/${ours.org_id}/credentials/secret?token=x`;
    expect(await status('finance', 'GET', secret)).toBe(403);
  });
});

describe('of one organization', () => {
  it.each(['tenant_administrator', 'developer', 'viewer'])(
    'a %s administers nothing, and learns nothing of others',
    async (role) => {
      expect(await status(role, 'GET', '/api/v1/orgs')).toBe(403);
      expect(await status(role, 'PUT', `/api/v1/orgs/${ours.org_id}`, {})).toBe(403);
      expect(await status(role, 'PUT', `/api/v1/orgs/${theirs.org_id}`, {})).toBe(404);
      expect(await status(role, 'GET', `/api/v1/usage/entries?org_id=${theirs.org_id}`)).toBe(404);
      expect(await status(role, 'GET', `/api/v1/usage/entries?org_id=${ours.org_id}`)).toBe(200);
    },
  );

  it('a developer sees the application that it calls for, all others the whole', async () => {
    const other = '/api/v1/usage/entries?app_id=another';
    expect(await status('developer', 'GET', other)).toBe(404);
    expect(await status('developer', 'GET', '/api/v1/usage/entries?app_id=web')).toBe(200);
    for (const role of ['tenant_administrator', 'viewer']) {
      expect(await status(role, 'GET', other)).toBe(200);
    }
  });

  it('nobody without one is admitted', async () => {
    const answer = await ask(await token('developer', null), 'GET', '/api/v1/usage/entries');
    expect(answer.status).toBe(401);
  });
});

describe('credentials are not taken for each other', () => {
  it('a token of a person is none of an OAuth client, nor a key', async () => {
    const bearer = await token('platform_administrator');
    const { org_id, app_id } = ours;
    const aggregates = `/api/v1/orgs/${org_id}/apps/${app_id}/aggregates/today`;
    expect((await ask(bearer, 'GET', aggregates)).status).toBe(401);
    const headers = { 'x-api-key': bearer };
    expect((await fetch(`${plane.endpoint}/api/v1/orgs`, { headers })).status).toBe(401);
  });

  it('a token that is not good admits nobody, and says why', async () => {
    const [head, , signature] = (await token('platform_administrator')).split('.');
    const claims = Buffer.from(JSON.stringify(poolClaims(ISSUER, plane.clock.now())));
    const forged = `${head}.${claims.toString('base64url')}.${signature}`;
    const answer = await ask(forged, 'GET', '/api/v1/orgs');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('its signature is wrong');
    plane.clock.advance(3_600_000);
    const late = await token('viewer');
    expect((await ask(late, 'GET', '/api/v1/usage/entries')).status).toBe(200);
    plane.clock.advance(3_600_000);
    expect((await ask(late, 'GET', '/api/v1/usage/entries')).text).toContain('has expired');
  });
});
