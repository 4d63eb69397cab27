/** Access keys: their form, and that the secret follows from a master key and the id alone. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { systemIds } from '../../src/adapters/system/ids.ts';
import {
  accessKeyIdOf,
  keyIdOf,
  masterKeyVersionOf,
  mintAccessKey,
  secretAccessKeyOf,
} from '../../src/credentials/access-key.ts';
import { parseMasterKeys, type MasterKeys } from '../../src/credentials/master-keys.ts';

const ids = systemIds(virtualClock(0));

function masterKeys(...versions: readonly (readonly [number, number])[]): MasterKeys {
  const lines = versions.map(([version, byte]) => {
    return `${version}:${Buffer.alloc(32, byte).toString('base64')}`;
  });
  const parsed = parseMasterKeys(lines.join());
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  return parsed.keys;
}

test('they look like those of AWS, so that every SDK takes them', () => {
  const key = mintAccessKey(ids, masterKeys([1, 1]));
  expect(key.access_key_id).toMatch(/^TKIA[A-Z2-7]{16}$/);
  expect(key.secret_access_key).toMatch(/^[A-Za-z0-9_-]{40}$/);
  expect(key.key_id).toMatch(/^[a-z2-7]{16}$/);
  expect(accessKeyIdOf(key.key_id)).toBe(key.access_key_id);
  expect(keyIdOf(key.access_key_id)).toBe(key.key_id);
});

test.each(['AKIAIOSFODNN7EXAMPLE', 'TKIA', 'TKIAaaaaaaaaaaaaaaaa', 'TKIA11111111111111112'])(
  '%s is none of ours',
  (accessKeyId) => {
    expect(keyIdOf(accessKeyId)).toBeUndefined();
  },
);

test('the newest master key makes new ones, and older ones go on knowing theirs', () => {
  const old = mintAccessKey(ids, masterKeys([1, 1]));
  const both = masterKeys([1, 1], [200, 2]);
  const young = mintAccessKey(ids, both);
  expect([masterKeyVersionOf(old.key_id), masterKeyVersionOf(young.key_id)]).toEqual([1, 200]);
  expect(secretAccessKeyOf(both, old.key_id)).toBe(old.secret_access_key);
  expect(secretAccessKeyOf(both, young.key_id)).toBe(young.secret_access_key);
  expect(secretAccessKeyOf(masterKeys([200, 2]), old.key_id)).toBeUndefined();
  // The same version of another installation is another key.
  expect(secretAccessKeyOf(masterKeys([1, 3]), old.key_id)).not.toBe(old.secret_access_key);
});

test('secrets are all different', () => {
  const keys = masterKeys([1, 1]);
  const made = Array.from({ length: 1_000 }, () => mintAccessKey(ids, keys).secret_access_key);
  expect(new Set(made).size).toBe(made.length);
});
