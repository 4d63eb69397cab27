/** Organizations: create, replace, read and list. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { NO_PARENT, type OrganizationRecord } from '../catalog/records.ts';
import type { Visitor } from './access.ts';
import { page, replace } from './catalog-change.ts';
import { issueClient } from './clients.ts';
import { checkQuotas } from './configuration.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';
import { fromApiTimeZone, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['organizations'];

const TIMEZONE_DEFAULT = 'UTC';

export function organizationHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putOrganization: async ({ params, body }, visitor) => {
      const { org_id } = params;
      const { record, created } = await replace<OrganizationRecord>(
        deps,
        { kind: 'organization', id: org_id, parent: NO_PARENT },
        { visitor, org_id },
        (before) => recordOf(org_id, body, before, toApiTime(deps.clock.now())),
      );
      const written = toApiWritten(record, created);
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

/** What is left out gets its default: a PUT states everything. */
function recordOf(
  orgId: string,
  body: ApiRequest<'putOrganization'>['body'],
  before: OrganizationRecord | undefined,
  now: string,
): OrganizationRecord {
  const shards = before?.overrides?.['agg_shard_count'];
  if (shards !== undefined && (body.overrides?.agg_shard_count ?? shards) !== shards) {
    throw new Fault('INVALID_CONFIG', 'overrides.agg_shard_count cannot change once it is set.');
  }
  checkQuotas(body.quotas ?? null, body.model_ordering ?? null);
  const overrides =
    shards === undefined
      ? (body.overrides ?? null)
      : { ...body.overrides, agg_shard_count: shards };
  return {
    org_id: orgId,
    org_name: body.org_name ?? null,
    timezone: fromApiTimeZone('body.timezone', body.timezone ?? TIMEZONE_DEFAULT),
    rate_limits: body.rate_limits ?? {},
    key_policy: body.key_policy ?? {},
    quota_scope: body.quota_scope ?? null,
    model_ordering: body.model_ordering ?? null,
    quotas: body.quotas ?? null,
    overrides,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
}

function toApi(record: OrganizationRecord): ApiResult<'getOrganization'> {
  const { org_id, created_at, updated_at } = record;
  return { org_id, ...configurationOf(record), created_at, updated_at };
}

function toApiWritten(record: OrganizationRecord, created: boolean): ApiResult<'putOrganization'> {
  const { org_id, created_at, updated_at } = record;
  return {
    org_id,
    status: created ? 'created' : 'updated',
    created_at,
    ...(created ? {} : { updated_at }),
    configuration: configurationOf(record),
  };
}

function configurationOf(
  record: OrganizationRecord,
): ApiResult<'putOrganization'>['configuration'] {
  const { org_name, timezone, rate_limits, key_policy, quota_scope } = record;
  return {
    org_name,
    timezone,
    rate_limits,
    key_policy,
    quota_scope,
    model_ordering: record.model_ordering === null ? null : [...record.model_ordering],
    quotas: record.quotas,
    overrides: record.overrides,
  };
}
