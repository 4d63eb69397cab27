/** Tokens of OAuth clients over HTTP: what each request gets, and what each mistake. */
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const OTHER = '3f2c1b0a-1111-4222-8333-123456789abd';
/** Any text. */
const TEXT: unknown = expect.any(String);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let plane: ControlPlane;
let client: { client_id: string; client_secret: string };
beforeEach(async () => {
  plane = await startControlPlane();
  const made = await plane.client.putOrganization({ params: { org_id: ORG }, body: {} });
  client = must(made.credentials);
});
afterEach(() => plane.close());

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none.');
  return value;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    readonly access_token: string;
    readonly refresh_token: string;
    readonly error: string;
    readonly message: string;
    readonly retry_after?: number;
    readonly details: { readonly oauth_error?: string };
  } & Readonly<Record<string, unknown>>;
}

async function post(
  path: string,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(plane.endpoint + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body: parsed as never };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const askToken = (over: object = {}) =>
  post('/auth/token', { ...client, grant_type: 'client_credentials', ...over });
const refresh = (refresh_token: string) =>
  post('/auth/refresh', { refresh_token, grant_type: 'refresh_token' });
const revoke = (by: string, token: string) => post('/auth/revoke', { token }, bearer(by));

/** Whether a token is taken as bearer: revoking nothing shows it, and changes nothing. */
async function works(token: string): Promise<boolean> {
  return (await revoke(token, 'not.a.token')).status === 204;
}

describe('a token', () => {
  it('is answered with what clients rely on', async () => {
    const { status, body, headers } = await askToken();
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: TEXT,
      refresh_token: TEXT,
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_expires_in: 604800,
      scope: `org:${ORG}`,
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('is given whatever else the request says, as RFC 6749 asks', async () => {
    expect((await askToken({ audience: 'https://example.com', scope: null })).status).toBe(200);
  });

  it('claims whose it is and what it is good for', async () => {
    const { body } = await askToken();
    const seconds = plane.clock.now() / 1000;
    const common = { sub: `org-${ORG}`, iat: seconds, iss: 'tollkeeper', jti: TEXT };
    expect(decodeJwt(body.access_token)).toMatchObject({
      ...common,
      org_id: ORG,
      app_id: null,
      scope: ['read:aggregates', 'write:costs', 'read:model-selection'],
      token_type: 'access',
      exp: seconds + 3600,
    });
    expect(decodeJwt(body.refresh_token)).toMatchObject({
      ...common,
      token_type: 'refresh',
      exp: seconds + 604_800,
    });
  });

  it('of an application names the application', async () => {
    const params = { org_id: ORG, app_id: 'web' };
    const { credentials } = await plane.client.putApplication({ params, body: {} });
    expect(credentials?.client_id).toBe(`org-${ORG}-app-web`);
    const { body } = await askToken(credentials);
    expect(body['scope']).toBe(`org:${ORG} app:web`);
    expect(decodeJwt(body.access_token)).toMatchObject({ org_id: ORG, app_id: 'web' });
  });

  it('verifies by the published keys', async () => {
    const { body } = await askToken();
    const response = await fetch(`${plane.endpoint}/.well-known/jwks.json`);
    const published = (await response.json()) as { keys: Record<string, unknown>[] };
    const { kid } = decodeProtectedHeader(body.access_token);
    expect(published.keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        use: 'sig',
        alg: 'ES256',
        kid,
        x: TEXT,
        y: TEXT,
      },
    ]);
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(published as never), {
      currentDate: new Date(plane.clock.now()),
      issuer: 'tollkeeper',
    });
    expect(payload.sub).toBe(`org-${ORG}`);
  });

  it('is given to forms and to HTTP Basic as well', async () => {
    const grant = { grant_type: 'client_credentials' };
    const form = new URLSearchParams({ ...client, ...grant, audience: 'ignored' });
    expect((await post('/auth/token', form.toString(), FORM)).status).toBe(200);
    const { client_id, client_secret } = client;
    const plain = basic(client_id, client_secret);
    const encoded = basic(encodeURIComponent(client_id), encodeURIComponent(client_secret));
    for (const authorization of [plain, encoded]) {
      const text = new URLSearchParams(grant).toString();
      expect((await post('/auth/token', text, { ...FORM, ...authorization })).status).toBe(200);
      expect((await post('/auth/token', grant, authorization)).status).toBe(200);
    }
    const json = JSON.stringify({ ...client, ...grant });
    expect((await post('/auth/token', json, FORM)).status).toBe(200);
  });

  it('is good for the scopes that were asked for, and no unknown ones', async () => {
    const { body } = await askToken({ scope: `org:${ORG} write:costs` });
    expect(decodeJwt(body.access_token)['scope']).toEqual(['write:costs']);
    const again = await refresh(body.refresh_token);
    expect(decodeJwt(again.body.access_token)['scope']).toEqual(['write:costs']);
    const wrong = await askToken({ scope: 'admin' });
    expect([wrong.status, wrong.body.details.oauth_error]).toEqual([400, 'invalid_scope']);
  });

  it('expires after its time', async () => {
    const { body } = await askToken();
    plane.clock.advance(HOUR_MS - 1);
    expect(await works(body.access_token)).toBe(true);
    plane.clock.advance(1);
    expect(await works(body.access_token)).toBe(false);
  });
});

