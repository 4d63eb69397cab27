/**
 * API keys: what applications call models with. The token is shown once, in the answer that makes
 * it.
 */
import { Type } from 'typebox';
import {
  AppId,
  KeyId,
  KeyPolicy,
  KeyPolicyInput,
  ModelId,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  RateLimits,
  strict,
  text,
  Time,
  UserId,
} from '../fields.ts';
import type { Operation } from '../operation.ts';

/** What a key may do and see. */
export const SCOPES = ['invoke', 'usage:self', 'usage:app', 'usage:org'] as const;

const Scopes = Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: 4, uniqueItems: true });
const Models = Type.Array(ModelId, { minItems: 1, maxItems: 100, uniqueItems: true });

/** What a key of either kind is made of. */
export const KeyInput = strict(
  {
    name: Type.Optional(text('Name for people.')),
    user_id: Type.Optional(UserId),
    scopes: Type.Optional(Scopes),
    expires_at: Type.Optional(Time),
    models: Type.Optional(Models),
    policy: Type.Optional(KeyPolicyInput),
    rate_limits: Type.Optional(RateLimits),
  },
  'KeyInput',
);

const KeyCreated = strict(
  {
    key_id: KeyId,
    api_key: Type.String({ description: 'The token. It is shown here and never again.' }),
  },
  'KeyCreated',
);

/** What lists show of a key of either kind, beside its id. */
export const keyFields = {
  org_id: OrgId,
  app_id: AppId,
  name: nullable(Type.String()),
  user_id: nullable(Type.String()),
  scopes: Scopes,
  models: nullable(Models),
  policy: KeyPolicy,
  rate_limits: RateLimits,
  status: Type.Enum(['active', 'expired', 'revoked']),
  created_at: Time,
  expires_at: nullable(Time),
  revoked_at: nullable(Time),
};

export const Key = strict({ key_id: KeyId, ...keyFields }, 'Key');

const params = strict({ org_id: OrgId, app_id: AppId });

export const keys = {
  createKey: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/keys',
    summary: 'Make an API key; its token is in the answer and nowhere else',
    access: 'provisioning',
    secret: 'always',
    params,
    query: null,
    body: KeyInput,
    result: KeyCreated,
    success: [201],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'keys', verb: 'create', alsoFlags: { user_id: 'user' }, ofDemo: true },
  },
  listKeys: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/keys',
    summary: 'List the API keys of an application, revoked ones included',
    access: 'provisioning',
    params,
    query: strict(PageQuery),
    body: null,
    result: pageOf('keys', Key),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'keys', verb: 'list' },
  },
  revokeKey: {
    method: 'DELETE',
    path: '/api/v1/keys/{key_id}',
    summary: 'Revoke an API key at once; it stays listed',
    access: 'provisioning',
    params: strict({ key_id: KeyId }),
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'keys', verb: 'revoke' },
  },
} as const satisfies Record<string, Operation>;
