/** Signing keys, by the example that AWS publishes, and that they are not mixed up. */
import { expect, test } from 'vitest';
import { SigningKeys } from '../../../src/credentials/sigv4/signing-keys.ts';
import { SECRET } from './vectors.ts';

const SCOPE = { accessKeyId: 'A', date: '20150830', region: 'us-east-1', service: 'iam' };

test('the key of the published example', () => {
  const key = new SigningKeys().of(SCOPE, () => SECRET);
  expect(key?.export().toString('hex')).toBe(
    'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
  );
});

test('every part of the scope and every access key has a key of its own', () => {
  const keys = new SigningKeys();
  const all = [
    keys.of(SCOPE, () => SECRET),
    keys.of({ ...SCOPE, accessKeyId: 'B' }, () => 'another secret'),
    keys.of({ ...SCOPE, date: '20150831' }, () => SECRET),
    keys.of({ ...SCOPE, region: 'us-west-2' }, () => SECRET),
    keys.of({ ...SCOPE, service: 'bedrock' }, () => SECRET),
  ].map((key) => key?.export().toString('hex'));
  expect(new Set(all).size).toBe(all.length);
});

test('a key that is known is not computed again; one that was dropped is the same again', () => {
  const keys = new SigningKeys();
  const first = keys.of(SCOPE, () => SECRET);
  expect(keys.of(SCOPE, () => SECRET)).toBe(first);
  for (let i = 0; i < 10_000; i++) keys.of({ ...SCOPE, accessKeyId: `B${i}` }, () => 'x');
  const again = keys.of(SCOPE, () => SECRET);
  expect(again).not.toBe(first);
  expect(again?.export()).toEqual(first?.export());
});

test('there is no key without a secret, and none is remembered', () => {
  const keys = new SigningKeys();
  expect(keys.of(SCOPE, () => undefined)).toBeUndefined();
  expect(keys.of(SCOPE, () => SECRET)?.export()).toHaveLength(32);
});
