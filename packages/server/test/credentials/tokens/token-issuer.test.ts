/** Tokens as they are made: their keys, families and lives. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, it } from 'vitest';
import { aProcess, surroundings } from '../memory-catalog.ts';

const CLIENT = {
  client_id: 'org-o',
  org_id: 'o',
  app_id: null,
  generation: 3,
  salt: '',
  secrets: [],
  created_at: '',
  updated_at: '',
};

it('signs with ES256 and names its key', async () => {
  const { issuer, keys } = aProcess(surroundings());
  const { access_token, refresh_token } = await issuer.issue(CLIENT);
  const { kid } = await keys.signer();
  for (const token of [access_token, refresh_token]) {
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'JWT', kid });
  }
});

it('makes families: access tokens name the refresh token that they come with', async () => {
  const { issuer } = aProcess(surroundings());
  const { access_token, refresh_token } = await issuer.issue(CLIENT);
  const refresh = decodeJwt(refresh_token);
  const access = decodeJwt(access_token);
  expect(access['family']).toBe(refresh.jti);
  expect(access.jti).not.toBe(refresh.jti);
  expect([access['generation'], refresh['generation']]).toEqual([3, 3]);
});

it('lives as long as its terms say', async () => {
  const terms = { issuer: 'us', accessSeconds: 60, refreshSeconds: 120 };
  const { issuer } = aProcess(surroundings(), { terms });
  const { access_token, refresh_token } = await issuer.issue(CLIENT);
  const lives = [access_token, refresh_token].map((token) => {
    const { iat = 0, exp = 0, iss } = decodeJwt(token);
    return [exp - iat, iss];
  });
  expect(lives).toEqual([
    [60, 'us'],
    [120, 'us'],
  ]);
});
