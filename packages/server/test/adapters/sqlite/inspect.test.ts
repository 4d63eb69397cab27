/** A file is read through before it is believed. */
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { budget, NOON, reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { inspectStore, NotAStore } from '../../../src/adapters/sqlite/inspect.ts';
import { NewerSchema, SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.ts';
import { Scratch } from './scratch.ts';

/** A closed store with one entry and one hold. */
async function filled(scratch: Scratch): Promise<void> {
  const { ledger } = await scratch.open();
  await ledger.putBudget({ budget: budget(), at: NOON });
  await ledger.reserve(reserve('1', 1n));
  await ledger.settle(settle('1', 1n));
  await ledger.reserve(reserve('2', 1n, { instance: 'other' }));
  await ledger.close();
}

function change(scratch: Scratch, sql: string): void {
  using database = new DatabaseSync(scratch.path);
  database.exec(sql);
}

test('a whole store says what is in it', async () => {
  await using scratch = new Scratch();
  await filled(scratch);
  expect(inspectStore(scratch.path)).toMatchObject({
    ...{ schema_version: SCHEMA_VERSION, entries: 1, writers: 1, budgets: 1, holds: 1 },
    instances: ['other'],
  });
});

test('entries that their writer has not numbered are damage', async () => {
  await using scratch = new Scratch();
  await filled(scratch);
  change(scratch, 'UPDATE writers SET last_sequence = 0');
  expect(() => inspectStore(scratch.path)).toThrow(/beyond the numbers/);
  change(scratch, 'DELETE FROM writers');
  expect(() => inspectStore(scratch.path)).toThrow(NotAStore);
});

test('a store of a newer release is told from a broken one', async () => {
  await using scratch = new Scratch();
  await filled(scratch);
  change(scratch, `UPDATE meta SET schema_version = ${SCHEMA_VERSION + 1}`);
  expect(() => inspectStore(scratch.path)).toThrow(NewerSchema);
  change(scratch, 'DROP TABLE meta');
  expect(() => inspectStore(scratch.path)).toThrow(/no tables of a store/);
  writeFileSync(scratch.path, 'something else');
  expect(() => inspectStore(scratch.path)).toThrow(/cannot be read as a store/);
});
