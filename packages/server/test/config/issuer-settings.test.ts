/** Trusted issuers as the settings file states them, and every way in which they can be wrong. */
import { describe, expect, it } from 'vitest';
import { trustedIssuerFrom, variablesOfIssuers } from '../../src/config/issuer-settings.ts';
import { loadSettings } from '../../src/config/load-settings.ts';

const POOL = {
  id: 'pool',
  issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab',
  client_ids: ['1example'],
};
const load = (trusted_issuers: unknown, env: Record<string, string> = {}) =>
  loadSettings({ file: { path: 'tollkeeper.yaml', content: { trusted_issuers } }, env });
function problemOf(issuer: object): string {
  const result = load([{ ...POOL, ...issuer }]);
  return result.kind === 'invalid' ? result.problems.map(({ message }) => message).join(' ') : '';
}

describe('an issuer', () => {
  it('needs its id, its issuer and its client ids; all else is that of a user pool', () => {
    expect(trustedIssuerFrom(POOL)).toEqual({
      ...POOL,
      kind: 'oidc',
      jwks_uri: null,
      token_use: null,
      algorithms: ['RS256', 'ES256'],
      hs256_secret_env: null,
      introspection_url: null,
      service_key_env: null,
      claims: {
        tenant: 'custom:tenant_id',
        user: 'sub',
        email: 'email',
        email_verified: 'email_verified',
        groups: 'cognito:groups',
        application: null,
      },
      tenants: null,
      default_application: 'web',
      roles: {},
      default_role: 'developer',
      permissions: {},
    });
  });

  it('states roles and permissions by groups and addresses', () => {
    const issuer = trustedIssuerFrom({
      ...POOL,
      roles: { finance: { emails: ['Ada@Example.com'] }, viewer: { groups: ['read'] } },
      permissions: { provisioned_throughput: { groups: ['buyers'] } },
      default_role: 'none',
    });
    expect(issuer).toMatchObject({
      roles: {
        finance: { groups: [], emails: ['ada@example.com'] },
        viewer: { groups: ['read'], emails: [] },
      },
      permissions: { provisioned_throughput: { groups: ['buyers'], emails: [] } },
      default_role: null,
    });
  });

  it('of each kind has what that kind proves tokens by', () => {
    const secret = { kind: 'hs256', hs256_secret_env: 'JWT_SECRET' };
    expect(trustedIssuerFrom({ ...POOL, ...secret })).toMatchObject({ algorithms: ['HS256'] });
    const introspection_url = 'https://x.supabase.co/auth/v1/user';
    const asked = { kind: 'introspection', introspection_url, service_key_env: 'KEY' };
    const { algorithms } = trustedIssuerFrom({ ...POOL, ...asked });
    expect(algorithms).toContain('HS256');
    expect(algorithms).not.toContain('none');
  });
});

describe('what is wrong is told by its place', () => {
  it.each([
    [{ id: '' }, 'trusted_issuers[0].id must be text'],
    [{ id: 'a b' }, 'trusted_issuers[0].id must be letters'],
    [{ issuer: 'http://issuer.example' }, 'trusted_issuers[0].issuer must be an https URL'],
    [{ issuer: 'https://u:p@issuer.example' }, 'issuer must be an https URL'],
    [{ client_ids: [] }, 'trusted_issuers[0].client_ids must name one at least'],
    [{ client_ids: undefined }, 'client_ids must be a list'],
    [{ kind: 'saml' }, 'trusted_issuers[0].kind must be one of oidc, hs256, introspection'],
    [{ token_use: ['refresh'] }, 'token_use must be one of id, access'],
    [{ algorithms: ['none'] }, 'algorithms must be one of RS256'],
    [{ algorithms: ['HS256'] }, 'algorithms must be one of RS256'],
    [{ algorithms: [] }, 'algorithms must name one at least'],
    [{ jwks_uri: 'ftp://x' }, 'jwks_uri must be an https URL'],
    [{ hs256_secret_env: 'X' }, 'hs256_secret_env must be left out'],
    [{ kind: 'hs256', hs256_secret_env: 'not a name!' }, 'must be the name of an environment'],
    [{ kind: 'hs256' }, 'hs256_secret_env must be the name of an environment variable'],
    [
      { kind: 'hs256', hs256_secret_env: 'X', algorithms: ['RS256'] },
      'algorithms must be left out',
    ],
    [{ kind: 'introspection' }, 'introspection_url must be text'],
    [{ claims: { tenant: 'user_metadata.tenant' } }, 'claims.tenant must not be in user_metadata'],
    [{ claims: { groups: 'user_metadata' } }, 'claims.groups must not be in user_metadata'],
    [{ claims: { tenants: 'x' } }, 'claims.tenants is not known here'],
    [{ roles: { root: {} } }, 'roles.root is not known here'],
    [{ roles: { viewer: { emails: 'x' } } }, 'roles.viewer.emails must be a list'],
    [{ default_role: 'platform_administrator' }, 'default_role must be one of developer, viewer'],
    [{ default_application: 'a b' }, 'default_application must be the id of an application'],
    [{ permissions: { all: {} } }, 'permissions.all is not known here'],
    [{ secret: 'x' }, 'trusted_issuers[0].secret is not known here'],
  ])('%j', (issuer, expected) => {
    expect(problemOf(issuer)).toContain(expected);
  });

  it('two of one id', () => {
    const result = load([POOL, POOL]);
    expect(result.kind === 'invalid' && result.problems[0]?.message).toContain('different ids');
  });
});

describe('variables that issuers point to', () => {
  it('are found in what is not judged yet', () => {
    const given = [{ hs256_secret_env: 'A' }, { service_key_env: 'B' }, null, 'x', { id: 1 }];
    expect(variablesOfIssuers(given)).toEqual(['A', 'B']);
    expect(variablesOfIssuers('x')).toEqual([]);
  });

  it('are no unknown settings, whatever they are called', () => {
    const issuer = { ...POOL, kind: 'hs256', hs256_secret_env: 'TOLLKEEPER_JWT_SECRET' };
    expect(load([issuer], { TOLLKEEPER_JWT_SECRET: 'x' }).kind).toBe('ok');
    expect(load([POOL], { TOLLKEEPER_JWT_SECRET: 'x' }).kind).toBe('invalid');
  });
});
