/** What is the fault of the disk, and what of a command: told by real errors of SQLite. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { isStorageFailure } from '../../../src/adapters/sqlite/storage-failure.ts';
import { Scratch } from './scratch.ts';

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing failed.');
}

test('a file that is read-only, locked or no database is the store that fails', async () => {
  await using scratch = new Scratch();
  using writing = new DatabaseSync(scratch.path);
  writing.exec('CREATE TABLE t (a INTEGER PRIMARY KEY)');
  using reading = new DatabaseSync(scratch.path, { readOnly: true });
  expect(isStorageFailure(errorOf(() => reading.exec('INSERT INTO t VALUES (1)')))).toBe(true);
  using other = new DatabaseSync(scratch.path, { timeout: 0 });
  writing.exec('BEGIN IMMEDIATE');
  expect(isStorageFailure(errorOf(() => other.exec('BEGIN IMMEDIATE')))).toBe(true);
  using noDatabase = new DatabaseSync(import.meta.filename);
  expect(isStorageFailure(errorOf(() => noDatabase.exec('SELECT * FROM t')))).toBe(true);
  expect(isStorageFailure(errorOf(() => new DatabaseSync(`${scratch.dir}/no/t.db`)))).toBe(true);
});

test('a value that is refused is the command that fails', () => {
  using database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1)');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  expect(isStorageFailure(errorOf(() => insert.run(1)))).toBe(false);
  expect(isStorageFailure(errorOf(() => insert.run('text')))).toBe(false);
  expect(isStorageFailure(errorOf(() => insert.run(2n ** 80n)))).toBe(false);
  expect(isStorageFailure(new RangeError('a time zone'))).toBe(false);
  expect(isStorageFailure('no error at all')).toBe(false);
});
