/** Roles and what they are good for. */
import { expect, it } from 'vitest';
import { isJwt, ROLE_SCOPES, ROLES, seesAll } from '../../../src/credentials/people/person.ts';

it('every role has its scopes, and those that pay or watch do not call models', () => {
  const calling = ROLES.filter((role) => ROLE_SCOPES[role].includes('invoke'));
  expect(calling).toEqual(['platform_administrator', 'tenant_administrator', 'developer']);
  expect(ROLES.filter(seesAll)).toEqual(['platform_administrator', 'finance']);
});

it('a token has three parts, of which the first is an object in base64url', () => {
  expect(isJwt('eyJhbGciOiJub25lIn0.e30.')).toBe(true);
  for (const other of ['tk_a_b', 'eyJ.x', 'eyJ.x.y.z', 'a.b.c', 'eyJ.x.y\n', ' eyJ.x.y']) {
    expect(isJwt(other)).toBe(false);
  }
});
