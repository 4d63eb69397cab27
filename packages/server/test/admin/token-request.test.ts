/** Requests of OAuth clients as forms and with HTTP Basic. */
import { OPERATION_NAMES, operation } from '@tollkeeper/contract';
import { expect, it } from 'vitest';
import {
  formBody,
  isForm,
  isTokenPath,
  knownParameters,
  withBasicClient,
} from '../../src/admin/token-request.ts';

const FORM = 'application/x-www-form-urlencoded';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

it('reads forms for the operations that the contract says take them', () => {
  const named = OPERATION_NAMES.map(operation);
  const forms = named.filter(({ form }) => form === true).map(({ path }) => path);
  expect(named.map(({ path }) => path).filter(isTokenPath)).toEqual(forms);
  expect(forms.map((path) => formBody(path, 'grant_type=a&token=b'))).not.toContainEqual({});
});

it('takes what is called a form for one on the paths of tokens, unless it is JSON', () => {
  expect(isForm('/auth/token', FORM, 'a=b')).toBe(true);
  expect(isForm('/auth/token?x', `${FORM}; charset=utf-8`, 'a=b')).toBe(true);
  expect(isForm('/auth/token', FORM, ' {"a":1}')).toBe(false);
  expect(isForm('/auth/token', 'application/json', 'a=b')).toBe(false);
  expect(isForm('/auth/token', undefined, 'a=b')).toBe(false);
  expect(isForm('/api/v1/orgs', FORM, 'a=b')).toBe(false);
});

it('reads what a path takes, decoded, and leaves out the rest', () => {
  const text = 'grant_type=client_credentials&client_id=a%20b+c&client_secret=%2B%2F%3D&x=y&scope=';
  expect(formBody('/auth/token?q', text)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'a b c',
    client_secret: '+/=',
  });
  expect(formBody('/auth/revoke', `token=t&${text}`)).toEqual({ token: 't' });
});

it('leaves out of JSON too what a path does not take', () => {
  expect(knownParameters('/auth/revoke', { token: 't', scope: 's' })).toEqual({ token: 't' });
  expect(knownParameters('/auth/token', { scope: null })).toEqual({ scope: null });
  for (const body of [null, undefined, 'x', ['y']]) {
    expect(knownParameters('/auth/token', body)).toBe(body);
  }
});

it('refuses a parameter that is sent twice', () => {
  expect(() => formBody('/auth/token', 'client_id=a&client_id=a')).toThrow('more than once');
});

it('adds the client that HTTP Basic names, encoded or not', () => {
  const secret = 'ab+/cd==';
  const client = { client_id: 'org-o', client_secret: secret };
  expect(withBasicClient({ x: 1 }, basic(`org-o:${secret}`))).toEqual({ x: 1, ...client });
  const encoded = basic(`org-o:${encodeURIComponent(secret)}`);
  expect(withBasicClient(undefined, encoded)).toEqual(client);
  expect(withBasicClient({}, basic('a:b:c%'))).toEqual({ client_id: 'a', client_secret: 'b:c%' });
});

it('leaves a body alone that comes with another header, or none', () => {
  const body = { client_id: 'a' };
  expect(withBasicClient(body, undefined)).toBe(body);
  expect(withBasicClient(body, 'Bearer x')).toBe(body);
});

it.each([basic(''), basic('a'), basic(':b'), basic('a:'), 'Basic', 'Basic !'])(
  'refuses HTTP Basic without id or secret: %s',
  (header) => {
    expect(() => withBasicClient({}, header)).toThrow('names no client');
  },
);

it('refuses a client that is named in two ways', () => {
  expect(() => withBasicClient({ client_secret: 'b' }, basic('a:b'))).toThrow('not in both');
  expect(() => withBasicClient({ client_id: 'b' }, basic('a:b'))).toThrow('not in both');
  const same = withBasicClient({ client_id: 'a' }, basic('a:b'));
  expect(same).toEqual({ client_id: 'a', client_secret: 'b' });
});