describe('a request for a token', () => {
  it.each([
    ['another grant', { grant_type: 'password' }, 400, 'INVALID_REQUEST', 'unsupported_grant_type'],
    ['no grant', { grant_type: undefined }, 400, 'INVALID_REQUEST', 'invalid_request'],
    ['no secret', { client_secret: undefined }, 400, 'INVALID_REQUEST', 'invalid_request'],
    ['no client', { client_id: undefined }, 400, 'INVALID_REQUEST', 'invalid_request'],
    ['a secret that is no text', { client_secret: 7 }, 400, 'INVALID_REQUEST', 'invalid_request'],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'UNAUTHORIZED', 'invalid_client'],
    ['an unknown client', { client_id: `org-${OTHER}` }, 401, 'UNAUTHORIZED', 'invalid_client'],
    ['a client that is no id', { client_id: 'x' }, 401, 'UNAUTHORIZED', 'invalid_client'],
  ])('with %s is refused and says so', async (_, over, status, error, oauth_error) => {
    const answer = await askToken(over);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expect(answer.body.details.oauth_error).toBe(oauth_error);
    expect(answer.text).not.toContain(client.client_secret);
  });

  it('that is a form is refused when it says a thing twice', async () => {
    const text = `${new URLSearchParams(client).toString()}&client_id=other`;
    const { status, body } = await post('/auth/token', text, FORM);
    expect([status, body.details.oauth_error]).toEqual([400, 'invalid_request']);
  });

  it('may not name its client in two ways', async () => {
    const { client_id, client_secret } = client;
    const grant = { grant_type: 'client_credentials' };
    const header = basic(client_id, client_secret);
    expect((await post('/auth/token', { ...grant, client_secret }, header)).status).toBe(400);
    expect((await post('/auth/token', { ...grant, client_id: 'other' }, header)).status).toBe(400);
    expect((await post('/auth/token', { ...grant, client_id }, header)).status).toBe(200);
    expect((await post('/auth/token', grant, basic('', ''))).status).toBe(400);
  });

  it('by HTTP Basic that is wrong is asked for HTTP Basic again', async () => {
    const grant = { grant_type: 'client_credentials' };
    const { status, headers } = await post('/auth/token', grant, basic('a', 'b'));
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="tollkeeper"']);
  });
});

