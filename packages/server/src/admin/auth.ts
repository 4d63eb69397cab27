/** Tokens of OAuth clients: issued, refreshed and revoked; and the keys that verify them. */
import {
  CLIENT_SCOPES,
  type ApiRequest,
  type ApiResult,
  type ClientScope,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import type { ClientRecord, RevokedTokenRecord } from '../catalog/client-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import type { Claims } from '../credentials/tokens/claims.ts';
import { ownerScope } from '../credentials/tokens/client-principal.ts';
import { jwkOf } from '../credentials/tokens/signing-key-ring.ts';
import type { Visitor } from './access.ts';
import { auditRecord } from './audit-record.ts';
import { changed } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['auth'];

const TOKEN_TYPE = 'Bearer';
/** JWKS may be kept for a while: new keys are published before they sign. */
const JWKS_CACHE = { 'cache-control': 'public, max-age=300' } as const;
/** The longest life of an access token that the settings allow, now or when it was made. */
const ACCESS_MS_MAX = 24 * 3_600_000;

export function authHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const { oauth } = deps;
  const { accessSeconds, refreshSeconds } = oauth.issuer.terms;
  return {
    issueToken: async ({ body }, visitor) => {
      checkGrant(body.grant_type, 'client_credentials');
      const client = await authenticated(deps, body, visitor);
      const scopes = scopesOf(body.scope, client);
      const { access_token, refresh_token } = await oauth.issuer.issue(client, scopes);
      const result: ApiResult<'issueToken'> = {
        access_token,
        refresh_token,
        token_type: TOKEN_TYPE,
        expires_in: accessSeconds,
        refresh_expires_in: refreshSeconds,
        scope: ownerScope(client.org_id, client.app_id),
      };
      return { status: 200, body: result };
    },
    refreshToken: async ({ body }, visitor) => {
      checkGrant(body.grant_type, 'refresh_token');
      // The token is enough; what a client says of itself beside it has to be true.
      const { client_id, client_secret } = body;
      if (client_id !== undefined && client_secret !== undefined) {
        await authenticated(deps, { client_id, client_secret }, visitor);
      }
      const answer = await oauth.tokens.inspect(body.refresh_token);
      if (answer.kind !== 'token' || answer.claims.token_type !== 'refresh')
        throw badRefreshToken();
      if ((client_id ?? answer.claims.sub) !== answer.claims.sub) throw badRefreshToken();
      const access_token = await oauth.issuer.access(answer.client, answer.claims);
      return {
        status: 200,
        body: { access_token, token_type: TOKEN_TYPE, expires_in: accessSeconds },
      };
    },
    revokeToken: async ({ body }, visitor) => {
      await revoke(deps, visitor, body.token);
      return { status: 204, body: undefined };
    },
    jwks: async () => {
      const keys = await oauth.keys.published();
      return { status: 200, headers: JWKS_CACHE, body: { keys: keys.map(jwkOf) } };
    },
  };
}

/** The client of an id and its secret. Throws a `Fault`: the same for whatever was wrong. */
async function authenticated(
  { oauth }: AdminDependencies,
  {
    client_id,
    client_secret,
  }: Pick<ApiRequest<'issueToken'>['body'], 'client_id' | 'client_secret'>,
  { origin }: Visitor,
): Promise<ClientRecord> {
  const address = origin.source_ip ?? '';
  const checked = await oauth.secrets.check({ client_id, client_secret, address });
  switch (checked.kind) {
    case 'client':
      return checked.client;
    case 'refused':
      throw new Fault('UNAUTHORIZED', 'The client id or the client secret is wrong.', {
        oauth_error: 'invalid_client',
      });
    case 'wait':
      throw new Fault(
        'RATE_LIMIT_EXCEEDED',
        'Too many wrong secrets for this client from your address. Wait before you try again.',
        {},
        Math.max(1, Math.ceil(checked.ms / 1000)),
      );
    case 'crowded':
      throw new Fault('SERVICE_UNAVAILABLE', 'Too many clients ask for tokens. Try again shortly.');
  }
}

function checkGrant(given: string, expected: string): void {
  if (given === expected) return;
  throw new Fault('INVALID_REQUEST', `body.grant_type must be ${expected} here.`, {
    oauth_error: 'unsupported_grant_type',
  });
}

/**
 * What the token is to be good for: all, unless some scopes are named. Naming whose it is, as the
 * answer does, changes nothing.
 */
function scopesOf(asked: string | undefined, client: ClientRecord): readonly ClientScope[] {
  const owner = ownerScope(client.org_id, client.app_id).split(' ');
  const named = (asked ?? '').split(' ').filter((each) => each !== '' && !owner.includes(each));
  const scopes = CLIENT_SCOPES.filter((scope) => named.includes(scope));
  if (new Set(named).size !== scopes.length) {
    throw new Fault('INVALID_REQUEST', `body.scope may name: ${CLIENT_SCOPES.join(', ')}.`, {
      oauth_error: 'invalid_scope',
    });
  }
  return named.length === 0 ? CLIENT_SCOPES : scopes;
}

function badRefreshToken(): Fault {
  return new Fault(
    'UNAUTHORIZED',
    'The refresh token is not valid, has expired or was revoked. POST /auth/token gives another.',
    { oauth_error: 'invalid_grant' },
  );
}

/**
 * Ends a token of the visitor's own. What is no token, or none any more, is no error (RFC 7009,
 * section 2.2). Throws a `Fault` for another client's.
 */
async function revoke(deps: AdminDependencies, visitor: Visitor, token: string): Promise<void> {
  if (visitor.kind !== 'client') throw new Error('Only clients are admitted to this.');
  // An expired refresh token is of no use, but the last access token made with it still is.
  const answer = await deps.oauth.tokens.inspect(token, ACCESS_MS_MAX);
  if (answer.kind !== 'token') return;
  const { claims, client } = answer;
  if (claims.sub !== visitor.client.client_id) {
    throw new Fault('UNAUTHORIZED', "The token is another client's.", {
      oauth_error: 'invalid_client',
    });
  }
  const value: RevokedTokenRecord = {
    client_id: claims.sub,
    token_type: claims.token_type,
    revoked_at: toApiTime(deps.clock.now()),
    keep_until: toApiTime(lastEnd(claims)),
  };
  const place = { kind: 'revoked_token', id: claims.jti } as const;
  const change = { visitor, org_id: client.org_id };
  // Once is enough: whoever came first has ended it.
  await deps.catalog.put({
    ...place,
    parent: NO_PARENT,
    value,
    expected: 0,
    audit: auditRecord(deps, change, place, { before: undefined, after: value }),
  });
  await changed(deps);
}

/** When the last token that goes with this one expires, in milliseconds since the epoch. */
function lastEnd(claims: Claims): number {
  return claims.exp * 1000 + (claims.token_type === 'refresh' ? ACCESS_MS_MAX : 0);
}
