/** Organizations: who is charged. The paths and members are those of the cost keeper, relaxed. */
import { Type } from 'typebox';
import {
  KeyPolicyInput,
  Label,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  RateLimits,
  strict,
  text,
  Time,
  TimeZone,
} from '../fields.ts';
import type { Operation } from '../operation.ts';
import { ClientCredentials } from './credentials.ts';

export const ModelOrdering = Type.Array(Label, {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
  description: 'Labels in the order in which they are tried.',
});

export const Quotas = Type.Record(Label, Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 }), {
  additionalProperties: false,
  maxProperties: 50,
  description: 'Micro-USD a day, by label.',
});

const overrides = {
  tight_mode_threshold_pct: Type.Optional(Type.Integer({ minimum: 50, maximum: 100 })),
  refresh_interval_secs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
};

export const ApplicationOverrides = strict(overrides, 'ApplicationOverrides');

const OrganizationOverrides = strict(
  {
    ...overrides,
    agg_shard_count: Type.Optional(
      Type.Enum([8, 16, 32, 64], { description: 'Cannot change once it is set.' }),
    ),
    sticky_fallback_enabled: Type.Optional(Type.Boolean()),
  },
  'OrganizationOverrides',
);

const QuotaScope = Type.Enum(['ORG', 'APP'], { description: 'Whose spending quotas count.' });

const TenantId = Type.String({
  pattern: '^[!-~]{1,128}$',
  description:
    'How tokens of people who sign in name the organization, besides its UUID; unique in the ' +
    'installation, and itself no UUID.',
});

const OrganizationInput = strict(
  {
    org_name: Type.Optional(text('Name for people.')),
    tenant_id: Type.Optional(TenantId),
    timezone: Type.Optional(TimeZone),
    rate_limits: Type.Optional(RateLimits),
    key_policy: Type.Optional(KeyPolicyInput),
    quota_scope: Type.Optional(QuotaScope),
    model_ordering: Type.Optional(ModelOrdering),
    quotas: Type.Optional(Quotas),
    overrides: Type.Optional(OrganizationOverrides),
  },
  'OrganizationInput',
);

const configuration = {
  org_name: nullable(Type.String()),
  tenant_id: nullable(TenantId),
  timezone: TimeZone,
  rate_limits: RateLimits,
  key_policy: KeyPolicyInput,
  quota_scope: nullable(QuotaScope),
  model_ordering: nullable(ModelOrdering),
  quotas: nullable(Quotas),
  overrides: nullable(OrganizationOverrides),
};

export const Organization = strict(
  { org_id: OrgId, ...configuration, created_at: Time, updated_at: Time },
  'Organization',
);

const OrganizationWritten = strict(
  {
    org_id: OrgId,
    status: Type.Enum(['created', 'updated']),
    created_at: Time,
    updated_at: Type.Optional(Time),
    credentials: Type.Optional(ClientCredentials),
    configuration: strict(
      {
        ...configuration,
        agg_shard_count: Type.Integer({ description: 'The value that counts.' }),
      },
      'OrganizationConfiguration',
    ),
  },
  'OrganizationWritten',
);

const params = strict({ org_id: OrgId });

export const organizations = {
  putOrganization: {
    method: 'PUT',
    path: '/api/v1/orgs/{org_id}',
    summary: 'Create an organization, or replace its settings; what is left out is the default',
    access: 'provisioning',
    secret: 'when_created',
    rate: 'provisioning',
    params,
    query: null,
    body: OrganizationInput,
    result: OrganizationWritten,
    success: [200, 201],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'ALREADY_EXISTS',
      'RATE_LIMIT_EXCEEDED',
    ],
    command: { noun: 'orgs', verb: 'put' },
  },
  getOrganization: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}',
    summary: 'Read an organization',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Organization,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'orgs', verb: 'get' },
  },
  listOrganizations: {
    method: 'GET',
    path: '/api/v1/orgs',
    summary: 'List organizations',
    access: 'provisioning',
    params: null,
    query: strict(PageQuery),
    body: null,
    result: pageOf('organizations', Organization),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
    command: { noun: 'orgs', verb: 'list' },
  },
} as const satisfies Record<string, Operation>;