describe('a wrong secret', () => {
  /** What does not depend on the moment of a request. */
  function lasting({ status, headers, body }: Answer): unknown {
    const { timestamp: _at, request_id: _id, ...rest } = body;
    const shown = [...headers].filter(([name]) => !/^(x-request-id|date|x-ratelimit-)/.test(name));
    return { status, shown: Object.fromEntries(shown), rest };
  }

  it('of a known and of an unknown client gets one answer, after the same work', async () => {
    const known = { client_secret: 'wrong' };
    const unknown = { client_id: `org-${OTHER}`, client_secret: 'wrong' };
    const before = plane.hashes.count;
    const left = await askToken(known);
    const between = plane.hashes.count;
    const right = await askToken(unknown);
    expect(lasting(left)).toEqual(lasting(right));
    expect([between - before, plane.hashes.count - between]).toEqual([1, 1]);
  });

  it('costs one hash whatever number of secrets the client has', async () => {
    for (let i = 0; i < 3; i++) {
      await plane.client.rotateOrganizationSecret({ params: { org_id: ORG }, body: {} });
    }
    const before = plane.hashes.count;
    await askToken({ client_secret: 'wrong' });
    expect(plane.hashes.count - before).toBe(1);
  });

  it('too often is told to wait, known or not, and is not looked at until then', async () => {
    const answers: Record<string, Answer> = {};
    for (const client_id of [client.client_id, `org-${OTHER}`]) {
      for (let i = 0; i < 10; i++) {
        const { status } = await askToken({ client_id, client_secret: 'wrong' });
        expect(status).toBe(401);
      }
      const before = plane.hashes.count;
      const refused = await askToken({ client_id });
      expect([refused.status, refused.body.error]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
      expect(refused.body.retry_after).toBe(60);
      expect(refused.headers.get('retry-after')).toBe('60');
      expect(plane.hashes.count).toBe(before);
      answers[client_id] = refused;
    }
    const [known, unknown] = Object.values(answers);
    expect(lasting(must(known))).toEqual(lasting(must(unknown)));
    plane.clock.advance(60_000);
    expect((await askToken()).status).toBe(200);
  });
});

describe('a refresh token', () => {
  it('makes further access tokens of the same owner, as often as is wanted', async () => {
    const params = { org_id: ORG, app_id: 'web' };
    const made = await plane.client.putApplication({ params, body: {} });
    const { body } = await askToken(made.credentials);
    plane.clock.advance(2 * HOUR_MS);
    for (let i = 0; i < 2; i++) {
      const answer = await refresh(body.refresh_token);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        access_token: TEXT,
        token_type: 'Bearer',
        expires_in: 3600,
      });
      expect(decodeJwt(answer.body.access_token)).toMatchObject({ org_id: ORG, app_id: 'web' });
      expect(await works(answer.body.access_token)).toBe(true);
    }
  });

  it('ends after seven days', async () => {
    const { body } = await askToken();
    plane.clock.advance(7 * DAY_MS - 1);
    expect((await refresh(body.refresh_token)).status).toBe(200);
    plane.clock.advance(1);
    const late = await refresh(body.refresh_token);
    expect([late.status, late.body.details.oauth_error]).toEqual([401, 'invalid_grant']);
  });

  it('is not an access token, and an access token is none', async () => {
    const { body } = await askToken();
    expect(await works(body.refresh_token)).toBe(false);
    expect((await refresh(body.access_token)).status).toBe(401);
  });

  it.each([
    ['nothing', {}, 400],
    ['another grant', { refresh_token: 'x', grant_type: 'password' }, 400],
    ['what is no token', { refresh_token: 'x', grant_type: 'refresh_token' }, 401],
    ['what looks like one', { refresh_token: 'eyJh.e.e', grant_type: 'refresh_token' }, 401],
  ])('cannot be %s', async (_, body, status) => {
    expect((await post('/auth/refresh', body)).status).toBe(status);
  });

  it('may come with its client, which then has to be the right one', async () => {
    const { body } = await askToken();
    const request = { refresh_token: body.refresh_token, grant_type: 'refresh_token' };
    const form = new URLSearchParams({ ...request, ...client }).toString();
    expect((await post('/auth/refresh', form, FORM)).status).toBe(200);
    const header = basic(client.client_id, client.client_secret);
    expect((await post('/auth/refresh', request, header)).status).toBe(200);
    const wrong = { ...request, ...client, client_secret: 'wrong' };
    expect((await post('/auth/refresh', wrong)).status).toBe(401);
    const other = { ...request, client_id: `org-${OTHER}` };
    expect((await post('/auth/refresh', other)).status).toBe(401);
  });
});

