/**
 * People who sign in at a trusted issuer, at the gateway: whose their calls are, and every way in
 * which a token can be taken for what it is not.
 */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { exportSPKI, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CLIENT_ID,
  issuerOf,
  keyOf,
  poolClaims,
  startIssuer,
  type IssuerDesk,
} from '../credentials/people/issuer-desk.ts';
import { call, entriesOf, eventually } from './requests.ts';
import { startSecond } from './second-server.ts';

let product: RunningProduct;
let pool: IssuerDesk;
let otherPool: IssuerDesk;

beforeAll(async () => {
  product = await startProduct();
  const now = (): number => product.server.clock.now();
  pool = await startIssuer(now);
  otherPool = await startIssuer(now);
  product.server.people.trust(
    issuerOf(pool.url, {
      roles: {
        platform_administrator: { groups: ['platform-admins'], emails: ['admin@example.com'] },
        viewer: { groups: ['readers'] },
      },
      tenants: ['tenant-1', product.orgId],
    }),
  );
  const params = { org_id: product.orgId };
  await product.client.putOrganization({ params, body: { tenant_id: 'tenant-1' } });
  const other = { org_id: product.server.ids.uuid() };
  await product.client.putOrganization({ params: other, body: { tenant_id: 'tenant-2' } });
});

afterAll(async () => {
  await product.close();
  await pool.close();
  await otherPool.close();
});

const seconds = (): number => Math.floor(product.server.clock.now() / 1_000);
const with_ = (claims: object) => pool.token({ claims: { ...claims } });
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('whose a call is', () => {
  it('is its organization’s and its own, with no key, and counts on the budget', async () => {
    const answer = await call(product, { key: await pool.token() });
    expect(answer.status).toBe(200);
    const [entry] = await eventually(async () => {
      const entries = await entriesOf(product, answer.requestId);
      return entries.length > 0 ? entries : undefined;
    });
    expect(entry).toMatchObject({
      org_id: product.orgId,
      app_id: 'web',
      user_id: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      key_id: null,
    });
    const [budget] = (await product.client.listBudgets({})).budgets;
    expect(Number(budget?.spent)).toBeGreaterThan(0);
  });

  it('is known by an access token, which names the client and not an audience', async () => {
    const token = await with_({ aud: undefined, client_id: CLIENT_ID, token_use: 'access' });
    expect((await call(product, { key: token })).status).toBe(200);
  });

  it('is known by the UUID of the organization too', async () => {
    const token = await with_({ 'custom:tenant_id': product.orgId.toUpperCase() });
    expect((await call(product, { key: token })).status).toBe(200);
  });

  it('is refused when the budget is spent, as any other', async () => {
    const spent = await startProduct({ limitUsd: '0' });
    spent.server.people.trust(issuerOf(pool.url));
    const params = { org_id: spent.orgId };
    await spent.client.putOrganization({ params, body: { tenant_id: 'tenant-1' } });
    const answer = await call(spent, { key: await pool.token() });
    await spent.close();
    expect([answer.status, answer.error]).toEqual([400, 'ServiceQuotaExceededException']);
  });
});

it('what another server changes of an organization counts from the next call on', async () => {
  const upstreamUrl = product.simulator.url;
  const second = await startSecond(product, { kind: 'demo', upstreamUrl });
  try {
    second.people.trust(issuerOf(pool.url));
    const key = await pool.token();
    const there = { ...product, endpoint: second.endpoint };
    const params = { org_id: product.orgId };
    expect((await call(there, { key })).status).toBe(200);
    await product.client.putOrganization({ params, body: { tenant_id: 'renamed' } });
    expect((await call(there, { key })).message).toContain('names no organization');
    await product.client.putOrganization({ params, body: { tenant_id: 'tenant-1' } });
    expect((await call(there, { key })).status).toBe(200);
  } finally {
    await second.close();
  }
});

