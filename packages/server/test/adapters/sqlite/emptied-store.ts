/** One SQLite store for many cases, each of which finds it empty. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { SqliteStores } from '../../../src/adapters/sqlite/store.ts';

/** Opens a store before all cases and closes it after them; what is returned empties it. */
export function emptiedStore(): () => Promise<SqliteStores> {
  const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-sqlite-'));
  const path = join(dir, 'store.db');
  let stores: SqliteStores;
  beforeAll(async () => {
    stores = await openSqliteStore({
      path,
      onFatal: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await stores.ledger.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return async () => {
    empty(path);
    return stores;
  };
}

/** From outside, as another process would: what the store remembers is void then. */
function empty(path: string): void {
  using database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec(`BEGIN IMMEDIATE;
    DROP TRIGGER IF EXISTS audit_is_never_removed; DELETE FROM audit;
    DELETE FROM catalog; DELETE FROM budgets; DELETE FROM balances; DELETE FROM holds;
    DELETE FROM leases;
    DELETE FROM entries; DELETE FROM refusals;
    DELETE FROM copies; DELETE FROM archived_sums;
    DELETE FROM repeated_holds; DELETE FROM upstream_orgs; DELETE FROM attempt_orgs;
    DELETE FROM upstream_requests;
    -- A number of a writer is never given again.
    INSERT INTO writers (writer_id, last_sequence) VALUES (hex(randomblob(8)), 0);
    DELETE FROM writers WHERE writer_no < (SELECT max(writer_no) FROM writers);
    UPDATE meta SET catalog_revision = 0, budgets_revision = budgets_revision + 1;
    COMMIT`);
}
