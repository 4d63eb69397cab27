/** The credential authority: answers from memory that are never staler than the caller is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialAuthority } from '../../src/credentials/authority.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import { startControlPlane, type ControlPlane, type Tenant } from '../admin/control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
let reads: number;
let authority: CredentialAuthority;

beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
  reads = 0;
  const { catalog } = plane;
  const counted: CatalogStore = {
    ...catalog,
    get: (kind, id) => {
      reads++;
      return catalog.get(kind, id);
    },
  };
  // As another process would have it: it learns of changes only by the catalogue's revision.
  authority = new CredentialAuthority({ catalog: counted, clock: plane.clock });
});
afterEach(() => plane.close());

const revoke = () => plane.client.revokeKey({ params: { key_id: tenant.key_id } });

describe('resolve', () => {
  it('gives all that a call needs to be authorised', async () => {
    const { org_id, app_id } = tenant;
    await plane.client.putOrganization({
      params: { org_id },
      body: {
        timezone: 'Europe/Zurich',
        rate_limits: { requests_per_minute: 100 },
        key_policy: { unpriced: 'flag' },
      },
    });
    await plane.client.putApplication({
      params: { org_id, app_id },
      body: { rate_limits: { tokens_per_minute: 50 } },
    });
    const key = await plane.client.createKey({
      params: { org_id, app_id },
      body: {
        user_id: 'ann',
        models: ['amazon.nova-micro-v1:0'],
        rate_limits: { concurrent_requests: 2 },
        policy: { cost_headers: false },
      },
    });
    expect(await authority.resolve(key.api_key)).toEqual({
      kind: 'key',
      revision: await plane.catalog.revision(),
      caller: {
        principal: {
          org_id,
          app_id,
          key_id: key.key_id,
          user_id: 'ann',
          scopes: ['invoke', 'usage:app'],
          models: ['amazon.nova-micro-v1:0'],
          policy: {
            cost_headers: false,
            user_header: null,
            unpriced: 'flag',
            unbounded: 'refuse',
            untraced_guardrail: 'estimate',
          },
        },
        keyName: null,
        grants: [],
        rateLimits: {
          key: { concurrent_requests: 2 },
          application: { tokens_per_minute: 50 },
          organization: { requests_per_minute: 100 },
        },
        tenantId: null,
        orgTimezone: 'Europe/Zurich',
        keeping: null,
      },
    });
  });

  it('tells the kinds of credential apart', async () => {
    const kind = async (token: string) => (await authority.resolve(token)).kind;
    expect(await kind(tenant.api_key)).toBe('key');
    expect(await kind(plane.provisioningKey)).toBe('provisioning');
    expect(await kind(`tkp_${'x'.repeat(43)}`)).toBe('unknown');
    expect(await kind(`tk_${tenant.key_id}_${'x'.repeat(43)}`)).toBe('unknown');
    expect(await kind('ABSKabc')).toBe('wrong_kind');
    await revoke();
    expect(await kind(tenant.api_key)).toBe('revoked');
  });

  it('reads once for many who ask at the same time', async () => {
    await Promise.all(Array.from({ length: 50 }, () => authority.resolve(tenant.api_key)));
    // The key, its organization and its application.
    expect(reads).toBe(3);
  });

  it('reads nothing for a token that cannot be one of ours', async () => {
    await authority.resolve('x'.repeat(10_000));
    await authority.resolve('eyJhbGciOiJub25lIn0.e30.');
    expect(reads).toBe(0);
  });
});

describe('peek', () => {
  it('knows nothing before the first look, then answers without one', async () => {
    expect(authority.peek(tenant.api_key)).toBeUndefined();
    const resolved = await authority.resolve(tenant.api_key);
    const before = reads;
    expect(authority.peek(tenant.api_key)).toEqual(resolved);
    expect(reads).toBe(before);
  });

  it('forgets all when it hears of a newer catalogue, and nothing for an older one', async () => {
    await authority.resolve(tenant.api_key);
    authority.refresh(authority.catalogRevision - 1);
    expect(authority.peek(tenant.api_key)).toBeDefined();
    await revoke();
    // Nobody has told it yet: the ledger will, when it compares revisions.
    expect(authority.peek(tenant.api_key)?.kind).toBe('key');
    authority.refresh(await plane.catalog.revision());
    expect(authority.peek(tenant.api_key)).toBeUndefined();
    expect((await authority.resolve(tenant.api_key)).kind).toBe('revoked');
  });

  it('gives the revision by which the caller was read, for the ledger to compare', async () => {
    const answer = await authority.resolve(tenant.api_key);
    const read = answer.kind === 'key' ? answer.revision : -1;
    expect(read).toBe(await plane.catalog.revision());
    await plane.client.putOrganization({ params: tenant, body: {} });
    const kept = authority.peek(tenant.api_key);
    expect(kept?.kind === 'key' && kept.revision).toBe(read);
  });

  it('never keeps that a key is unknown: another process may make it', async () => {
    const later = `tk_aaaaaaaaaaaaaaaa_${'x'.repeat(43)}`;
    expect((await authority.resolve(later)).kind).toBe('unknown');
    expect(authority.peek(later)).toBeUndefined();
  });

  it('looks at the clock on every answer', async () => {
    const { api_key } = await plane.client.createKey({
      params: tenant,
      body: { expires_at: '2026-11-22T14:33:01Z' },
    });
    expect((await authority.resolve(api_key)).kind).toBe('key');
    plane.clock.advance(999);
    expect(authority.peek(api_key)?.kind).toBe('key');
    plane.clock.advance(1);
    expect(authority.peek(api_key)?.kind).toBe('expired');
  });
});

it('labels an answer no newer than what was read, however changes fall in between', async () => {
  const { catalog } = plane;
  const racing: CatalogStore = {
    ...catalog,
    async get(kind, id) {
      const found = await catalog.get(kind, id);
      // A change that comes just after the key was read: the answer must not claim to know it.
      if (kind === 'api_key') await plane.client.putOrganization({ params: tenant, body: {} });
      return found as never;
    },
  };
  const slow = new CredentialAuthority({ catalog: racing, clock: plane.clock });
  const answer = await slow.resolve(tenant.api_key);
  expect(answer.kind === 'key' && answer.revision).toBeLessThan(await catalog.revision());
});

it('is rejected with what the store is rejected with', async () => {
  const broken: CatalogStore = {
    ...plane.catalog,
    revision: () => Promise.reject(new Error('down')),
  };
  const down = new CredentialAuthority({ catalog: broken, clock: plane.clock });
  await expect(down.resolve(tenant.api_key)).rejects.toThrow('down');
});
