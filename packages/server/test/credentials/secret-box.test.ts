/** The box under the master keys, over their rotation. */
import { expect, it } from 'vitest';
import { mintMasterKey, parseMasterKeys } from '../../src/credentials/master-keys.ts';
import { masterKeyBox } from '../../src/credentials/secret-box.ts';
import { masterKeysOf, surroundings } from './memory-catalog.ts';

const { ids } = surroundings();

function keysFrom(...lines: readonly string[]) {
  const parsed = parseMasterKeys(lines.join('\n'));
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  return parsed.keys;
}

it('opens what it sealed, for the same purpose only', () => {
  const box = masterKeyBox(masterKeysOf(ids, 1), ids);
  const sealed = box.seal('webhook 1', 'whsec_x');
  expect(sealed).not.toContain('whsec_x');
  expect(box.open('webhook 1', sealed)).toBe('whsec_x');
  expect(box.open('webhook 2', sealed)).toBeUndefined();
});

it('seals under the newest master key and opens under older ones as long as they are there', () => {
  const [first, second] = [mintMasterKey(ids, 1), mintMasterKey(ids, 2)];
  const old = masterKeyBox(keysFrom(first), ids).seal('p', 'kept before');
  const both = masterKeyBox(keysFrom(first, second), ids);
  expect(both.open('p', old)).toBe('kept before');
  const fresh = both.seal('p', 'kept after');
  const newest = masterKeyBox(keysFrom(second), ids);
  expect(newest.open('p', fresh)).toBe('kept after');
  expect(newest.open('p', old)).toBeUndefined();
});

it('does not open what names another version than it was sealed under', () => {
  const box = masterKeyBox(masterKeysOf(ids, 1, 2), ids);
  expect(box.open('p', box.seal('p', 'x').replace(/^2/, '1'))).toBeUndefined();
});
