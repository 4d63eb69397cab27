/** What API keys and access keys have in common: how they are made, shown and revoked. */
import { PAGE_LIMIT_DEFAULT, type ApiRequest, type ApiResult } from '@tollkeeper/contract';
import {
  applicationDocument,
  type ApiKeyRecord,
  type KeyRecord,
  type OrganizationRecord,
} from '../catalog/records.ts';
import { effectivePolicy } from '../credentials/caller-of.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { page, replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { fromApiTime, toApiTime } from './time.ts';

/** The kinds of catalogue document that are keys. */
export type KeyKind = 'api_key' | 'access_key';

const SCOPES_DEFAULT = ['invoke', 'usage:app'] as const;

/** Headers that carry credentials or route the call; the user's name cannot come in them. */
const RESERVED_HEADERS = /^(authorization|cookie|host|x-api-key|proxy-.*|x-amz-.*|content-.*)$/i;

/** The record of a new key of either kind; `now` in RFC 3339. Throws a `Fault`. */
export function newKeyRecord(
  params: ApiRequest<'createKey'>['params'],
  body: ApiRequest<'createKey'>['body'],
  keyId: string,
  now: string,
): KeyRecord {
  const header = body.policy?.user_header ?? null;
  if (header !== null && RESERVED_HEADERS.test(header)) {
    throw invalidMember('body.policy.user_header', 'names a header with another meaning');
  }
  const { expires_at } = body;
  return {
    key_id: keyId,
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
  };
}

/** Keeps a new key of either kind. Its id has so many random bits that none is there twice. */
export async function keepNewKey(
  deps: AdminDependencies,
  kind: KeyKind,
  record: KeyRecord,
  visitor: Visitor,
): Promise<void> {
  const { key_id, org_id, app_id } = record;
  const place = { kind, id: key_id, parent: applicationDocument(org_id, app_id) };
  await replace<KeyRecord>(deps, place, { visitor, org_id }, (before) => {
    // This is a broken source of chance, not bad luck.
    if (before !== undefined) throw new Error('A new key id is already in use.');
    return record;
  });
}

/** One page of the keys of an application, of one kind, as lists show them. Throws a `Fault`. */
export async function pageOfKeys(
  deps: AdminDependencies,
  kind: KeyKind,
  { params, query }: Pick<ApiRequest<'listKeys'>, 'params' | 'query'>,
): Promise<ApiResult<'listKeys'>> {
  const organization = await organizationOf(deps, params.org_id);
  await applicationOf(deps, params.org_id, params.app_id);
  const parent = applicationDocument(params.org_id, params.app_id);
  const limit = PAGE_LIMIT_DEFAULT;
  const { items, next_cursor } = await page<KeyRecord>(deps, kind, parent, query, limit);
  const now = deps.clock.now();
  return { keys: items.map((record) => keyToApi(record, organization, now)), next_cursor };
}

/** A key as lists show it, with the policy that holds for it. */
function keyToApi(
  record: KeyRecord,
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

/** Revokes a key of one kind for good; the time of the first revocation stays. */
export async function revokeKeyOf(
  deps: AdminDependencies,
  kind: KeyKind,
  keyId: string,
  visitor: Visitor,
): Promise<void> {
  const what = kind === 'api_key' ? 'The key' : 'The access key';
  const found = await deps.catalog.get<KeyRecord>(kind, keyId);
  if (found === undefined) throw notFound(what);
  const now = toApiTime(deps.clock.now());
  const place = { kind, id: keyId, parent: found.parent };
  const change = { visitor, org_id: found.value.org_id };
  await replace<KeyRecord>(deps, place, change, (before) => {
    if (before === undefined) throw notFound(what);
    return { ...before, revoked_at: before.revoked_at ?? now };
  });
}

/** The key of an id, whichever kind it is. */
export async function anyKey(
  deps: Pick<AdminDependencies, 'catalog'>,
  keyId: string,
): Promise<KeyRecord | undefined> {
  const apiKey = await deps.catalog.get<ApiKeyRecord>('api_key', keyId);
  if (apiKey !== undefined) return apiKey.value;
  return (await deps.catalog.get<KeyRecord>('access_key', keyId))?.value;
}

function statusOf(record: KeyRecord, now: number): 'active' | 'expired' | 'revoked' {
  if (record.revoked_at !== null) return 'revoked';
  const { expires_at } = record;
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'active';
}
