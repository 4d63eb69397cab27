/**
 * One process per spool: whoever uses it holds the lock of a tiny SQLite file, in a transaction
 * that stays open. The kernel gives the lock back when the process ends, however it ends.
 */
import { DatabaseSync } from 'node:sqlite';

/** Result code of SQLite. */
const BUSY = 5;

/** The spool belongs to another process, or to another client in this one. */
export class SpoolInUse extends Error {
  override readonly name = 'SpoolInUse';

  constructor(dir: string) {
    super(
      `The spool directory ${dir} is in use by another client. Give each process a directory of ` +
        'its own, or close the other one first.',
    );
  }
}

/** Takes the lock and returns what gives it back. Throws `SpoolInUse` when somebody has it. */
export function lockSpool(dir: string, file: string): () => void {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const busy = error instanceof Error && 'errcode' in error && error.errcode === BUSY;
    throw busy ? new SpoolInUse(dir) : error;
  }
  return () => database.close();
}
