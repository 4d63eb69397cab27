/** API keys: make, list and revoke. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import {
  applicationDocument,
  type ApiKeyRecord,
  type OrganizationRecord,
} from '../catalog/records.ts';
import { mintApiKey, type MintedApiKey } from '../credentials/api-key.ts';
import { effectivePolicy } from '../credentials/authority.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { page, replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { fromApiTime, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['keys'];

const SCOPES_DEFAULT = ['invoke', 'usage:app'] as const;

/** Headers that carry credentials or route the call; the user's name cannot come in them. */
const RESERVED_HEADERS = /^(authorization|cookie|host|x-api-key|proxy-.*|x-amz-.*|content-.*)$/i;

export function keyHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    createKey: async ({ params, body }, visitor) => {
      await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const minted = mintApiKey(deps.ids);
      const record = recordOf(params, body, minted, toApiTime(deps.clock.now()));
      const { key_id, api_key } = minted;
      const parent = applicationDocument(params.org_id, params.app_id);
      const place = { kind: 'api_key', id: key_id, parent } as const;
      const change = { visitor, org_id: params.org_id };
      await replace<ApiKeyRecord>(deps, place, change, (before) => {
        // 80 random bits: this is a broken source of chance, not bad luck.
        if (before !== undefined) throw new Error('A new key id is already in use.');
        return record;
      });
      return { status: 201, body: { key_id, api_key } };
    },
    listKeys: async ({ params, query }) => {
      const organization = await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const parent = applicationDocument(params.org_id, params.app_id);
      const { items, next_cursor } = await page<ApiKeyRecord>(
        deps,
        'api_key',
        parent,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      const now = deps.clock.now();
      const keys = items.map((record) => toApi(record, organization, now));
      return { status: 200, body: { keys, next_cursor } };
    },
    revokeKey: async ({ params }, visitor) => {
      const { key_id } = params;
      const found = await deps.catalog.get<ApiKeyRecord>('api_key', key_id);
      if (found === undefined) throw notFound('The key');
      const now = toApiTime(deps.clock.now());
      await replace<ApiKeyRecord>(
        deps,
        { kind: 'api_key', id: key_id, parent: found.parent },
        { visitor, org_id: found.value.org_id },
        (before) => {
          if (before === undefined) throw notFound('The key');
          return { ...before, revoked_at: before.revoked_at ?? now };
        },
      );
      return { status: 204, body: undefined };
    },
  };
}

function recordOf(
  params: ApiRequest<'createKey'>['params'],
  body: ApiRequest<'createKey'>['body'],
  minted: MintedApiKey,
  now: string,
): ApiKeyRecord {
  const header = body.policy?.user_header ?? null;
  if (header !== null && RESERVED_HEADERS.test(header)) {
    throw invalidMember('body.policy.user_header', 'names a header with another meaning');
  }
  const { expires_at } = body;
  return {
    key_id: minted.key_id,
    org_id: params.org_id,
    app_id: params.app_id,
    name: body.name ?? null,
    user_id: body.user_id ?? null,
    scopes: body.scopes ?? SCOPES_DEFAULT,
    models: body.models ?? null,
    policy: body.policy ?? {},
    rate_limits: body.rate_limits ?? {},
    expires_at:
      expires_at === undefined ? null : toApiTime(fromApiTime('body.expires_at', expires_at)),
    created_at: now,
    revoked_at: null,
    hash: minted.hash,
  };
}

function toApi(
  record: ApiKeyRecord,
  organization: OrganizationRecord,
  now: number,
): ApiResult<'listKeys'>['keys'][number] {
  const { key_id, org_id, app_id, name, user_id, scopes, models, rate_limits } = record;
  const { created_at, expires_at, revoked_at } = record;
  return {
    key_id,
    org_id,
    app_id,
    name,
    user_id,
    scopes: [...scopes],
    models: models === null ? null : [...models],
    policy: effectivePolicy(record, organization),
    rate_limits,
    status: statusOf(record, now),
    created_at,
    expires_at,
    revoked_at,
  };
}

function statusOf(record: ApiKeyRecord, now: number): 'active' | 'expired' | 'revoked' {
  if (record.revoked_at !== null) return 'revoked';
  const { expires_at } = record;
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'active';
}
