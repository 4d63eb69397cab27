/** Access keys: made of what API keys are made of, shown with an id that AWS SDKs take. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { accessKeys } from '../../src/resources/access-keys.ts';
import { keys } from '../../src/resources/keys.ts';

it('are made of the same members as API keys', () => {
  expect(accessKeys.createAccessKey.body).toBe(keys.createKey.body);
});

it('show the id and the secret once, and of the secret nothing in lists', () => {
  const made = {
    key_id: 'aeaaaaaaaaaaaaaa',
    access_key_id: 'TKIAAEAAAAAAAAAAAAAA',
    secret_access_key: 'x'.repeat(40),
  };
  const result = Compile(accessKeys.createAccessKey.result);
  expect(result.Check(made)).toBe(true);
  expect(result.Check({ ...made, access_key_id: 'AKIAIOSFODNN7EXAMPLE' })).toBe(false);
  expect(JSON.stringify(accessKeys.listAccessKeys.result)).not.toContain('secret');
});
