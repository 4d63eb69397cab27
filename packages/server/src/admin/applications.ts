/** Applications of an organization: create, replace, read and list. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { applicationDocument, type ApplicationRecord } from '../catalog/records.ts';
import type { Visitor } from './access.ts';
import { page, replace } from './catalog-change.ts';
import { issueClient } from './clients.ts';
import { checkApplication, configOf } from './configuration.ts';
import type { AdminDependencies } from './dependencies.ts';
import { notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['applications'];
type Body = ApiRequest<'putApplication'>['body'];

export function applicationHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putApplication: async ({ params, body }, visitor) => {
      const { org_id, app_id } = params;
      const organization = await organizationOf(deps, org_id);
      checkApplication(body, organization, deps.keeper);
      const { record, created } = await replace<ApplicationRecord>(
        deps,
        { kind: 'application', id: applicationDocument(org_id, app_id), parent: org_id },
        { visitor, org_id, resource_id: app_id },
        (before) => recordOf(params, body, before, toApiTime(deps.clock.now())),
      );
      const { ordering } = configOf(organization, record, deps.keeper);
      if (ordering.length > 0) await deps.keeper.quotas.reconcileApplication(org_id, app_id);
      const written = toApiWritten(record, created, ordering);
      if (!created) return { status: 200, body: written };
      const credentials = await issueClient(deps, { visitor, org_id }, { org_id, app_id });
      return { status: 201, body: { ...written, credentials } };
    },
    getApplication: async ({ params }) => ({
      status: 200,
      body: toApi(await applicationOf(deps, params.org_id, params.app_id)),
    }),
    listApplications: async ({ params, query }) => {
      await organizationOf(deps, params.org_id);
      const found = await page<ApplicationRecord>(
        deps,
        'application',
        params.org_id,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      const { items, next_cursor } = found;
      return { status: 200, body: { applications: items.map(toApi), next_cursor } };
    },
  };
}

/** The application. Throws 404. */
export async function applicationOf(
  deps: AdminDependencies,
  orgId: string,
  appId: string,
): Promise<ApplicationRecord> {
  const id = applicationDocument(orgId, appId);
  const item = await deps.catalog.get<ApplicationRecord>('application', id);
  if (item === undefined) throw notFound('The application');
  return item.value;
}

function recordOf(
  params: { readonly org_id: string; readonly app_id: string },
  body: Body,
  before: ApplicationRecord | undefined,
  now: string,
): ApplicationRecord {
  return {
    org_id: params.org_id,
    app_id: params.app_id,
    app_name: body.app_name ?? null,
    rate_limits: body.rate_limits ?? {},
    model_ordering: body.model_ordering ?? null,
    quotas: body.quotas ?? null,
    overrides: body.overrides ?? null,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
}

function toApi(record: ApplicationRecord): ApiResult<'getApplication'> {
  const { org_id, app_id, created_at, updated_at } = record;
  return { org_id, app_id, ...configurationOf(record), created_at, updated_at };
}

/** `ordering` is what counts, its own or inherited; none where there are no labels. */
function toApiWritten(
  record: ApplicationRecord,
  created: boolean,
  ordering: readonly string[],
): ApiResult<'putApplication'> {
  const { org_id, app_id, created_at, updated_at } = record;
  const configuration = configurationOf(record);
  return {
    org_id,
    app_id,
    status: created ? 'created' : 'updated',
    created_at,
    ...(created ? {} : { updated_at }),
    configuration:
      ordering.length === 0 ? configuration : { ...configuration, model_ordering: [...ordering] },
  };
}

/** What an organization alone decides. */
const ALWAYS_INHERITED = ['timezone', 'quota_scope', 'agg_shard_count'];

function configurationOf(record: ApplicationRecord): ApiResult<'putApplication'>['configuration'] {
  const { app_name, rate_limits, model_ordering, quotas, overrides } = record;
  const inheritable = Object.entries({ model_ordering, quotas, overrides });
  return {
    app_name,
    rate_limits,
    model_ordering: model_ordering === null ? null : [...model_ordering],
    quotas,
    overrides,
    inherited_fields: [
      ...ALWAYS_INHERITED,
      ...inheritable.filter(([, value]) => value === null).map(([field]) => field),
    ],
  };
}
