/** What a token has to claim to be one of ours. */
import { expect, it } from 'vitest';
import { claimsFrom, type AccessClaims } from '../../../src/credentials/tokens/claims.ts';

const ACCESS: AccessClaims = {
  sub: 'org-o',
  org_id: 'o',
  app_id: null,
  scope: ['write:costs'],
  token_type: 'access',
  iat: 1,
  exp: 2,
  iss: 'us',
  jti: 'j',
  family: 'f',
  generation: 0,
};

it('takes what we claim, and leaves out what else is there', () => {
  expect(claimsFrom({ ...ACCESS, more: 1 }, 'us')).toEqual(ACCESS);
  expect(claimsFrom({ ...ACCESS, app_id: 'web' }, 'us')).toEqual({ ...ACCESS, app_id: 'web' });
  const { org_id: _o, app_id: _a, family: _f, ...common } = ACCESS;
  const refresh = { ...common, token_type: 'refresh' };
  expect(claimsFrom(refresh, 'us')).toEqual(refresh);
});

it('takes nothing that lacks a claim, has one of another kind, or is of another issuer', () => {
  expect(claimsFrom(ACCESS, 'them')).toBeUndefined();
  for (const name of Object.keys(ACCESS)) {
    for (const value of [undefined, {}, '', 1.5]) {
      expect([name, claimsFrom({ ...ACCESS, [name]: value }, 'us')]).toEqual([name, undefined]);
    }
  }
  expect(claimsFrom({ ...ACCESS, scope: ['admin'] }, 'us')).toBeUndefined();
  for (const payload of [null, 'x', 1, []]) expect(claimsFrom(payload, 'us')).toBeUndefined();
});
