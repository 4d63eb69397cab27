/** Organizations: create, replace, read and list. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { NO_PARENT, type OrganizationRecord } from '../catalog/records.ts';
import { effectiveConfig } from '../keeper/effective.ts';
import type { Keeper } from '../keeper/keeper.ts';
import type { Visitor } from './access.ts';
import { page, replace } from './catalog-change.ts';
import { issueClient } from './clients.ts';
import { checkOrganization, keepsCost } from './configuration.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';
import { claimTenant, releaseTenants } from './tenants.ts';
import { fromApiTimeZone, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['organizations'];

const TIMEZONE_DEFAULT = 'UTC';

export function organizationHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putOrganization: async ({ params, body }, visitor) => {
      const { org_id } = params;
      const { keeper } = deps;
      checkOrganization(body, keeper);
      const { tenant_id } = body;
      if (tenant_id !== undefined) await claimTenant(deps, org_id, tenant_id);
      let kept = false;
      const { record, created } = await replace<OrganizationRecord>(
        deps,
        { kind: 'organization', id: org_id, parent: NO_PARENT },
        { visitor, org_id },
        (before) => {
          kept = before !== undefined && keepsCost(before, keeper);
          const now = toApiTime(deps.clock.now());
          return recordOf({ org_id, body, before, now }, keeper);
        },
      );
      // Once more, in case another change at the same time has just given it back.
      if (tenant_id !== undefined) await claimTenant(deps, org_id, tenant_id);
      await releaseTenants(deps, org_id);
      // Also after a change that stopped half-way: whoever repeats it completes it.
      if (kept || keepsCost(record, keeper)) await keeper.quotas.reconcile(org_id);
      const written = toApiWritten(record, created, keeper);
      if (!created) return { status: 200, body: written };
      const credentials = await issueClient(deps, { visitor, org_id }, { org_id, app_id: null });
      return { status: 201, body: { ...written, credentials } };
    },
    getOrganization: async ({ params }) => ({
      status: 200,
      body: toApi(await organizationOf(deps, params.org_id)),
    }),
    listOrganizations: async ({ query }) => {
      const found = await page<OrganizationRecord>(
        deps,
        'organization',
        undefined,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      const { items, next_cursor } = found;
      return { status: 200, body: { organizations: items.map(toApi), next_cursor } };
    },
  };
}

/** The organization. Throws 404. */
export async function organizationOf(
  deps: AdminDependencies,
  orgId: string,
): Promise<OrganizationRecord> {
  const item = await deps.catalog.get<OrganizationRecord>('organization', orgId);
  if (item === undefined) throw notFound('The organization');
  return item.value;
}

interface Stated {
  readonly org_id: string;
  readonly body: ApiRequest<'putOrganization'>['body'];
  readonly before: OrganizationRecord | undefined;
  readonly now: string;
}

/** What is left out gets its default: a PUT states everything. */
function recordOf({ org_id, body, before, now }: Stated, keeper: Keeper): OrganizationRecord {
  const shards = before?.agg_shard_count ?? before?.overrides?.['agg_shard_count'];
  if (shards !== undefined && (body.overrides?.agg_shard_count ?? shards) !== shards) {
    throw new Fault('INVALID_CONFIG', 'overrides.agg_shard_count cannot change once it is set.');
  }
  const stated = before?.overrides?.['agg_shard_count'];
  const overrides =
    stated === undefined
      ? (body.overrides ?? null)
      : { ...body.overrides, agg_shard_count: stated };
  const { timezone: fileZone } = keeper.defaults.organization;
  const record: OrganizationRecord = {
    org_id,
    org_name: body.org_name ?? null,
    tenant_id: body.tenant_id ?? null,
    timezone: fromApiTimeZone('body.timezone', body.timezone ?? fileZone ?? TIMEZONE_DEFAULT),
    ...(body.timezone === undefined ? { timezone_source: fileZone ? 'file' : 'default' } : {}),
    rate_limits: body.rate_limits ?? {},
    key_policy: body.key_policy ?? {},
    quota_scope: body.quota_scope ?? null,
    model_ordering: body.model_ordering ?? null,
    quotas: body.quotas ?? null,
    overrides,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
  const fixed = before?.agg_shard_count ?? shardsOf(record, keeper);
  return fixed === undefined ? record : { ...record, agg_shard_count: fixed };
}

/** The number of shards is fixed once there is something to be put into them. */
function shardsOf(record: OrganizationRecord, keeper: Keeper): number | undefined {
  const config = effectiveConfig(record, undefined, null, keeper.defaults);
  return config.ordering.length === 0 ? undefined : config.agg_shard_count;
}

function toApi(record: OrganizationRecord): ApiResult<'getOrganization'> {
  const { org_id, created_at, updated_at } = record;
  return { org_id, ...configurationOf(record), created_at, updated_at };
}

function toApiWritten(
  record: OrganizationRecord,
  created: boolean,
  { defaults }: Keeper,
): ApiResult<'putOrganization'> {
  const { org_id, created_at, updated_at } = record;
  const { agg_shard_count } = effectiveConfig(record, undefined, null, defaults);
  return {
    org_id,
    status: created ? 'created' : 'updated',
    created_at,
    ...(created ? {} : { updated_at }),
    configuration: { ...configurationOf(record), agg_shard_count },
  };
}

function configurationOf(
  record: OrganizationRecord,
): Omit<ApiResult<'putOrganization'>['configuration'], 'agg_shard_count'> {
  const { org_name, timezone, rate_limits, key_policy, quota_scope } = record;
  return {
    org_name,
    tenant_id: record.tenant_id ?? null,
    timezone,
    rate_limits,
    key_policy,
    quota_scope,
    model_ordering: record.model_ordering === null ? null : [...record.model_ordering],
    quotas: record.quotas,
    overrides: record.overrides,
  };
}
