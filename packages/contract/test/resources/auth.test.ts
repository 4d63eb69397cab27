/** What is asked for tokens: taken, refused and bounded by its form alone. */
import { expect, it } from 'vitest';
import { operation } from '../../src/operations.ts';
import { parserOf } from '../../src/validation.ts';

const parsed = (name: 'issueToken' | 'refreshToken' | 'revokeToken', body: object) =>
  parserOf(name)({ params: {}, query: {}, body });

const TOKEN = { client_id: 'org-o', client_secret: 's', grant_type: 'client_credentials' };

it('takes what clients send', () => {
  expect(parsed('issueToken', TOKEN).kind).toBe('request');
  const refresh = { refresh_token: 't', grant_type: 'refresh_token' };
  expect(parsed('refreshToken', refresh).kind).toBe('request');
  expect(parsed('revokeToken', { token: 't', token_type_hint: 'access_token' }).kind).toBe(
    'request',
  );
});

it('names what is wrong without repeating it', () => {
  const answer = parsed('issueToken', { ...TOKEN, client_secret: ['the secret'], more: 'x' });
  if (answer.kind !== 'problems') throw new Error('It was taken.');
  expect(answer.problems.map(({ member }) => member).toSorted()).toEqual([
    'body.client_secret',
    'body.more',
  ]);
  expect(JSON.stringify(answer)).not.toContain('the secret');
});

it('bounds what is looked at', () => {
  const long = 'x'.repeat(100_000);
  expect(parsed('issueToken', { ...TOKEN, client_secret: long }).kind).toBe('problems');
  expect(parsed('issueToken', { ...TOKEN, client_id: long }).kind).toBe('problems');
  expect(parsed('revokeToken', { token: long }).kind).toBe('problems');
});

it('is limited as the cost keeper is, each request by its own class', () => {
  const names = ['issueToken', 'refreshToken', 'revokeToken', 'jwks'] as const;
  const rates = names.map((name) => operation(name).rate);
  expect(rates).toEqual(['token', 'refresh', 'revoke', null]);
});
