/** Applications: workloads of an organization. What is left out is inherited from it. */
import { Type } from 'typebox';
import {
  AppId,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  RateLimits,
  strict,
  text,
  Time,
} from '../fields.ts';
import type { Operation } from '../operation.ts';
import { ClientCredentials } from './credentials.ts';
import { ApplicationOverrides, ModelOrdering, Quotas } from './organizations.ts';

const ApplicationInput = strict(
  {
    app_name: Type.Optional(text('Name for people.')),
    rate_limits: Type.Optional(RateLimits),
    model_ordering: Type.Optional(ModelOrdering),
    quotas: Type.Optional(Quotas),
    overrides: Type.Optional(ApplicationOverrides),
  },
  'ApplicationInput',
);

const configuration = {
  app_name: nullable(Type.String()),
  rate_limits: RateLimits,
  model_ordering: nullable(ModelOrdering),
  quotas: nullable(Quotas),
  overrides: nullable(ApplicationOverrides),
  inherited_fields: Type.Array(Type.String(), {
    description: "Members that come from the organization's settings.",
  }),
};

export const Application = strict(
  { org_id: OrgId, app_id: AppId, ...configuration, created_at: Time, updated_at: Time },
  'Application',
);

const ApplicationWritten = strict(
  {
    org_id: OrgId,
    app_id: AppId,
    status: Type.Enum(['created', 'updated']),
    created_at: Time,
    updated_at: Type.Optional(Time),
    credentials: Type.Optional(ClientCredentials),
    configuration: strict(configuration, 'ApplicationConfiguration'),
  },
  'ApplicationWritten',
);

const params = strict({ org_id: OrgId, app_id: AppId });

export const applications = {
  putApplication: {
    method: 'PUT',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}',
    summary: 'Create an application, or replace its settings; what is left out is inherited',
    access: 'provisioning',
    secret: 'when_created',
    rate: 'provisioning',
    params,
    query: null,
    body: ApplicationInput,
    result: ApplicationWritten,
    success: [200, 201],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'RATE_LIMIT_EXCEEDED',
    ],
    command: { noun: 'apps', verb: 'put' },
  },
  getApplication: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}',
    summary: 'Read an application',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Application,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'apps', verb: 'get' },
  },
  listApplications: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/apps',
    summary: 'List the applications of an organization',
    access: 'provisioning',
    params: strict({ org_id: OrgId }),
    query: strict(PageQuery),
    body: null,
    result: pageOf('applications', Application),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'apps', verb: 'list' },
  },
} as const satisfies Record<string, Operation>;
