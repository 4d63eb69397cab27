/** Master keys: how they are written down, and what follows from them. */
import { createHmac } from 'node:crypto';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { systemIds } from '../../src/adapters/system/ids.ts';
import {
  mintMasterKey,
  parseMasterKeys,
  type MasterKeys,
} from '../../src/credentials/master-keys.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER = Buffer.alloc(48, 9);
const line = (version: number, key = KEY): string => `${version}:${key.toString('base64')}`;

function keysOf(text: string): MasterKeys {
  const parsed = parseMasterKeys(text);
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  return parsed.keys;
}

test('several stand on lines or behind commas, and the newest version makes secrets', () => {
  for (const text of [`${line(2, OTHER)}\n${line(1)}\n`, `${line(1)},${line(2, OTHER)}`]) {
    const keys = keysOf(text);
    expect([keys.versions, keys.newest]).toEqual([[1, 2], 2]);
  }
});

test('what is derived depends on key, purpose and text; unknown versions derive nothing', () => {
  const keys = keysOf(`${line(1)},${line(2, OTHER)}`);
  const expected = createHmac('sha256', KEY).update('tollkeeper a purpose\nabc').digest();
  expect(keys.derive(1, 'a purpose', 'abc')).toEqual(expected);
  for (const other of [
    keys.derive(2, 'a purpose', 'abc'),
    keys.derive(1, 'another', 'abc'),
    keys.derive(1, 'a purpose', 'abd'),
  ]) {
    expect(other).toHaveLength(32);
    expect(other).not.toEqual(expected);
  }
  expect(keys.derive(3, 'a purpose', 'abc')).toBeUndefined();
});

test('a minted key is one that is accepted, and no two are the same', () => {
  const ids = systemIds(virtualClock(0));
  expect(keysOf(mintMasterKey(ids, 255)).newest).toBe(255);
  expect(mintMasterKey(ids, 1)).not.toBe(mintMasterKey(ids, 1));
});

test.each([
  ['nothing', '', 'holds no key'],
  ['a key without a version', KEY.toString('base64'), '1:<base64>'],
  ['version 0', line(0), 'versions 1 to 255'],
  ['version 256', line(256), 'versions 1 to 255'],
  ['two of one version', `${line(1)} ${line(1, OTHER)}`, 'two keys of version 1'],
  ['a key of 31 bytes', line(1, Buffer.alloc(31, 1)), '31 bytes'],
  ['something that is no base64', '1:***', '1:<base64>'],
])('%s is refused, by what is wrong and without what was given', (_what, text, problem) => {
  const parsed = parseMasterKeys(text);
  if (parsed.kind !== 'refused') throw new Error('it was accepted');
  expect(parsed.problem).toContain(problem);
  expect(parsed.problem).not.toContain(KEY.toString('base64').slice(0, 8));
});
