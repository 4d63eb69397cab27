/** Proves that a file is a whole store of a release that is known here, and says what is in it. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { NewerSchema, versionOf } from './schema.ts';

/** What a file holds. */
export interface StoreFacts {
  readonly schema_version: number;
  readonly bytes: number;
  readonly entries: number;
  readonly writers: number;
  readonly budgets: number;
  /** Calls that were on their way. */
  readonly holds: number;
  /** The instances that made those calls, or have leases. */
  readonly instances: readonly string[];
}

/** The file is no store, or a broken one. */
export class NotAStore extends Error {
  override readonly name = 'NotAStore';
}

/**
 * Reads all of a file that nobody else uses; it is one file afterwards, without a log beside it.
 * Throws `NotAStore` with the reason, or `NewerSchema`.
 */
export function inspectStore(path: string): StoreFacts {
  const { size } = statSync(path);
  try {
    using database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = DELETE');
    const version = versionOf(database);
    if (version === undefined) throw new NotAStore(`${path} has no tables of a store.`);
    const [found] = database.prepare('PRAGMA integrity_check(1)').all();
    if (found?.integrity_check !== 'ok') {
      throw new NotAStore(`${path} is damaged: ${String(found?.integrity_check)}`);
    }
    if (hasUnnumberedEntries(database)) {
      throw new NotAStore(`${path} is damaged: it has entries beyond the numbers of its writers.`);
    }
    const count = (table: string): number =>
      Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
    return {
      schema_version: version,
      bytes: size,
      entries: count('entries'),
      writers: count('writers'),
      budgets: count('budgets'),
      holds: count('holds'),
      instances: database
        .prepare(instancesIn(version))
        .all()
        .map(({ instance_id }) => String(instance_id)),
    };
  } catch (error) {
    if (error instanceof NotAStore || error instanceof NewerSchema) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new NotAStore(`${path} cannot be read as a store: ${reason}`, { cause: error });
  }
}

/** Leases came with the sixth version. */
function instancesIn(version: number): string {
  const tables = version < 6 ? ['holds'] : ['holds', 'leases'];
  const found = tables.map((table) => `SELECT instance_id FROM ${table}`).join(' UNION ALL ');
  return `SELECT DISTINCT instance_id FROM (${found}) ORDER BY instance_id`;
}

/** Whether a writer has an entry with a number that it has not given out. */
function hasUnnumberedEntries(database: DatabaseSync): boolean {
  const found = database
    .prepare(
      `SELECT 1 FROM writers w JOIN entries e
         ON e.id > (w.writer_no << 40) + w.last_sequence AND e.id < (w.writer_no + 1) << 40
       UNION ALL SELECT 1 FROM entries e
         WHERE NOT EXISTS (SELECT 1 FROM writers w WHERE w.writer_no = e.id >> 40) LIMIT 1`,
    )
    .get();
  return found !== undefined;
}
