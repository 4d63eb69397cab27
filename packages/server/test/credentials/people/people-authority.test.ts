/** Whom tokens speak for, what is kept of it, and when a process learns of changes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpDocuments } from '../../../src/adapters/issuers/http-documents.ts';
import type { OrganizationRecord } from '../../../src/catalog/records.ts';
import type { TrustedIssuer } from '../../../src/config/trusted-issuers.ts';
import { NO_DEFAULTS } from '../../../src/config/keeper-defaults.ts';
import {
  PeopleAuthority,
  PERSON_TOKEN_LENGTH_MAX,
} from '../../../src/credentials/people/people-authority.ts';
import type { Person } from '../../../src/credentials/people/person.ts';
import type { EffectiveConfig } from '../../../src/keeper/effective.ts';
import { surroundings, type Surroundings } from '../memory-catalog.ts';
import { issuerOf, keyOf, startIssuer, type IssuerDesk } from './issuer-desk.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const OTHER = '3f2c1b0a-1111-4222-8333-123456789abd';
const ORGANIZATION: OrganizationRecord = {
  org_id: ORG,
  org_name: null,
  tenant_id: 'tenant-1',
  timezone: 'UTC',
  rate_limits: { requests_per_minute: 7 },
  key_policy: { cost_headers: false },
  quota_scope: null,
  model_ordering: null,
  quotas: null,
  overrides: null,
  created_at: '2026-11-22T14:33:00.000Z',
  updated_at: '2026-11-22T14:33:00.000Z',
};

let around: Surroundings;
let pool: IssuerDesk;
let ensured: EffectiveConfig[];

beforeEach(async () => {
  around = surroundings();
  pool = await startIssuer(() => around.clock.now());
  ensured = [];
  await putOrganization(ORGANIZATION);
  await putTenant('tenant-1', ORG);
});
afterEach(() => pool.close());

const putOrganization = (value: OrganizationRecord) =>
  around.catalog.put({ kind: 'organization', id: value.org_id, parent: '', value });
const putTenant = (id: string, org_id: string) =>
  around.catalog.put({ kind: 'tenant', id, parent: org_id, value: { org_id } });

function people(...issuers: readonly TrustedIssuer[]): PeopleAuthority {
  return new PeopleAuthority({
    ...{ catalog: around.catalog, clock: around.clock, issuers, defaults: NO_DEFAULTS },
    documents: httpDocuments({ timeoutMs: 5_000, bytesMax: 100_000 }),
    secretOf: () => undefined,
    quotas: {
      ensure: (config) => {
        ensured.push(config);
        return undefined;
      },
    },
  });
}
async function personOf(authority: PeopleAuthority, token: string): Promise<Person> {
  const answer = await authority.resolve(token);
  if (answer.kind !== 'person') throw new Error(JSON.stringify(answer));
  return answer.person;
}

describe('a person', () => {
  it('has organization, application, user and role from the token', async () => {
    const answer = await people(issuerOf(pool.url)).resolve(await pool.token());
    expect(answer).toMatchObject({
      kind: 'person',
      revision: await around.catalog.revision(),
      person: {
        issuer_id: 'pool',
        org_id: ORG,
        tenant: 'tenant-1',
        app_id: 'web',
        email: 'ada@example.com',
        role: 'developer',
        scopes: ['invoke', 'usage:app'],
        permissions: [],
      },
      caller: {
        principal: { org_id: ORG, app_id: 'web', key_id: null, models: null },
        keyName: null,
        rateLimits: { key: {}, application: {}, organization: { requests_per_minute: 7 } },
      },
    });
    expect(answer.kind === 'person' && answer.caller?.principal.policy.cost_headers).toBe(false);
  });

  it('calls for an application that nobody registered; its quotas are seen to first', async () => {
    const token = await pool.token();
    await people(issuerOf(pool.url)).resolve(token);
    expect(ensured).toMatchObject([{ org_id: ORG, app_id: 'web', app_registered: false }]);
  });

  it('who administers the platform or its money needs no organization', async () => {
    const roles = { finance: { groups: ['money'] }, platform_administrator: { groups: ['root'] } };
    const authority = people(issuerOf(pool.url, { roles }));
    const claims = { 'custom:tenant_id': undefined };
    for (const [group, role] of [
      ['money', 'finance'],
      ['root', 'platform_administrator'],
    ]) {
      const token = await pool.token({ claims: { ...claims, 'cognito:groups': [group] } });
      expect(await authority.resolve(token)).toMatchObject({
        person: { org_id: null, tenant: null, role },
        caller: null,
      });
    }
    expect(await authority.resolve(await pool.token({ claims }))).toEqual({ kind: 'no_tenant' });
  });

  it('without a role is refused where nobody has one by default', async () => {
    const authority = people(issuerOf(pool.url, { default_role: 'none' }));
    expect(await authority.resolve(await pool.token())).toEqual({ kind: 'no_role' });
  });

  it('has no organization by a tenant id that was given to another meanwhile', async () => {
    await putOrganization({ ...ORGANIZATION, org_id: OTHER, tenant_id: 'tenant-1' });
    await putTenant('tenant-1', OTHER);
    const authority = people(issuerOf(pool.url));
    expect(await personOf(authority, await pool.token())).toMatchObject({ org_id: OTHER });
    await putOrganization({ ...ORGANIZATION, org_id: OTHER, tenant_id: 'tenant-9' });
    expect(await authority.resolve(await pool.token())).toEqual({ kind: 'no_tenant' });
  });
});

describe('what is kept', () => {
  it('answers from memory, until the catalogue changes', async () => {
    const authority = people(issuerOf(pool.url));
    const token = await pool.token();
    expect(authority.peek(token)).toBeUndefined();
    const answer = await authority.resolve(token);
    expect(authority.peek(token)).toBe(answer);
    await putOrganization({ ...ORGANIZATION, tenant_id: null });
    authority.refresh(await around.catalog.revision());
    expect(authority.peek(token)).toBeUndefined();
    expect(await authority.resolve(token)).toEqual({ kind: 'no_tenant' });
  });

  it('ends with the token', async () => {
    const authority = people(issuerOf(pool.url));
    const exp = Math.floor(around.clock.now() / 1_000) + 60;
    const token = await pool.token({ claims: { exp } });
    expect((await authority.resolve(token)).kind).toBe('person');
    around.clock.advance(60_000);
    expect(authority.peek(token)).toEqual({ kind: 'expired' });
    expect(await authority.resolve(token)).toEqual({ kind: 'expired' });
  });

  it('ends with the key that signed the token, once its issuer has withdrawn it', async () => {
    const authority = people(issuerOf(pool.url));
    const claims = { exp: Math.floor(around.clock.now() / 1_000) + 90_000 };
    const token = await pool.token({ claims });
    await authority.resolve(token);
    const next = await keyOf('key-2');
    pool.publish(next);
    around.clock.advance(600_000);
    expect(authority.peek(token)).toBeUndefined();
    // The first to come after the keys have grown old does not wait for new ones; the others know.
    await authority.resolve(token);
    expect((await authority.resolve(await pool.token({ key: next }))).kind).toBe('person');
    expect(await authority.resolve(token)).toEqual({ kind: 'invalid', fault: 'unknown_key' });
  });
});

describe('an issuer', () => {
  it('is not asked about tokens of others, nor of what is no token or too long', async () => {
    const authority = people(issuerOf(pool.url));
    const stranger = await pool.token({ claims: { iss: 'https://elsewhere.example' } });
    expect(await authority.resolve(stranger)).toEqual({ kind: 'unknown_issuer' });
    const long = await pool.token({ claims: { more: 'x'.repeat(PERSON_TOKEN_LENGTH_MAX) } });
    expect(await authority.resolve(long)).toEqual({ kind: 'invalid', fault: 'too_long' });
    expect(authority.peek(long)).toBeUndefined();
    expect(await authority.resolve('tk_x')).toEqual({ kind: 'invalid', fault: 'form' });
    expect(await authority.resolve('eyJ.x.y')).toEqual({ kind: 'invalid', fault: 'form' });
    expect(pool.asked).toEqual({ discovery: 0, keys: 0, user: 0 });
  });

  it('that does not answer makes its tokens neither good nor bad', async () => {
    pool.goDown(true);
    const authority = people(issuerOf(pool.url));
    expect(await authority.resolve(await pool.token())).toEqual({ kind: 'unavailable' });
    pool.goDown(false);
    around.clock.advance(10_000);
    expect((await authority.resolve(await pool.token())).kind).toBe('person');
  });

  it('can be there twice, for two of its clients with rules of their own', async () => {
    const back = issuerOf(pool.url, { id: 'back', client_ids: ['b'], default_role: 'viewer' });
    const authority = people(issuerOf(pool.url), back);
    const token = await pool.token({ claims: { aud: 'b' } });
    expect(await personOf(authority, token)).toMatchObject({ issuer_id: 'back', role: 'viewer' });
    expect(await personOf(authority, await pool.token())).toMatchObject({ issuer_id: 'pool' });
  });

  it('can be trusted later, and is known by what its tokens say', async () => {
    const authority = people();
    const token = await pool.token();
    expect([authority.isOpen, authority.knows(token)]).toEqual([false, false]);
    authority.trust(issuerOf(pool.url));
    expect([authority.isOpen, authority.knows(token)]).toEqual([true, true]);
    expect(authority.knows(await pool.token({ claims: { iss: 'https://x.example' } }))).toBe(false);
  });
});
