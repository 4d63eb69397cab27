/** Groups of commands on a file: what a flood of keys may take, and what others have written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RateBook, type WindowBounds } from '../../../src/adapters/sqlite-rates/rate-book.ts';
import { NOON } from '../rate-conformance.ts';

const MINUTE_MS = 60_000;
let dir = '';
let books: RateBook[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-rates-'));
});

afterEach(() => {
  for (const book of books) book.close();
  books = [];
  rmSync(dir, { recursive: true });
});

function open(bounds?: WindowBounds): RateBook {
  const book = new RateBook({ path: join(dir, 'rates.db'), busyTimeoutMs: 30_000 }, bounds);
  books.push(book);
  return book;
}

/** Counts one request of each key, ten of which are allowed; what is left for each. */
function count(book: RateBook, keys: readonly string[], lengthMs: number, at: number): number[] {
  const counts = keys.flatMap((key) => [key, 10, lengthMs, at]);
  const answer = book.run({ counts, commands: [] });
  if (answer.kind === 'failed') throw new Error(answer.message);
  return answer.counts.filter((_, index) => index % 3 === 1);
}

test('a key that comes twice in a group is counted twice', () => {
  const book = open();
  expect(count(book, ['a', 'b', 'a'], MINUTE_MS, NOON)).toEqual([9, 9, 8]);
  expect(count(book, ['a', 'b'], MINUTE_MS, NOON)).toEqual([7, 8]);
});

test('what another process has written counts from the next group on', () => {
  const [one, two] = [open(), open()];
  expect(count(one, ['a'], MINUTE_MS, NOON)).toEqual([9]);
  expect(count(two, ['a'], MINUTE_MS, NOON)).toEqual([8]);
  expect(count(one, ['a'], MINUTE_MS, NOON)).toEqual([7]);
  expect(one.shared).toBe(true);
  expect(count(one, ['a'], MINUTE_MS, NOON)).toEqual([6]);
  expect(one.shared).toBe(false);
});

test('a flood of keys takes a bounded place, and displaces no window that lasts longer', () => {
  const book = open({ pruneAfter: 50, windowsMax: 200 });
  count(book, ['an hour'], 60 * MINUTE_MS, NOON);
  for (let wave = 0; wave < 20; wave++) {
    const keys = Array.from({ length: 50 }, (_, key) => `flood ${wave} ${key}`);
    count(book, keys, MINUTE_MS, NOON + wave);
  }
  using file = new DatabaseSync(join(dir, 'rates.db'));
  const rows = Number(file.prepare('SELECT count(*) AS rows FROM windows').get()?.rows);
  expect(rows).toBeGreaterThan(0);
  expect(rows).toBeLessThanOrEqual(200);
  expect(count(book, ['an hour'], 60 * MINUTE_MS, NOON + 9)).toEqual([8]);
});

test('a group that cannot be carried out leaves nothing, and says so', () => {
  const book = open();
  count(book, ['a'], MINUTE_MS, NOON);
  const broken = { kind: 'failed', message: expect.any(String) as string };
  const counts = ['a', 10, MINUTE_MS, NOON, 'b', 10, MINUTE_MS, NOON + 0.5];
  expect(book.run({ counts, commands: [] })).toEqual(broken);
  expect(count(book, ['a'], MINUTE_MS, NOON)).toEqual([8]);
});
