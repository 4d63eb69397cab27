/** Tenant ids of organizations: each belongs to one of them at most, whatever happens. */
import { ApiError } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimTenant, releaseTenants } from '../../src/admin/tenants.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

const OURS = '3f2c1b0a-1111-4222-8333-123456789abc';
const THEIRS = '3f2c1b0a-1111-4222-8333-123456789abd';
let plane: ControlPlane;

beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

const put = (org_id: string, tenant_id?: string) =>
  plane.client.putOrganization({
    params: { org_id },
    body: tenant_id === undefined ? {} : { tenant_id },
  });
async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof ApiError ? String(error.code) : 'none';
}
async function ownerOf(tenantId: string): Promise<string | undefined> {
  return (await plane.catalog.get<{ org_id: string }>('tenant', tenantId))?.value.org_id;
}

describe('a tenant id', () => {
  it('is set with the organization and shown with it; without one it is null', async () => {
    await put(OURS, 'tenant-1');
    const read = () => plane.client.getOrganization({ params: { org_id: OURS } });
    expect((await read()).tenant_id).toBe('tenant-1');
    expect(await ownerOf('tenant-1')).toBe(OURS);
    await put(OURS);
    expect((await read()).tenant_id).toBeNull();
    expect(await ownerOf('tenant-1')).toBeUndefined();
  });

  it('belongs to one organization, and to the next when it was given back', async () => {
    await put(OURS, 'tenant-1');
    expect(await codeOf(put(THEIRS, 'tenant-1'))).toBe('ALREADY_EXISTS');
    expect(await codeOf(plane.client.getOrganization({ params: { org_id: THEIRS } }))).toBe(
      'NOT_FOUND',
    );
    await put(OURS, 'tenant-2');
    await put(THEIRS, 'tenant-1');
    expect([await ownerOf('tenant-1'), await ownerOf('tenant-2')]).toEqual([THEIRS, OURS]);
  });

  it('is no UUID, which would name another organization, and no more than 128 signs', async () => {
    for (const tenant of [THEIRS, THEIRS.toUpperCase(), OURS, 'x'.repeat(129), 'a b', '']) {
      expect(await codeOf(put(OURS, tenant))).toBe('INVALID_REQUEST');
    }
    expect(await codeOf(put(OURS, 'x'.repeat(128)))).toBe('none');
  });

  it('has one owner when two organizations ask for it at the same time', async () => {
    const codes = await Promise.all([codeOf(put(OURS, 't')), codeOf(put(THEIRS, 't'))]);
    expect(codes.toSorted()).toEqual(['ALREADY_EXISTS', 'none']);
  });

  it('that a change left behind half-way is given back by the next', async () => {
    await put(OURS, 'tenant-1');
    await claimTenant(plane, OURS, 'left-over');
    await releaseTenants(plane, OURS);
    expect([await ownerOf('left-over'), await ownerOf('tenant-1')]).toEqual([undefined, OURS]);
  });
});
