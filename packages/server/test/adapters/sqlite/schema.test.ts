/** The file: private, kept whole over restarts, and never touched by an older release. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  allEntries,
  budget,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
  submission,
} from '@tollkeeper/testkit/conformance/fixtures';
import { moneyOf, NewerSchema, SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.ts';
import { Scratch } from './scratch.ts';

/** What each version added, from the second on, as the way back. */
const REMOVALS = [
  'DROP TABLE audit',
  'DROP TABLE refusals',
  `DROP TABLE upstream_orgs; DROP TABLE attempt_orgs; DROP TABLE upstream_requests;
   DROP TABLE repeated_holds`,
  'DROP TABLE copies; DROP TABLE archived_sums',
  'DROP TABLE leases; ALTER TABLE holds DROP COLUMN leased',
];

/** Makes of a file one that an older release has left. */
function makeOlder(database: DatabaseSync, version: number): void {
  for (const removal of REMOVALS.slice(version - 1).reverse()) database.exec(removal);
  database.prepare('UPDATE meta SET schema_version = ?').run(version);
}

test('everything is there again when the file is opened again', async () => {
  await using scratch = new Scratch();
  const { ledger, catalog } = await scratch.open();
  await ledger.putBudget({ budget: budget(), at: NOON });
  await catalog.put({ kind: 'api_key', id: 'k', parent: 'app', value: { name: 'key' } });
  for (const id of ['1', '2', '3']) await ledger.reserve(reserve(id, 20n));
  await ledger.settle(settle('1', 5n));
  await ledger.settle(recovery('2', 20n));
  const before = [await allEntries(ledger), await ledger.budgets(NOON), await ledger.holds()];
  await ledger.close();
  const again = await scratch.open();
  const after = [
    await allEntries(again.ledger),
    await again.ledger.budgets(NOON),
    await again.ledger.holds(),
  ];
  expect(after).toEqual(before);
  expect(await again.catalog.get('api_key', 'k')).toMatchObject({ value: { name: 'key' } });
  expect(await again.catalog.revision()).toBe(1);
  expect(await again.ledger.settle(settle('2', 4n))).toMatchObject({ kind: 'corrected' });
  expect(await again.ledger.settle(settle('3', 4n))).toMatchObject({ sequence: 3 });
  expect(await figures(again.ledger)).toMatchObject({ posted: 13n, held: 0n });
});

test('only the owner may read the file and its log', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.reserve(reserve('1', 1n));
  for (const file of ['', '-wal', '-shm']) {
    expect(statSync(`${scratch.path}${file}`).mode & 0o777).toBe(0o600);
  }
});

test('a file of a newer release is refused with the reason, and not touched', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.close();
  using database = new DatabaseSync(scratch.path);
  database.exec(`UPDATE meta SET schema_version = ${SCHEMA_VERSION + 1}`);
  await expect(scratch.open()).rejects.toThrow(NewerSchema);
  await expect(scratch.open()).rejects.toThrow(/newer/);
  const meta = database.prepare('SELECT schema_version FROM meta').get();
  expect(meta?.schema_version).toBe(SCHEMA_VERSION + 1);
});

test('a file of the first release gets what later ones added, and keeps what it has', async () => {
  await using scratch = new Scratch();
  const { ledger, catalog } = await scratch.open();
  await catalog.put({ kind: 'api_key', id: 'k', parent: 'app', value: 1 });
  await ledger.close();
  using database = new DatabaseSync(scratch.path);
  makeOlder(database, 1);
  const again = await scratch.open();
  expect(await again.catalog.get('api_key', 'k')).toMatchObject({ value: 1, revision: 1 });
  expect(await again.catalog.audit({ limit: 1 })).toEqual({ records: [], next_cursor: null });
  expect(await again.refusals.refusals({ limit: 1 })).toEqual({ refusals: [], next_cursor: null });
  const meta = database.prepare('SELECT schema_version FROM meta').get();
  expect(meta?.schema_version).toBe(SCHEMA_VERSION);
});

test('a file of the second release gets what came after, and keeps its audit log', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  const stamp = { at: NOON, action: 'putBudget', request_id: null, source_ip: null };
  const audit = { ...stamp, audit_id: 'a', actor: { kind: 'cli', id: 'ann' } } as const;
  await ledger.putBudget({ budget: budget(), at: NOON, audit });
  await ledger.close();
  using database = new DatabaseSync(scratch.path);
  makeOlder(database, 2);
  const again = await scratch.open();
  expect((await again.catalog.audit({ limit: 9 })).records).toMatchObject([audit]);
  expect(await again.refusals.refusals({ limit: 1 })).toEqual({ refusals: [], next_cursor: null });
  const meta = database.prepare('SELECT schema_version FROM meta').get();
  expect(meta?.schema_version).toBe(SCHEMA_VERSION);
});

test('calls from before the fourth schema are found by ids that their clients know', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  for (const id of ['1', '2', '3'])
    await ledger.reserve(reserve(id, 20n, { request_id: `r${id}` }));
  await ledger.settle(settle('1', 5n, { request_id: 'r1' }));
  await ledger.settle(recovery('2', 20n, { request_id: 'r2' }));
  await ledger.close();
  using database = new DatabaseSync(scratch.path);
  makeOlder(database, 3);
  const again = await scratch.open();
  const answered = async (id: string): Promise<unknown> => {
    const answer = await again.ledger.record({ ...submission('s', 1n), known_as: [id] });
    return answer.kind === 'already' ? (answer.entry?.entry_id ?? null) : answer.kind;
  };
  expect(await answered('aws-1')).toBe('1');
  expect(await answered('r2')).toBe('2');
  expect(await answered('r3')).toBeNull();
  expect(await answered('r4')).toBe('recorded');
});

test('a file that cannot be had is told when it is opened', async () => {
  await using scratch = new Scratch();
  await expect(scratch.open({ path: `${scratch.dir}/missing/store.db` })).rejects.toThrow(/ENOENT/);
});

test('money that was summed in halves is put together exactly', () => {
  const amounts = [9_223_372_036_854_775_807n, -1n, 999_999_999n, -1_000_000_001n];
  const high = amounts.reduce((sum, amount) => sum + amount / 1_000_000_000n, 0n);
  const low = amounts.reduce((sum, amount) => sum + (amount % 1_000_000_000n), 0n);
  expect(moneyOf(high, low)).toBe(9_223_372_036_854_775_804n);
});
