/** What the catalogue guarantees. */
import { expect } from 'vitest';
import type { StoreCase } from './ledger-fixtures.ts';

const KEY = { kind: 'api_key', id: 'k1', parent: 'app', value: { name: 'one' } } as const;

export const catalogCases: readonly StoreCase[] = [
  {
    name: 'a document comes back as it went in, with its revision',
    async run({ catalog }) {
      expect(await catalog.get('api_key', 'k1')).toBeUndefined();
      const value = { name: 'one', list: [1, null, 'x'], nested: { flag: true } };
      const put = await catalog.put({ ...KEY, value });
      expect(put).toEqual({ kind: 'put', revision: 1, created: true });
      const stored = { id: 'k1', parent: 'app', value, revision: 1 };
      expect(await catalog.get('api_key', 'k1')).toEqual(stored);
      expect(await catalog.get('grant', 'k1')).toBeUndefined();
    },
  },
  {
    name: 'what was put is a copy: changing it later changes nothing that is stored',
    async run({ catalog }) {
      const value = { name: 'one' };
      await catalog.put({ ...KEY, value });
      value.name = 'changed';
      expect((await catalog.get<typeof value>('api_key', 'k1'))?.value.name).toBe('one');
    },
  },
  {
    name: 'every put raises the revision of the document and of the catalogue',
    async run({ catalog }) {
      const before = await catalog.revision();
      await catalog.put(KEY);
      expect(await catalog.put(KEY)).toEqual({ kind: 'put', revision: 2, created: false });
      expect(await catalog.revision()).toBe(before + 2);
    },
  },
  {
    name: 'a put with an expected revision fails unless it is the present one',
    async run({ catalog }) {
      expect(await catalog.put({ ...KEY, expected: 1 })).toEqual({ kind: 'conflict', revision: 0 });
      await catalog.put({ ...KEY, expected: 0 });
      expect(await catalog.put({ ...KEY, expected: 0 })).toEqual({ kind: 'conflict', revision: 1 });
      const before = await catalog.revision();
      expect(await catalog.put({ ...KEY, expected: 7 })).toEqual({ kind: 'conflict', revision: 1 });
      expect(await catalog.revision()).toBe(before);
      expect(await catalog.put({ ...KEY, expected: 1 })).toMatchObject({ revision: 2 });
    },
  },
  {
    name: 'of many that expect the same revision at once, one succeeds',
    async run({ catalog }) {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          catalog.put({ ...KEY, value: { index }, expected: 0 }),
        ),
      );
      expect(results.filter((result) => result.kind === 'put')).toHaveLength(1);
    },
  },
  {
    name: 'a removed document is gone; removing nothing changes no revision',
    async run({ catalog }) {
      await catalog.put(KEY);
      const before = await catalog.revision();
      expect(await catalog.remove('api_key', 'k1')).toBe(true);
      expect(await catalog.get('api_key', 'k1')).toBeUndefined();
      expect(await catalog.revision()).toBe(before + 1);
      expect(await catalog.remove('api_key', 'k1')).toBe(false);
      expect(await catalog.revision()).toBe(before + 1);
      expect(await catalog.put(KEY)).toEqual({ kind: 'put', revision: 1, created: true });
    },
  },
  {
    name: 'a quiet change is kept like any other, and the revision of the catalogue stays',
    async run({ catalog }) {
      const before = await catalog.revision();
      expect(await catalog.put({ ...KEY, quiet: true })).toMatchObject({ revision: 1 });
      expect(await catalog.put({ ...KEY, expected: 1, quiet: true })).toMatchObject({
        revision: 2,
      });
      expect(await catalog.get('api_key', 'k1')).toMatchObject({ revision: 2 });
      expect(await catalog.remove('api_key', 'k1', { quiet: true })).toBe(true);
      expect(await catalog.get('api_key', 'k1')).toBeUndefined();
      expect(await catalog.revision()).toBe(before);
      await catalog.put(KEY);
      expect(await catalog.revision()).toBe(before + 1);
    },
  },
  {
    name: 'documents of a kind are listed by id, of all parents or of one, in pages',
    async run({ catalog }) {
      for (const id of ['c', 'a', 'd', 'b']) {
        await catalog.put({ ...KEY, id, parent: id === 'd' ? 'other' : 'app' });
      }
      await catalog.put({ ...KEY, kind: 'grant', id: 'g' });
      const all = await catalog.list('api_key', { limit: 10 });
      expect(all.items.map((item) => item.id)).toEqual(['a', 'b', 'c', 'd']);
      expect(all.next_cursor).toBeNull();
      const first = await catalog.list('api_key', { parent: 'app', limit: 2 });
      expect(first.items.map((item) => item.id)).toEqual(['a', 'b']);
      expect(first.next_cursor).not.toBeNull();
      const cursor = first.next_cursor ?? '';
      const second = await catalog.list('api_key', { parent: 'app', limit: 2, cursor });
      expect(second.items.map((item) => item.id)).toEqual(['c']);
      expect(second.next_cursor).toBeNull();
    },
  },
];
