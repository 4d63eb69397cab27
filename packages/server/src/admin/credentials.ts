/** Secrets of OAuth clients and the keys that sign their tokens: changed, fetched and listed. */
import type { ApiRequest, ApiResult, Handlers, RESOURCES } from '@tollkeeper/contract';
import { SIGNING_KEYS, type SigningKeysRecord } from '../catalog/client-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import type { ClientOwner } from '../credentials/clients/client-secrets.ts';
import { rotatedKeys, SIGNING_KEYS_MAX } from '../credentials/tokens/signing-key-ring.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { replace } from './catalog-change.ts';
import { newSecret, offerSecret, takeSecret } from './clients.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['credentials'];
type RotateBody = ApiRequest<'rotateOrganizationSecret'>['body'];
type Rotated = Omit<ApiResult<'rotateOrganizationSecret'>, 'org_id'>;
type Fetched = ApiResult<'getOrganizationSecret'>;

const HOUR_MS = 3_600_000;
const GRACE_HOURS_DEFAULT = 168;
/** For how long others may keep a copy of the public keys: a new key signs after that. */
const SIGNING_LEAD_MS = 5 * 60_000;
const NOTE = 'This secret is not shown again. Store it in a safe place.';

export function credentialHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const ofOrg = async ({ org_id }: { readonly org_id: string }): Promise<ClientOwner> => {
    await organizationOf(deps, org_id);
    return { org_id, app_id: null };
  };
  const ofApp = async (params: { readonly org_id: string; readonly app_id: string }) => {
    const { org_id, app_id } = params;
    await organizationOf(deps, org_id);
    await applicationOf(deps, org_id, app_id);
    return { org_id, app_id };
  };
  const fetched = async (visitor: Visitor, owner: ClientOwner, token: string) =>
    ({ status: 200, body: await fetchSecret(deps, visitor, owner, token) }) as const;
  return {
    rotateOrganizationSecret: async ({ params, body }, visitor) => {
      const rotated = await rotate(deps, visitor, await ofOrg(params), body);
      return { status: 200, body: { org_id: params.org_id, ...rotated } };
    },
    rotateApplicationSecret: async ({ params, body }, visitor) => {
      const { org_id, app_id } = params;
      const rotated = await rotate(deps, visitor, await ofApp(params), body);
      return { status: 200, body: { org_id, app_id, ...rotated } };
    },
    getOrganizationSecret: async ({ params, query }, visitor) =>
      fetched(visitor, await ofOrg(params), query.token),
    fetchOrganizationSecret: async ({ params, body }, visitor) =>
      fetched(visitor, await ofOrg(params), body.token),
    getApplicationSecret: async ({ params, query }, visitor) =>
      fetched(visitor, await ofApp(params), query.token),
    fetchApplicationSecret: async ({ params, body }, visitor) =>
      fetched(visitor, await ofApp(params), body.token),
    listSigningKeys: async () => ({ status: 200, body: await signingKeys(deps) }),
    rotateSigningKeys: async ({ body }, visitor) => {
      await rotateSigningKeys(deps, visitor, body.revoke_old ?? false);
      return { status: 200, body: await signingKeys(deps) };
    },
  };
}

async function rotate(
  deps: AdminDependencies,
  visitor: Visitor,
  owner: ClientOwner,
  body: RotateBody,
): Promise<Rotated> {
  const hours = body.grace_period_hours ?? GRACE_HOURS_DEFAULT;
  const now = deps.clock.now();
  const graceEndsAt = now + hours * HOUR_MS;
  const change = { visitor, org_id: owner.org_id };
  const terms = { graceEndsAt, revokeTokens: body.revoke_tokens ?? false };
  const issued = await newSecret(deps, change, owner, terms);
  const { token, expiresAt } = await offerSecret(deps, issued);
  return {
    ...issued,
    rotation: {
      rotated_at: toApiTime(now),
      old_secret_expires_at: toApiTime(graceEndsAt),
      grace_period_hours: hours,
    },
    secret_retrieval: {
      url: `${pathOf(owner)}/credentials/secret?token=${token}`,
      token,
      expires_at: toApiTime(expiresAt),
    },
  };
}

function pathOf({ org_id, app_id }: ClientOwner): string {
  const org = `/api/v1/orgs/${org_id}`;
  return app_id === null ? org : `${org}/apps/${app_id}`;
}

async function fetchSecret(
  deps: AdminDependencies,
  visitor: Visitor,
  owner: ClientOwner,
  token: string,
): Promise<Fetched> {
  const { client_id, client_secret, expires_at } = await takeSecret(deps, visitor, owner, token);
  const retrieved_at = toApiTime(deps.clock.now());
  return { client_id, client_secret, retrieved_at, expires_at, note: NOTE };
}

async function rotateSigningKeys(
  deps: AdminDependencies,
  visitor: Visitor,
  revokeOld: boolean,
): Promise<void> {
  const { clock, ids, oauth } = deps;
  const { accessSeconds, refreshSeconds } = oauth.issuer.terms;
  const place = { kind: 'signing_key', id: SIGNING_KEYS, parent: NO_PARENT } as const;
  await replace<SigningKeysRecord>(deps, place, { visitor, org_id: null }, (before) => {
    const after = rotatedKeys({ ids, box: oauth.box }, before, {
      now: clock.now(),
      leadMs: SIGNING_LEAD_MS,
      // A refresh token can make an access token to its last moment.
      lifetimeMs: (refreshSeconds + accessSeconds) * 1000,
      revokeOld,
    });
    if (after.keys.length <= SIGNING_KEYS_MAX) return after;
    throw new Fault(
      'INVALID_CONFIG',
      `There are ${SIGNING_KEYS_MAX} signing keys that have not retired. Wait for the oldest, ` +
        'or drop them all with revoke_old.',
    );
  });
}

async function signingKeys(deps: AdminDependencies): Promise<ApiResult<'listSigningKeys'>> {
  const keys = await deps.oauth.keys.published();
  return {
    signing_keys: keys.map(({ kid, created_at, signs_from, retires_at }) => ({
      kid,
      created_at,
      signs_from,
      retires_at,
    })),
  };
}
