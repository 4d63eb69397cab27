/** What a token says of itself, as it reads and as it is judged. */
import { describe, expect, it } from 'vitest';
import { claimAt, faultOf, readToken } from '../../../src/credentials/people/token-claims.ts';
import { CLIENT_ID, issuerOf, poolClaims } from './issuer-desk.ts';

const ISSUER = 'https://issuer.example';
const NOW = Date.parse('2026-11-22T14:33:00Z');
const fault = (claims: object, typ?: string, members: object = {}) =>
  faultOf(
    issuerOf(ISSUER, members),
    { algorithm: 'RS256', kid: 'k', typ, claims: { ...poolClaims(ISSUER, NOW), ...claims } },
    NOW,
  );

describe('a token is for us', () => {
  it.each([
    [{}, undefined],
    [{ aud: ['other', CLIENT_ID] }, undefined],
    [{ aud: undefined, client_id: CLIENT_ID, token_use: 'access' }, undefined],
    [{ aud: [] }, 'audience'],
    [{ aud: 'other', client_id: CLIENT_ID }, 'audience'],
    [{ aud: undefined, azp: CLIENT_ID }, 'audience'],
    [{ aud: { 0: CLIENT_ID } }, 'audience'],
    [{ iss: `${ISSUER}/` }, 'claims'],
    [{ sub: 7 }, 'claims'],
    [{ sub: 'x'.repeat(256) }, 'claims'],
    [{ exp: '9999999999' }, 'claims'],
    [{ exp: undefined }, 'claims'],
    [{ nbf: NOW / 1_000 + 60 }, undefined],
    [{ nbf: NOW / 1_000 + 61 }, 'not_yet_valid'],
    [{ iat: NOW / 1_000 + 61 }, 'not_yet_valid'],
    [{ nbf: 'soon' }, 'claims'],
    [{ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, 'token_use'],
  ])('%j', (claims, expected) => {
    expect(fault(claims)).toBe(expected);
  });
});

describe('a token is of a kind', () => {
  it.each([
    [{ token_use: undefined }, 'JWT', undefined],
    [{ token_use: undefined }, 'at+jwt', undefined],
    [{ token_use: undefined }, 'application/AT+JWT', undefined],
    [{ token_use: undefined }, 'logout+jwt', 'token_use'],
    [{ token_use: undefined }, 'dpop+jwt', 'token_use'],
    [{ token_use: 'refresh' }, undefined, 'token_use'],
    [{ token_use: undefined, typ: 'Bearer' }, undefined, undefined],
    [{ token_use: undefined, typ: 'Refresh' }, undefined, 'token_use'],
  ])('%j, %s', (claims, typ, expected) => {
    expect(fault(claims, typ)).toBe(expected);
  });

  it('that the issuer’s settings ask for, and says so', () => {
    const id = { token_use: ['id'] };
    expect(fault({}, 'JWT', id)).toBeUndefined();
    expect(fault({ token_use: 'access' }, 'JWT', id)).toBe('token_use');
    expect(fault({ token_use: undefined }, 'JWT', id)).toBe('token_use');
    expect(fault({ token_use: undefined, typ: 'ID' }, 'JWT', id)).toBeUndefined();
    expect(fault({ token_use: undefined }, 'at+jwt', id)).toBe('token_use');
  });
});

describe('a claim', () => {
  const claims = { 'custom:tenant_id': 't', 'https://x.example/org': 'o', app: { tenant: 'a' } };
  it.each([
    ['custom:tenant_id', 't'],
    ['https://x.example/org', 'o'],
    ['app.tenant', 'a'],
    ['app.other', undefined],
    ['app.tenant.length', undefined],
    ['constructor', undefined],
    ['app.constructor.name', undefined],
    ['__proto__', undefined],
  ])('%s', (name, expected) => {
    expect(claimAt(claims, name)).toBe(expected);
  });
});

describe('a text is read as a token only if it is one', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    ['x'],
    [`${part({ kid: 'k' })}.${part({})}.x`],
    [`${part({ alg: 7 })}.${part({})}.x`],
    [`${part({ alg: 'RS256' })}.${part('text')}.x`],
    [`${part({ alg: 'RS256' })}.%%%.x`],
  ])('%s', (token) => {
    expect(readToken(token)).toBeUndefined();
  });

  it.each([{ typ: 7 }, { typ: ['JWT'] }, { kid: { a: 1 } }, { kid: null }])(
    'only with a header whose members are text: %j',
    (header) => {
      const token = `${part({ alg: 'RS256', ...header })}.${part({ iss: 'i' })}.x`;
      expect(readToken(token)).toBeUndefined();
    },
  );

  it('with what it names', () => {
    const token = `${part({ alg: 'RS256', kid: 'k', typ: 'JWT' })}.${part({ iss: 'i' })}.x`;
    const claims = { iss: 'i' };
    expect(readToken(token)).toEqual({ algorithm: 'RS256', kid: 'k', typ: 'JWT', claims });
  });
});
