/** A store knows the master keys it was used with, and refuses others in their place. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { beforeEach, expect, test } from 'vitest';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { MasterKeyError, openMasterKeys } from '../../src/credentials/master-key-register.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { MasterKeySource } from '../../src/ports/master-key-source.ts';

const clock = virtualClock(0);
const ids = systemIds(clock);
let catalog: CatalogStore;
beforeEach(() => {
  ({ catalog } = memoryStore());
});

interface Written extends MasterKeySource {
  text: string | undefined;
}

function source(text?: string): Written {
  const written: Written = {
    name: 'The file',
    text,
    read: () => written.text,
    create(made) {
      if (written.text !== undefined) return false;
      written.text = made;
      return true;
    },
  };
  return written;
}

const key = (version: number, byte: number): string =>
  `${version}:${Buffer.alloc(32, byte).toString('base64')}`;
const open = (from: MasterKeySource, create = false) =>
  openMasterKeys({ catalog, clock, ids }, from, { create });

test('without a key the message says what to do', async () => {
  const opening = open(source());
  await expect(opening).rejects.toThrow(MasterKeyError);
  await expect(opening).rejects.toThrow(/tollkeeper init.*TOLLKEEPER_MASTER_KEY/);
});

test('a key is made when that was asked for, and read again afterwards', async () => {
  const place = source();
  const first = await open(place, true);
  expect([first.created, first.keys.versions]).toEqual([true, [1]]);
  const second = await open(place, true);
  expect([second.created, second.keys.versions]).toEqual([false, [1]]);
});

test('another key under a version that was used is refused, beside a right one too', async () => {
  await open(source(`${key(1, 1)},${key(2, 2)}`));
  await expect(open(source(key(1, 3)))).rejects.toThrow(/another key as version 1/);
  await expect(open(source(`${key(1, 1)},${key(2, 3)}`))).rejects.toThrow(/version 2/);
  expect((await open(source(`${key(1, 1)},${key(3, 3)}`))).keys.newest).toBe(3);
});

test('a key made in place of a lost one has a version of its own', async () => {
  await open(source(key(4, 1)));
  expect((await open(source(), true)).keys.versions).toEqual([5]);
});

test('a second machine makes no key of its own, and is told to bring the first one', async () => {
  const first = source();
  expect((await openMasterKeys({ catalog, clock, ids }, first, { create: 'first' })).created).toBe(
    true,
  );
  const second = source();
  const opening = openMasterKeys({ catalog, clock, ids }, second, { create: 'first' });
  await expect(opening).rejects.toThrow(/another machine \(version 1\).*bring it here.*2:</);
  expect(second.text).toBeUndefined();
});

test('keys that the store was used with and that are not here are told', async () => {
  expect((await open(source(`${key(1, 1)},${key(2, 2)}`))).missing).toEqual([]);
  expect((await open(source(key(3, 3)))).missing).toEqual([1, 2]);
});

test('nothing of a key is in the store', async () => {
  await open(source(key(1, 0xa7)));
  const stored = JSON.stringify(await catalog.list('setting', { limit: 10 }));
  expect(stored).toContain('fingerprint');
  expect(stored).not.toMatch(/(a7){4}/);
  expect(stored).not.toContain(Buffer.alloc(32, 0xa7).toString('base64').slice(0, 8));
});

test('what a source cannot do is told as it says it', async () => {
  const broken: MasterKeySource = {
    ...source(),
    read: () => {
      throw new Error('The file is open to others.');
    },
  };
  await expect(open(broken)).rejects.toThrow(new MasterKeyError('The file is open to others.'));
  await expect(open(source('1:AAAA'))).rejects.toThrow(/^The file holds a key of 3 bytes/);
});
