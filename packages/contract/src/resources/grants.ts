/**
 * Grants: what of the gateway's own AWS rights an organization may use. Without one, it may not.
 */
import { Type } from 'typebox';
import { GrantId, nullable, OrgId, PageQuery, pageOf, Region, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

const Kind = Type.Enum(['arn', 's3_prefix', 'model']);
const Value = Type.String({
  pattern: '^[!-~]{1,2048}$',
  description:
    'An ARN, an `s3://bucket/prefix`, or a model id, by `kind`. The first model grant limits ' +
    'the organization to the models granted; account-owned ARNs and S3 always need a grant.',
});

const GrantInput = strict(
  { kind: Kind, value: Value, region: Type.Optional(Region) },
  'GrantInput',
);

export const Grant = strict(
  {
    grant_id: GrantId,
    org_id: OrgId,
    kind: Kind,
    value: Value,
    region: nullable(Region),
    created_at: Time,
  },
  'Grant',
);

const params = strict({ org_id: OrgId, grant_id: GrantId });
const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'] as const;

export const grants = {
  putGrant: {
    method: 'PUT',
    path: '/api/v1/orgs/{org_id}/grants/{grant_id}',
    summary: 'Create or replace a grant',
    access: 'provisioning',
    params,
    query: null,
    body: GrantInput,
    result: Grant,
    success: [200, 201],
    errors,
    command: { noun: 'grants', verb: 'put' },
  },
  getGrant: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/grants/{grant_id}',
    summary: 'Read a grant',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Grant,
    success: [200],
    errors,
    command: { noun: 'grants', verb: 'get' },
  },
  listGrants: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/grants',
    summary: 'List the grants of an organization',
    access: 'provisioning',
    params: strict({ org_id: OrgId }),
    query: strict(PageQuery),
    body: null,
    result: pageOf('grants', Grant),
    success: [200],
    errors,
    command: { noun: 'grants', verb: 'list' },
  },
  deleteGrant: {
    method: 'DELETE',
    path: '/api/v1/orgs/{org_id}/grants/{grant_id}',
    summary: 'Withdraw a grant at once',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors,
    command: { noun: 'grants', verb: 'delete' },
  },
} as const satisfies Record<string, Operation>;
