/** A restore brings back all of a backup or nothing, and loses neither the old file nor a hold. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  allEntries,
  budget,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import { backupStore } from '../../../src/adapters/sqlite/backup.ts';
import { NotAStore } from '../../../src/adapters/sqlite/inspect.ts';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { restoreStore, StoreInUse } from '../../../src/adapters/sqlite/restore.ts';
import { NewerSchema, SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.ts';
import type { StoreFacts } from '../../../src/adapters/sqlite/inspect.ts';
import type { LedgerStore } from '../../../src/ports/ledger-store.ts';
import { Scratch } from './scratch.ts';

const quiet = (): void => undefined;

class Place extends Scratch {
  readonly backup = join(this.dir, 'backup');
  readonly aside = join(this.dir, 'aside');

  restore(from = this.backup): StoreFacts {
    const { path, instances, aside } = this;
    return restoreStore({ from, path, instances, aside });
  }

  /** Calls that cost 4 each, and then a backup. */
  async spent(...ids: readonly string[]): Promise<void> {
    const { ledger } = await this.open();
    await ledger.putBudget({ budget: budget({ amount: 1_000n }), at: NOON });
    await call(ledger, ...ids);
    await backupStore(this.path, this.backup, quiet);
    await ledger.close();
  }
}

async function call(ledger: LedgerStore, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await ledger.reserve(reserve(id, 10n));
    await ledger.settle(settle(id, 4n));
  }
}

async function said(ledger: LedgerStore): Promise<unknown> {
  const { total } = await ledger.summary({ group_by: [] });
  return [await allEntries(ledger), await ledger.budgets(NOON), await ledger.holds(), total];
}

test('all is again as it was at the backup, and the old file has what came after', async () => {
  await using place = new Place();
  await place.spent('1', '2');
  const then = await place.open();
  const before = await said(then.ledger);
  await call(then.ledger, '3');
  const after = await said(then.ledger);
  await then.ledger.close();
  expect(place.restore()).toMatchObject({ entries: 2, budgets: 1, holds: 0 });
  const { ledger } = await place.open();
  expect(await said(ledger)).toEqual(before);
  const old = await place.open({ path: place.aside });
  expect(await said(old.ledger)).toEqual(after);
  await call(ledger, '3');
  expect((await figures(ledger)).posted).toBe(12n);
});

test('calls that were on their way at the backup are settled as those of the dead', async () => {
  await using place = new Place();
  const locks = await openInstanceLocks(place.instances, 'server');
  const { ledger } = await place.open();
  await ledger.putBudget({ budget: budget(), at: NOON });
  await ledger.reserve(reserve('1', 60n, { instance: 'server' }));
  await backupStore(place.path, place.backup, quiet);
  await ledger.settle(settle('1', 4n, { instance: 'server' }));
  await ledger.close();
  locks.release();
  expect(place.restore()).toMatchObject({ holds: 1, instances: ['server'] });
  const next = await openInstanceLocks(place.instances, 'next');
  expect(await next.dead()).toEqual(['server']);
  const restored = await place.open();
  await restored.ledger.settle(recovery('1', 60n));
  expect(await figures(restored.ledger)).toMatchObject({ posted: 60n, ceiling: 60n, held: 0n });
  next.release();
});

test('a store that is lost comes back where there is nothing', async () => {
  await using place = new Place();
  await place.spent('1');
  const { dir } = place;
  const path = join(dir, 'elsewhere', 'store.db');
  restoreStore({ from: place.backup, path, instances: place.instances, aside: place.aside });
  const { ledger } = await place.open({ path });
  expect((await figures(ledger)).posted).toBe(4n);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(existsSync(place.aside)).toBe(false);
});

test('a store that cannot be read goes aside as it is, with its log', async () => {
  await using place = new Place();
  await place.spent('1');
  writeFileSync(place.path, 'rubble');
  writeFileSync(`${place.path}-wal`, 'rubble too');
  place.restore();
  expect(readFileSync(place.aside, 'utf8')).toBe('rubble');
  expect(readFileSync(`${place.aside}-wal`, 'utf8')).toBe('rubble too');
  const { ledger } = await place.open();
  expect((await figures(ledger)).posted).toBe(4n);
});

test('nothing is restored while a server runs on the directory', async () => {
  await using place = new Place();
  await place.spent('1');
  const server = await place.startSpender('server', 10);
  const before = statSync(place.path).ino;
  expect(() => place.restore()).toThrow(/server runs .*\(instance server\)/);
  expect(() => place.restore()).toThrow(StoreInUse);
  expect(statSync(place.path).ino).toBe(before);
  server.child.kill('SIGKILL');
  await server.exited;
  place.restore();
});

test('nothing is restored while any process has the store open', async () => {
  await using place = new Place();
  await place.spent('1');
  const { ledger } = await place.open();
  await call(ledger, '2');
  expect(() => place.restore()).toThrow(StoreInUse);
  expect(existsSync(place.aside)).toBe(false);
  expect((await figures(ledger)).posted).toBe(8n);
  await call(ledger, '3');
});

test('what is no whole backup of a known release is refused, and nothing changes', async () => {
  await using place = new Place();
  await place.spent('1', '2', '3');
  const { ledger } = await place.open();
  const before = await said(ledger);
  await ledger.close();
  const bad = join(place.dir, 'bad');
  const refused = (change: () => void, error: new (...given: never[]) => Error): void => {
    copyFileSync(place.backup, bad);
    change();
    expect(() => place.restore(bad)).toThrow(error);
  };
  const sql = (text: string) => () => {
    using database = new DatabaseSync(bad);
    database.exec(text);
  };
  refused(() => truncateSync(bad, statSync(bad).size - 4_096), NotAStore);
  refused(() => writeFileSync(bad, ''), NotAStore);
  refused(() => writeFileSync(bad, 'no database at all'), NotAStore);
  refused(sql('DROP TABLE meta'), NotAStore);
  refused(sql('UPDATE writers SET last_sequence = 2'), NotAStore);
  refused(sql(`UPDATE meta SET schema_version = ${SCHEMA_VERSION + 1}`), NewerSchema);
  refused(() => writeFileSync(`${bad}-wal`, 'x'), NotAStore);
  const again = await place.open();
  expect(await said(again.ledger)).toEqual(before);
  expect(existsSync(place.aside)).toBe(false);
  expect(readdirSync(place.dir).filter((name) => name.includes('restoring'))).toEqual([]);
});

test('a store that is in use is not taken for a backup', async () => {
  await using place = new Place();
  await place.spent('1');
  const live = await place.open({ path: join(place.dir, 'live') });
  await call(live.ledger, '1');
  expect(() => place.restore(join(place.dir, 'live'))).toThrow(/a store in use, and no backup/);
});

test('a restore that is killed leaves one store or the other, whole', async () => {
  await using place = new Place();
  await place.spent('1');
  const second = join(place.dir, 'second');
  const { ledger } = await place.open();
  await call(ledger, '2', '3');
  await backupStore(place.path, second, quiet);
  await ledger.close();
  const program = fileURLToPath(new URL('restorer.ts', import.meta.url));
  for (const delay of [2, 9]) {
    const child = spawn(
      process.execPath,
      [program, place.path, place.instances, place.backup, second],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await exited;
    const found = await place.open();
    const entries = await allEntries(found.ledger);
    expect([1, 3]).toContain(entries.length);
    expect((await figures(found.ledger)).posted).toBe(4n * BigInt(entries.length));
    await found.ledger.close();
  }
});
