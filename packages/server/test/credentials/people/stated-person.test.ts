/** What the claims of a token make of its person. */
import { describe, expect, it } from 'vitest';
import { statedPerson } from '../../../src/credentials/people/stated-person.ts';
import { issuerOf, poolClaims } from './issuer-desk.ts';

const ISSUER = 'https://issuer.example';
const stated = (claims: object = {}, members: object = {}) =>
  statedPerson(issuerOf(ISSUER, members), { ...poolClaims(ISSUER, 0), ...claims });

describe('user, application and tenant', () => {
  it('are the claims that the settings name', () => {
    const names = { tenant: 'cognito:username', user: 'email', application: 'app' };
    expect(stated({ app: 'shop' }, { claims: names })).toMatchObject({
      subject: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      tenant: 'tenant-1',
      user_id: 'ada@example.com',
      app_id: 'shop',
    });
    expect(stated({}, { claims: names, default_application: 'portal' })?.app_id).toBe('portal');
  });

  it('make no person where they are not what they should be', () => {
    const claims = { user: 'name', application: 'app' };
    const bad = [
      { name: '' },
      { name: 7 },
      { name: 'a\nb' },
      { name: 'a\u009b31mb' },
      { name: 'x'.repeat(257) },
      { name: 'ada', app: 'a/b' },
      { name: 'ada', app: ['web'] },
      { name: 'ada', sub: undefined },
      { name: 'ada', sub: 'a\u001b[31m' },
    ];
    for (const each of bad) expect(stated(each, { claims })).toBeUndefined();
    expect(stated({ name: 'Ада' }, { claims })?.user_id).toBe('Ада');
  });

  it('an e-mail address names nobody and no tenant before it was verified', () => {
    const email_verified = false;
    expect(stated({ email_verified }, { claims: { user: 'email' } })).toBeUndefined();
    const tenant = { claims: { tenant: 'email' } };
    expect(stated({}, tenant)?.tenant).toBe('ada@example.com');
    expect(stated({ email_verified }, tenant)?.tenant).toBeNull();
    const application = { claims: { application: 'email' } };
    expect(stated({ email: 'shop' }, application)?.app_id).toBe('shop');
    expect(stated({ email: 'shop', email_verified }, application)).toBeUndefined();
  });

  it('are text: half a character, which a store would write as any other half, is none', () => {
    expect(stated({ sub: 'a\ud800' })).toBeUndefined();
    expect(stated({ name: 'a\ud800' }, { claims: { user: 'name' } })).toBeUndefined();
  });

  it('a tenant is one printable name or none', () => {
    for (const tenant of [['t'], 7, '', 'a b', 'x'.repeat(129), null, { a: 't' }]) {
      expect(stated({ 'custom:tenant_id': tenant })?.tenant).toBeNull();
    }
  });
});

describe('a role', () => {
  const roles = {
    platform_administrator: { groups: ['root'], emails: ['root@example.com'] },
    viewer: { groups: ['read'] },
  };
  const roleOf = (claims: object, members: object = {}) =>
    stated(claims, { roles, ...members })?.role;

  it('is the one that may do most', () => {
    expect(roleOf({ 'cognito:groups': ['read', 'root'] })).toBe('platform_administrator');
    expect(roleOf({ 'cognito:groups': 'read' })).toBe('viewer');
    expect(roleOf({ 'cognito:groups': ['Root', 'read '] })).toBe('developer');
    expect(roleOf({ 'cognito:groups': [['root']] })).toBe('developer');
    expect(roleOf({}, { default_role: 'none' })).toBeNull();
  });

  it('by e-mail only if the token says that the address was verified', () => {
    const email = 'ROOT@example.com';
    for (const email_verified of [true, 'true']) {
      expect(roleOf({ email, email_verified })).toBe('platform_administrator');
    }
    for (const email_verified of [false, 'false', 'yes', 1, null, undefined, {}]) {
      expect(roleOf({ email, email_verified })).toBe('developer');
      expect(stated({ email, email_verified })?.email).toBeNull();
    }
    expect(roleOf({ email: ['root@example.com'], email_verified: true })).toBe('developer');
  });

  it('by e-mail never by letters that only Unicode takes for the same', () => {
    // KELVIN SIGN, whose lower case is the letter k.
    const kate = { roles: { finance: { emails: ['KATE@example.com'] } } };
    const roleBy = (email: string) => stated({ email, email_verified: true }, kate)?.role;
    expect(roleBy('Kate@Example.com')).toBe('finance');
    expect(roleBy('\u212aate@example.com')).toBe('developer');
  });
});

it('a permission is nobody’s by a role alone', () => {
  const permissions = { provisioned_throughput: { groups: ['buyers'] } };
  const root = { platform_administrator: { groups: ['root'] } };
  const of = (groups: readonly string[]) =>
    stated({ 'cognito:groups': groups }, { permissions, roles: root })?.permissions;
  expect(of(['root'])).toEqual([]);
  expect(of(['buyers'])).toEqual(['provisioned_throughput']);
});
