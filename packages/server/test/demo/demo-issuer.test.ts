/** The demo's tokens, read by a library that knows nothing of the product. */
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { DemoIssuer } from '../../src/demo/demo-issuer.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';

const clock = systemClock();
const issuer = new DemoIssuer({
  endpoint: 'http://127.0.0.1:8080',
  clock,
  ids: systemIds(clock),
});
const keys = async () => createLocalJWKSet((await issuer.jwks()) as unknown as JSONWebKeySet);

test('an ID token says who and which tenant, as those of a Cognito user pool do', async () => {
  const { id_token, expires_in } = await issuer.tokens('tenant-1');
  const { payload, protectedHeader } = await jwtVerify(id_token, await keys(), {
    issuer: 'http://127.0.0.1:8080/demo-issuer',
    audience: issuer.trusted.client_ids[0] ?? '',
    algorithms: ['RS256'],
  });
  expect(protectedHeader.kid).toBeTypeOf('string');
  expect(payload).toMatchObject({
    token_use: 'id',
    'cognito:username': 'tenant-1',
    'custom:tenant_id': 'tenant-1',
    email_verified: true,
  });
  expect(payload['cognito:groups']).toBeUndefined();
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(expires_in);
});

test('an access token names its client and no audience', async () => {
  const { access_token } = await issuer.tokens('tenant-2');
  const { payload } = await jwtVerify(access_token, await keys());
  expect(payload).toMatchObject({
    token_use: 'access',
    client_id: issuer.trusted.client_ids[0],
    username: 'tenant-2',
    'custom:tenant_id': 'tenant-2',
  });
  expect(payload.aud).toBeUndefined();
});

test('the administrator has a group and no tenant', async () => {
  const { id_token } = await issuer.tokens('admin');
  const { payload } = await jwtVerify(id_token, await keys());
  expect(payload['cognito:groups']).toEqual(['platform-administrators']);
  expect(payload['custom:tenant_id']).toBeUndefined();
});

test('no private part of the key is published', async () => {
  const { keys: published } = (await issuer.jwks()) as { keys: Record<string, unknown>[] };
  expect(Object.keys(published[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});
