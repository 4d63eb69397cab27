/**
 * Access keys: what AWS SDKs sign their calls with, in place of AWS's own. The secret is shown
 * once, in the answer that makes it.
 */
import { Type } from 'typebox';
import { AppId, KeyId, OrgId, PageQuery, pageOf, strict } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { keyFields, KeyInput } from './keys.ts';

const AccessKeyId = Type.String({
  pattern: '^TKIA[A-Z2-7]{16}$',
  description: 'What an AWS SDK takes as access key id: TKIA and the `key_id` in capitals.',
});

const AccessKeyCreated = strict(
  {
    key_id: KeyId,
    access_key_id: AccessKeyId,
    secret_access_key: Type.String({
      description: 'The secret. It is shown here and never again; it is stored nowhere.',
    }),
  },
  'AccessKeyCreated',
);

export const AccessKey = strict(
  { key_id: KeyId, access_key_id: AccessKeyId, ...keyFields },
  'AccessKey',
);

const params = strict({ org_id: OrgId, app_id: AppId });

export const accessKeys = {
  createAccessKey: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/access-keys',
    summary: 'Make an access key for SigV4; its secret is in the answer and nowhere else',
    access: 'provisioning',
    secret: 'always',
    params,
    query: null,
    body: KeyInput,
    result: AccessKeyCreated,
    success: [201],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'access-keys', verb: 'create', alsoFlags: { user_id: 'user' }, ofDemo: true },
  },
  listAccessKeys: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/access-keys',
    summary: 'List the access keys of an application, revoked ones included',
    access: 'provisioning',
    params,
    query: strict(PageQuery),
    body: null,
    result: pageOf('access_keys', AccessKey),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'access-keys', verb: 'list' },
  },
  revokeAccessKey: {
    method: 'DELETE',
    path: '/api/v1/access-keys/{key_id}',
    summary: 'Revoke an access key at once; it stays listed',
    access: 'provisioning',
    params: strict({ key_id: KeyId }),
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'access-keys', verb: 'revoke' },
  },
} as const satisfies Record<string, Operation>;
