/** Master keys from outside the store: the setting first, else a file of its owner alone. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { masterKeySource } from '../../../src/adapters/system/master-key-source.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-keys-'));
  path = join(dir, 'master-key');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const fromFile = () => masterKeySource({ masterKey: null, masterKeyFile: path });

test('the setting wins, and no file is read or made then', () => {
  const source = masterKeySource({ masterKey: '1:abc', masterKeyFile: dir });
  expect(source.read()).toBe('1:abc');
  expect(source.create('2:def')).toBe(false);
  expect(readdirSync(dir)).toEqual([]);
});

test('a file that is not there holds nothing yet', () => {
  expect(fromFile().read()).toBeUndefined();
});

test('a new file appears whole, for its owner alone, and is never written over', () => {
  expect(fromFile().create('1:abc\n')).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(fromFile().create('2:def\n')).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('1:abc\n');
  expect(fromFile().read()).toBe('1:abc\n');
  expect(readdirSync(dir)).toEqual(['master-key']);
});

test.each([0o640, 0o604, 0o660, 0o644, 0o610])('mode %o is refused', (mode) => {
  writeFileSync(path, '1:abc');
  chmodSync(path, mode);
  expect(() => fromFile().read()).toThrow(/chmod 600/);
});

test.each([0o600, 0o400])('mode %o is accepted', (mode) => {
  writeFileSync(path, '1:abc');
  chmodSync(path, mode);
  expect(fromFile().read()).toBe('1:abc');
});

test('what is no file, and a place that cannot be written, are named', () => {
  mkdirSync(path, { mode: 0o700 });
  expect(() => fromFile().read()).toThrow(`The file of master keys ${path} is not a file.`);
  const nowhere = masterKeySource({ masterKey: null, masterKeyFile: join(dir, 'no', 'key') });
  expect(() => nowhere.create('1:abc')).toThrow(/cannot be written \(ENOENT\)/);
});
