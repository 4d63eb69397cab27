/**
 * Tenant ids: how tokens of people name an organization. One belongs to one organization at most in
 * the whole installation: the document of the id says to which, and is written before the
 * organization says so. Whatever stopped a change half-way, the next change of the organization
 * puts right.
 */
import type { OrganizationRecord, TenantRecord } from '../catalog/records.ts';
import type { CatalogItem } from '../ports/catalog-store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember } from './fault.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** More than an organization can leave behind by changes that stopped half-way. */
const LEFT_OVER_MAX = 100;

type Parts = Pick<AdminDependencies, 'catalog'>;

/** Takes a tenant id for an organization. Throws 409 when another has it, 400 for a UUID. */
export async function claimTenant(deps: Parts, orgId: string, tenantId: string): Promise<void> {
  // A UUID in a token names the organization that has it as its id.
  if (UUID.test(tenantId)) throw invalidMember('body.tenant_id', 'must not be a UUID');
  const found = await deps.catalog.get<TenantRecord>('tenant', tenantId);
  if (found !== undefined && found.value.org_id !== orgId) throw taken();
  const put = await deps.catalog.put({
    kind: 'tenant',
    id: tenantId,
    parent: orgId,
    value: { org_id: orgId } satisfies TenantRecord,
    expected: found?.revision ?? 0,
  });
  // Two requests for the same organization at once may both have it.
  if (put.kind === 'conflict') {
    const now = await deps.catalog.get<TenantRecord>('tenant', tenantId);
    if (now?.value.org_id !== orgId) throw taken();
  }
}

/** Gives back what an organization had, and no longer says that it has. */
export async function releaseTenants(deps: Parts, orgId: string): Promise<void> {
  const { items } = await deps.catalog.list<TenantRecord>('tenant', {
    parent: orgId,
    limit: LEFT_OVER_MAX,
  });
  if (items.length === 0) return;
  // Read after the list, so that what was taken in between is not given back: see `expected`.
  const organization = await deps.catalog.get<OrganizationRecord>('organization', orgId);
  const kept = organization?.value.tenant_id;
  const over = items.filter(({ id }: CatalogItem) => id !== kept);
  await Promise.all(
    over.map(({ id, revision }) => deps.catalog.remove('tenant', id, { expected: revision })),
  );
}

function taken(): Fault {
  return new Fault('ALREADY_EXISTS', 'Another organization has this tenant_id.');
}
