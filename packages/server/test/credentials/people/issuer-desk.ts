/**
 * An issuer on loopback that publishes its keys over real HTTP, makes tokens of the shape that a
 * Cognito user pool makes, and counts how often it was asked.
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { trustedIssuerFrom } from '../../../src/config/issuer-settings.ts';
import type { TrustedIssuer } from '../../../src/config/trusted-issuers.ts';

export interface IssuedKey {
  readonly kid: string;
  readonly algorithm: 'RS256' | 'ES256';
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export interface TokenParts {
  readonly key?: IssuedKey;
  /** Laid over those of a token of identity; undefined members are left out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

export const CLIENT_ID = '1example23456789';

/** An issuer as it stands in a settings file, over the members given. */
export function issuerOf(issuer: string, members: object = {}): TrustedIssuer {
  return trustedIssuerFrom({ id: 'pool', issuer, client_ids: [CLIENT_ID], ...members });
}

export async function keyOf(
  kid: string,
  algorithm: IssuedKey['algorithm'] = 'RS256',
): Promise<IssuedKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey, jwk };
}

/** Claims of an IdToken as a user pool makes them. */
export function poolClaims(issuer: string, now: number, claims: object = {}) {
  const seconds = Math.floor(now / 1_000);
  return {
    sub: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
    iss: issuer,
    aud: CLIENT_ID,
    token_use: 'id',
    'cognito:username': 'tenant-1',
    'custom:tenant_id': 'tenant-1',
    email: 'ada@example.com',
    email_verified: true,
    auth_time: seconds,
    iat: seconds,
    exp: seconds + 3_600,
    ...claims,
  };
}

export type IssuerDesk = Awaited<ReturnType<typeof startIssuer>>;

/** `now`: what time its tokens are made at, in milliseconds. */
export async function startIssuer(now: () => number) {
  const first = await keyOf('key-1');
  const state = {
    keys: [first] as readonly IssuedKey[],
    asked: { discovery: 0, keys: 0, user: 0 },
  };
  const users = new Map<string, object>();
  let down = false;
  let userHeaders: IncomingHttpHeaders = {};
  const answer = (path: string, headers: IncomingHttpHeaders): [number, unknown] => {
    if (path === '/.well-known/openid-configuration') {
      state.asked.discovery += 1;
      return [200, { issuer: url, jwks_uri: `${url}/keys` }];
    }
    if (path === '/keys') {
      state.asked.keys += 1;
      return [200, { keys: state.keys.map(({ jwk }) => jwk) }];
    }
    state.asked.user += 1;
    userHeaders = headers;
    const user = users.get(headers.authorization ?? '');
    return user === undefined ? [401, { message: 'invalid token' }] : [200, user];
  };
  const server = createServer((request, response) => {
    const [status, body] = answer(request.url ?? '', request.headers);
    response.writeHead(down ? 503 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const url = await listening(server);
  return {
    url,
    first,
    asked: state.asked,
    /** What it publishes from now on. */
    publish: (...keys: readonly IssuedKey[]): void => void (state.keys = keys),
    /** Whether it answers 503 to everything. */
    goDown: (value: boolean): void => void (down = value),
    /** Whose a token is from now on, by its user endpoint. */
    user: (token: string, user: object): void => void users.set(`Bearer ${token}`, user),
    forget: (): void => users.clear(),
    get userHeaders(): IncomingHttpHeaders {
      return userHeaders;
    },
    token: ({ key = first, claims = {}, header = {} }: TokenParts = {}): Promise<string> =>
      new SignJWT(poolClaims(url, now(), claims))
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
        .sign(key.privateKey),
    close: (): Promise<void> => closed(server),
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