/** Each kind of confusion: the token, and how it is refused. */
const CONFUSIONS: Readonly<Record<string, readonly [() => Promise<string> | string, string]>> = {
  'of an issuer that is not trusted': [
    () => pool.token({ claims: { iss: 'https://elsewhere.example' } }),
    'UnrecognizedClientException',
  ],
  'of another pool, which is not trusted': [() => otherPool.token(), 'UnrecognizedClientException'],
  'of another pool, in the name of ours': [
    () => otherPool.token({ claims: { iss: pool.url } }),
    'UnrecognizedClientException',
  ],
  'of another pool, in the name of ours and of its key': [
    async () => {
      const { privateKey } = await keyOf('key-1');
      return pool.token({ key: { ...pool.first, privateKey } });
    },
    'UnrecognizedClientException',
  ],
  'for another audience': [() => with_({ aud: 'another' }), 'UnrecognizedClientException'],
  'for another audience, beside our client': [
    () => with_({ aud: 'another', client_id: CLIENT_ID }),
    'UnrecognizedClientException',
  ],
  'for nobody': [() => with_({ aud: undefined }), 'UnrecognizedClientException'],
  'signed by nothing': [
    () => {
      const claims = poolClaims(pool.url, product.server.clock.now());
      return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`;
    },
    'UnrecognizedClientException',
  ],
  'that says none and has a signature': [
    async () => {
      const [, claims, signature] = (await pool.token()).split('.');
      return `${encoded({ alg: 'none', kid: 'key-1' })}.${claims}.${signature}`;
    },
    'UnrecognizedClientException',
  ],
  'signed by HS256 with the public key': [
    async () => {
      const key = await importJWK(pool.first.jwk, 'RS256', { extractable: true });
      const head = encoded({ alg: 'HS256', kid: 'key-1' });
      const text = `${head}.${encoded(poolClaims(pool.url, product.server.clock.now()))}`;
      const secret = await exportSPKI(key as Parameters<typeof exportSPKI>[0]);
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    },
    'UnrecognizedClientException',
  ],
  'signed by an algorithm that is not pinned': [
    () =>
      new SignJWT(poolClaims(pool.url, product.server.clock.now()))
        .setProtectedHeader({ alg: 'EdDSA', kid: 'key-1' })
        .sign(generateKeyPairSync('ed25519').privateKey),
    'UnrecognizedClientException',
  ],
  'that brings a key of its own': [
    async () => {
      const { privateKey, jwk } = await keyOf('key-1');
      return pool.token({ key: { ...pool.first, privateKey }, header: { jwk } });
    },
    'UnrecognizedClientException',
  ],
  'with a critical header that nobody knows': [
    async () => {
      const [, claims, signature] = (await pool.token()).split('.');
      return `${encoded({ alg: 'RS256', kid: 'key-1', crit: ['exp'] })}.${claims}.${signature}`;
    },
    'UnrecognizedClientException',
  ],
  'with other claims than were signed': [
    async () => {
      const [head, , signature] = (await pool.token()).split('.');
      const claims = poolClaims(pool.url, product.server.clock.now(), { sub: 'somebody-else' });
      return `${head}.${encoded(claims)}.${signature}`;
    },
    'UnrecognizedClientException',
  ],
  'that has expired': [() => with_({ exp: seconds() - 1 }), 'ExpiredTokenException'],
  'that never expires': [() => with_({ exp: undefined }), 'UnrecognizedClientException'],
  'that is not valid yet': [() => with_({ nbf: seconds() + 600 }), 'UnrecognizedClientException'],
  'from the future': [() => with_({ iat: seconds() + 600 }), 'UnrecognizedClientException'],
  'for another use': [() => with_({ token_use: 'refresh' }), 'UnrecognizedClientException'],
  'to log out by': [() => with_({ events: {} }), 'UnrecognizedClientException'],
  'with a tenant that its issuer does not speak for': [
    () => with_({ 'custom:tenant_id': 'tenant-2' }),
    'UnrecognizedClientException',
  ],
  'without a tenant': [
    () => with_({ 'custom:tenant_id': undefined }),
    'UnrecognizedClientException',
  ],
  'with a tenant that is not one name': [
    () => with_({ 'custom:tenant_id': ['tenant-1'] }),
    'UnrecognizedClientException',
  ],
  'without a subject': [() => with_({ sub: '' }), 'UnrecognizedClientException'],
  'that is too long': [() => with_({ more: 'x'.repeat(8_192) }), 'UnrecognizedClientException'],
  'of a role that only reads': [
    () => with_({ 'cognito:groups': ['readers'] }),
    'AccessDeniedException',
  ],
};

describe('a token is refused before anything is sent', () => {
  it.each(Object.entries(CONFUSIONS))('%s', async (_what, [make, error]) => {
    const before = (await product.book()).length;
    const answer = await call(product, { key: await make() });
    expect([answer.status, answer.error]).toEqual([403, error]);
    expect(await product.book()).toHaveLength(before);
  });

  it('in the header of keys, where a key is due', async () => {
    const answer = await call(product, {
      key: null,
      headers: { 'x-api-key': await pool.token() },
    });
    expect([answer.status, answer.error]).toEqual([403, 'UnrecognizedClientException']);
  });
});

it('an issuer is asked for its keys once, however many unknown key ids come', async () => {
  const stranger = await keyOf('x');
  const asked = pool.asked.keys;
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const key = await pool.token({ key: { ...stranger, kid: `unknown-${n}` } });
      return (await call(product, { key })).error;
    }),
  );
  expect(new Set(answers)).toEqual(new Set(['UnrecognizedClientException']));
  // The brake lets one through in ten seconds: the tests before may have used it.
  expect(pool.asked.keys - asked).toBeLessThanOrEqual(1);
});

describe('an administrator by e-mail', () => {
  const asAdmin = async (claims: object): Promise<number> => {
    const token = await with_({ 'cognito:groups': [], ...claims });
    const path = `${product.endpoint}/api/v1/orgs`;
    return (await fetch(path, { headers: { authorization: `Bearer ${token}` } })).status;
  };

  it('is one only if the address was verified', async () => {
    expect(await asAdmin({ email: 'Admin@Example.com', email_verified: true })).toBe(200);
    expect(await asAdmin({ email: 'admin@example.com', email_verified: 'true' })).toBe(200);
    for (const email_verified of [false, 'false', undefined, 1, 'yes']) {
      expect(await asAdmin({ email: 'admin@example.com', email_verified })).toBe(403);
    }
    expect(await asAdmin({ email: 'ada@example.com' })).toBe(403);
  });

  it('is told nothing about others when the token is of nobody', async () => {
    const token = await otherPool.token({ claims: { email: 'admin@example.com' } });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${product.endpoint}/api/v1/orgs`, { headers });
    expect(answer.status).toBe(401);
  });
});
