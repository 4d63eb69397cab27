/**
 * Access tokens of OAuth clients (RFC 6749, client credentials): issue, refresh and revoke them,
 * and the public keys by which anybody can verify them. Bodies are JSON or forms; a client may send
 * its id and secret by HTTP Basic instead. The errors of RFC 6749 are in `details.oauth_error`.
 */
import { Type } from 'typebox';
import { strict } from '../fields.ts';
import type { Operation } from '../operation.ts';

/** Longest client id, secret and token that are looked at, in characters. */
const CLIENT_ID_LENGTH_MAX = 256;
const SECRET_LENGTH_MAX = 512;
export const ACCESS_TOKEN_LENGTH_MAX = 4096;

const GrantType = (expected: string) =>
  Type.String({ minLength: 1, maxLength: 200, description: `\`${expected}\`.` });
const Token = (description: string) =>
  Type.String({ minLength: 1, maxLength: ACCESS_TOKEN_LENGTH_MAX, description });
const AccessToken = Type.String({ description: 'Sent as bearer. A JWT signed with ES256.' });
const TokenType = Type.Enum(['Bearer']);
const Seconds = (description: string) => Type.Integer({ minimum: 1, description });

const ClientId = Type.String({
  minLength: 1,
  maxLength: CLIENT_ID_LENGTH_MAX,
  description: '`org-<org_id>` or `org-<org_id>-app-<app_id>`. Absent when HTTP Basic names it.',
});
const ClientSecret = Type.String({
  minLength: 1,
  maxLength: SECRET_LENGTH_MAX,
  description: 'Absent when it is sent by HTTP Basic.',
});

const TokenRequest = strict(
  {
    client_id: ClientId,
    client_secret: ClientSecret,
    grant_type: GrantType('client_credentials'),
    scope: Type.Optional(
      Type.String({
        maxLength: 500,
        description: 'Some of the scopes, separated by spaces: the token is good for no others.',
      }),
    ),
  },
  'TokenRequest',
);

const TokenAnswer = strict(
  {
    access_token: AccessToken,
    refresh_token: Type.String({ description: 'Makes further access tokens until it expires.' }),
    token_type: TokenType,
    expires_in: Seconds('Seconds that the access token lives.'),
    refresh_expires_in: Seconds('Seconds that the refresh token lives.'),
    scope: Type.String({ description: 'Whose it is, such as `org:<org_id> app:<app_id>`.' }),
  },
  'TokenAnswer',
);

const RefreshRequest = strict(
  {
    refresh_token: Token('As `/auth/token` gave it.'),
    grant_type: GrantType('refresh_token'),
    client_id: Type.Optional(ClientId),
    client_secret: Type.Optional(ClientSecret),
  },
  'RefreshRequest',
);

const RefreshAnswer = strict(
  {
    access_token: AccessToken,
    token_type: TokenType,
    expires_in: Seconds('Seconds that the access token lives.'),
  },
  'RefreshAnswer',
);

const RevokeRequest = strict(
  {
    token: Token('An access token, or a refresh token with all access tokens made from it.'),
    token_type_hint: Type.Optional(Type.String({ maxLength: 100, description: 'Not needed.' })),
  },
  'RevokeRequest',
);

const PublicKey = strict(
  {
    kty: Type.Enum(['EC']),
    crv: Type.Enum(['P-256']),
    x: Type.String(),
    y: Type.String(),
    kid: Type.String(),
    use: Type.Enum(['sig']),
    alg: Type.Enum(['ES256']),
  },
  'PublicKey',
);

export const auth = {
  issueToken: {
    method: 'POST',
    path: '/auth/token',
    summary: "Get tokens for a client's id and secret",
    access: 'public',
    rate: 'token',
    params: null,
    query: null,
    body: TokenRequest,
    form: true,
    result: TokenAnswer,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'RATE_LIMIT_EXCEEDED'],
    command: null,
  },
  refreshToken: {
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Get a further access token for a refresh token',
    access: 'public',
    rate: 'refresh',
    params: null,
    query: null,
    body: RefreshRequest,
    form: true,
    result: RefreshAnswer,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'RATE_LIMIT_EXCEEDED'],
    command: null,
  },
  revokeToken: {
    method: 'POST',
    path: '/auth/revoke',
    summary: "End one of the client's own tokens at once; a refresh token with all made from it",
    access: 'client',
    rate: 'revoke',
    params: null,
    query: null,
    body: RevokeRequest,
    form: true,
    result: null,
    success: [204],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'RATE_LIMIT_EXCEEDED'],
    command: null,
  },
  jwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys that tokens are signed with (RFC 7517)',
    access: 'public',
    rate: null,
    params: null,
    query: null,
    body: null,
    result: strict({ keys: Type.Array(PublicKey) }, 'KeySet'),
    success: [200],
    errors: [],
    command: null,
  },
} as const satisfies Record<string, Operation>;
