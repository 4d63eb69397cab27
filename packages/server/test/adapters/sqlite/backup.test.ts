/** A backup is of one moment, whole, and private; or there is none. */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  allEntries,
  budget,
  figures,
  NOON,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import { backupStore } from '../../../src/adapters/sqlite/backup.ts';
import { NotAStore } from '../../../src/adapters/sqlite/inspect.ts';
import { SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.ts';
import { Scratch } from './scratch.ts';

const quiet = (): void => undefined;

test('a backup under load is of one moment: entries, balances and holds agree', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.putBudget({ budget: budget({ amount: 10n ** 9n }), at: NOON });
  const spender = await scratch.startSpender('spender', 1_000_000);
  spender.go();
  expect(await spender.nextLine()).toBe('spending');
  const path = join(scratch.dir, 'copy');
  const facts = await backupStore(scratch.path, path, quiet);
  const copy = await scratch.open({ path });
  const { posted, held, high_water } = await figures(copy.ledger);
  const entries = await allEntries(copy.ledger, 10_000);
  const holds = await copy.ledger.holds();
  expect(facts).toMatchObject({ entries: entries.length, holds: holds.length, budgets: 1 });
  expect(posted).toBe(4n * BigInt(entries.length));
  expect(held).toBe(10n * BigInt(holds.length));
  expect(high_water).toBeGreaterThanOrEqual(posted + held);
  expect(await copy.ledger.writers()).toEqual(
    entries.length === 0 ? [] : [{ writer_id: 'spender', last_sequence: entries.length }],
  );
  expect(spender.child.exitCode).toBeNull();
});

test('a backup is one private file that says what it holds, and how far it came', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.reserve(reserve('1', 5n));
  await ledger.reserve(reserve('2', 5n, { instance: 'other' }));
  await ledger.settle(settle('1', 5n));
  const to = join(scratch.dir, 'copy');
  const told: (readonly [number, number])[] = [];
  const facts = await backupStore(scratch.path, to, (...pages) => told.push(pages));
  expect(facts).toEqual({
    schema_version: SCHEMA_VERSION,
    bytes: statSync(to).size,
    entries: 1,
    writers: 1,
    budgets: 0,
    holds: 1,
    instances: ['other'],
  });
  expect(statSync(to).mode & 0o777).toBe(0o600);
  expect(readdirSync(scratch.dir).filter((name) => name.startsWith('copy'))).toEqual(['copy']);
  const [done, total] = told.at(-1) ?? [0, -1];
  expect(done).toBe(total);
});

test('a file that is there is never replaced', async () => {
  await using scratch = new Scratch();
  await scratch.open();
  const to = join(scratch.dir, 'copy');
  writeFileSync(to, 'precious');
  await expect(backupStore(scratch.path, to, quiet)).rejects.toThrow(/is there already/);
  expect(statSync(to).size).toBe('precious'.length);
});

test('a damaged store makes no backup, and leaves no file that looks like one', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  for (let i = 0; i < 50; i += 1) {
    await ledger.reserve(reserve(`${i}`, 1n));
    await ledger.settle(settle(`${i}`, 1n));
  }
  await ledger.close();
  using database = new DatabaseSync(scratch.path);
  database.exec('PRAGMA journal_mode = DELETE');
  const index = database
    .prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'entries_started'`)
    .get();
  const file = openSync(scratch.path, 'r+');
  writeSync(file, Buffer.alloc(4_096), 0, 4_096, (Number(index?.rootpage) - 1) * 4_096);
  closeSync(file);
  const to = join(scratch.dir, 'copy');
  await expect(backupStore(scratch.path, to, quiet)).rejects.toThrow(NotAStore);
  expect(readdirSync(scratch.dir).filter((name) => name.startsWith('copy'))).toEqual([]);
});

test('where there is no store there is no backup', async () => {
  await using scratch = new Scratch();
  const nothing = join(scratch.dir, 'nothing.db');
  await expect(backupStore(nothing, join(scratch.dir, 'copy'), quiet)).rejects.toThrow();
  expect(existsSync(nothing)).toBe(false);
  expect(existsSync(join(scratch.dir, 'copy'))).toBe(false);
});
