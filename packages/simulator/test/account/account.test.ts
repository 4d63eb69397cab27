/** The account: what is made is there for calls at once, what is removed is gone with its tags. */
import { expect, it } from 'vitest';
import { Account } from '../../src/account/account.ts';
import { DEFAULT_FIXTURES } from '../../src/account/fixtures.ts';
import { DEFAULT_SETTINGS } from '../../src/settings.ts';

const account = (): Account => new Account(DEFAULT_FIXTURES, () => DEFAULT_SETTINGS);
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/simprovision';

it('begins with the fixtures', () => {
  expect(account().fixtures).toEqual(DEFAULT_FIXTURES);
});

it('finds by ARN anywhere, by id and name in the region alone', () => {
  const own = account();
  for (const name of [ARN, 'simprovision', 'simulated-haiku']) {
    expect(own.findProvisioned(name, 'us-east-1')?.arn).toBe(ARN);
  }
  expect(own.findProvisioned(ARN, 'eu-west-1')?.arn).toBe(ARN);
  expect(own.findProvisioned('simulated-haiku', 'eu-west-1')).toBeUndefined();
});

it('removes with the tags, and keeps what its token made', () => {
  const own = account();
  own.putTags(ARN, new Map([['a', '1']]));
  own.keepToken('Create', 'us-east-1', 'token', ARN);
  own.remove(ARN);
  expect(own.tags(ARN).size).toBe(0);
  expect(own.isTaggable(ARN)).toBe(false);
  expect(own.fixtures.provisioned_models).toEqual([]);
  expect(own.madeBy('Create', 'us-east-1', 'token')).toBe(ARN);
  expect(own.madeBy('Create', 'eu-west-1', 'token')).toBeUndefined();
});
