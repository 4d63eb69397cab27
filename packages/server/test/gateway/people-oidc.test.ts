/** People of a real OpenID provider: they sign in there by a code, and call here by its tokens. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedIssuerFrom } from '../../src/config/issuer-settings.ts';
import { keyOf } from '../credentials/people/issuer-desk.ts';
import { exportJWK } from 'jose';
import { call } from './requests.ts';

const CLIENT = { client_id: 'shop', client_secret: 'a-secret-of-the-shop-that-is-long' };
const REDIRECT = 'https://shop.example/signed-in';
const API = 'urn:tollkeeper';

let product: RunningProduct;
let server: Server;
let issuer: string;

beforeAll(async () => {
  product = await startProduct();
  const params = { org_id: product.orgId };
  await product.client.putOrganization({ params, body: { tenant_id: 'tenant-1' } });
  server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await providerAt(issuer);
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  product.server.people.trust(
    trustedIssuerFrom({
      id: 'op',
      issuer,
      client_ids: [CLIENT.client_id, API],
      claims: { tenant: 'tenant', groups: 'roles' },
      roles: { tenant_administrator: { emails: ['ada@example.com'] } },
    }),
  );
});

afterAll(async () => {
  await product.close();
  server.closeAllConnections();
  server.close();
});

async function providerAt(url: string): Promise<Provider> {
  const { privateKey, kid } = await keyOf('op-key', 'ES256');
  return new Provider(url, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'client_credentials'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['a key of cookies'] },
    conformIdTokenClaims: false,
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    pkce: { required: () => false },
    claims: { openid: ['sub', 'tenant'], email: ['email', 'email_verified'] },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({
        sub: accountId,
        tenant: 'tenant-1',
        email: `${accountId}@example.com`,
        email_verified: true,
      }),
    }),
    extraTokenClaims: () => ({ tenant: 'tenant-1' }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'call',
          audience: API,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

/** Signs in as a browser does, and changes the code for tokens. */
async function signIn(login: string): Promise<{ id_token: string; access_token: string }> {
  const jar = new Map<string, string>();
  const visit = async (url: URL, form?: Record<string, string>): Promise<URL | string> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const next = answer.headers.get('location');
    return next === null ? answer.text() : new URL(next, issuer);
  };
  const query = { client_id: CLIENT.client_id, response_type: 'code', scope: 'openid email' };
  let at = new URL(
    `/auth?${String(new URLSearchParams({ ...query, redirect_uri: REDIRECT }))}`,
    issuer,
  );
  for (let step = 0; step < 20 && at.origin === issuer; step++) {
    const came = await visit(at);
    if (came instanceof URL) {
      at = came;
      continue;
    }
    const prompt = /name="prompt" value="(\w+)"/.exec(came)?.[1] ?? '';
    const after = await visit(at, { prompt, login, password: 'any' });
    if (typeof after === 'string') throw new Error(after);
    at = after;
  }
  return tokens({
    grant_type: 'authorization_code',
    code: at.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT,
  });
}

async function tokens(form: Record<string, string>) {
  const basic = Buffer.from(`${CLIENT.client_id}:${CLIENT.client_secret}`).toString('base64');
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams(form),
  });
  const body = (await answer.json()) as { id_token: string; access_token: string };
  if (!answer.ok) throw new Error(JSON.stringify(body));
  return body;
}

describe('tokens of a real OpenID provider', () => {
  it('of identity sign a person in, found by discovery alone', async () => {
    const { id_token } = await signIn('grace');
    expect((await call(product, { key: id_token })).status).toBe(200);
    expect(await product.server.people.resolve(id_token)).toMatchObject({
      person: { subject: 'grace', role: 'developer', email: 'grace@example.com' },
    });
  });

  it('of identity with a verified e-mail give the role that the settings name', async () => {
    const { id_token } = await signIn('ada');
    expect(await product.server.people.resolve(id_token)).toMatchObject({
      person: { role: 'tenant_administrator', org_id: product.orgId },
    });
  });

  it('of access (RFC 9068) do as well, for the audience that the settings name', async () => {
    const { access_token } = await tokens({ grant_type: 'client_credentials', scope: 'call' });
    const answer = await product.server.people.resolve(access_token);
    expect(answer).toMatchObject({ person: { subject: CLIENT.client_id, tenant: 'tenant-1' } });
  });

  it('that are not JSON web tokens are no tokens here', async () => {
    const [, , signature = ''] = (await signIn('grace')).id_token.split('.');
    expect((await call(product, { key: signature })).error).toBe('UnrecognizedClientException');
  });
});