describe('a revocation', () => {
  it('of an access token ends that one alone', async () => {
    const { body } = await askToken();
    const second = (await refresh(body.refresh_token)).body.access_token;
    expect((await revoke(second, body.access_token)).status).toBe(204);
    expect(await works(body.access_token)).toBe(false);
    expect(await works(second)).toBe(true);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('of a refresh token ends all that came from it', async () => {
    const { body } = await askToken();
    const child = (await refresh(body.refresh_token)).body.access_token;
    const elsewhere = (await askToken()).body.access_token;
    expect((await revoke(elsewhere, body.refresh_token)).status).toBe(204);
    expect(await works(body.access_token)).toBe(false);
    expect(await works(child)).toBe(false);
    expect((await refresh(body.refresh_token)).status).toBe(401);
    expect(await works(elsewhere)).toBe(true);
  });

  it('of a refresh token that has expired ends what it made last', async () => {
    const { body } = await askToken();
    plane.clock.advance(7 * DAY_MS - 1);
    const child = (await refresh(body.refresh_token)).body.access_token;
    const elsewhere = (await askToken()).body.access_token;
    plane.clock.advance(HOUR_MS / 2);
    expect(await works(child)).toBe(true);
    expect((await revoke(elsewhere, body.refresh_token)).status).toBe(204);
    expect(await works(child)).toBe(false);
    expect(await works(elsewhere)).toBe(true);
  });

  it('of its own bearer leaves it good for nothing, revoking included', async () => {
    const { body } = await askToken();
    expect((await revoke(body.access_token, body.access_token)).status).toBe(204);
    const again = await revoke(body.access_token, body.refresh_token);
    expect([again.status, again.body.error]).toEqual([401, 'UNAUTHORIZED']);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it("of another client's token is refused and changes nothing", async () => {
    const made = await plane.client.putOrganization({ params: { org_id: OTHER }, body: {} });
    const theirs = (await askToken(made.credentials)).body;
    const ours = (await askToken()).body;
    expect((await revoke(ours.access_token, theirs.access_token)).status).toBe(401);
    expect((await revoke(ours.access_token, theirs.refresh_token)).status).toBe(401);
    expect(await works(theirs.access_token)).toBe(true);
  });

  it('of what is no token, or none any more, is done already', async () => {
    const { body } = await askToken();
    for (const token of ['x', 'eyJh.e.e', body.access_token.slice(0, -3)]) {
      expect((await revoke(body.access_token, token)).status).toBe(204);
    }
    const form = new URLSearchParams({ token: 'x', token_type_hint: 'nonsense', client_id: 'y' });
    const headers = { ...FORM, ...bearer(body.access_token) };
    expect((await post('/auth/revoke', form.toString(), headers)).status).toBe(204);
  });

  it('needs a bearer and a token', async () => {
    const { body } = await askToken();
    expect((await post('/auth/revoke', { token: 'x' })).status).toBe(401);
    const byKey = { 'x-api-key': plane.provisioningKey };
    expect((await post('/auth/revoke', { token: 'x' }, byKey)).status).toBe(401);
    expect((await post('/auth/revoke', {}, bearer(body.access_token))).status).toBe(400);
  });

  it('is in the audit log, without the token', async () => {
    const { body } = await askToken();
    await revoke(body.access_token, body.refresh_token);
    const { records } = await plane.client.listAudit({ query: { resource: 'revoked_token' } });
    expect(records).toMatchObject([
      { action: 'revokeToken', actor: { kind: 'client', id: client.client_id }, org_id: ORG },
    ]);
    expect(JSON.stringify(records)).not.toContain(body.refresh_token);
  });
});

it('never takes a token that was changed, or signed by anybody else', async () => {
  const { body } = await askToken();
  const [head = '', payload = '', signature = ''] = body.access_token.split('.');
  const claims = decodeJwt(body.access_token);
  const altered = Buffer.from(JSON.stringify({ ...claims, org_id: OTHER })).toString('base64url');
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  for (const forged of [
    `${head}.${altered}.${signature}`,
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
  ]) {
    expect(await works(forged)).toBe(false);
  }
  expect(await works(body.access_token)).toBe(true);
});
