/**
 * Copies the store into one file while servers run on it: all of one moment, however long it takes.
 * The copy is read through before it gets its name, so that a file with that name is a whole one.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { inspectStore, type StoreFacts } from './inspect.ts';

/** Pages of 4 KiB between two words of how far it has come. */
const PAGES = 4_096;

/**
 * Copies `path` to `to`, which must not exist yet. `onPages` is told of pages that are copied, of
 * how many. Throws when there is no store, or no room.
 */
export async function backupStore(
  path: string,
  to: string,
  onPages: (done: number, total: number) => void,
): Promise<StoreFacts> {
  if (existsSync(to)) throw new Error(`${to} is there already; a backup never replaces a file.`);
  const part = `${to}.part`;
  rmSync(part, { force: true });
  closeSync(openSync(part, 'wx', 0o600));
  try {
    await copyPages(path, part, onPages);
    const facts = inspectStore(part);
    syncPath(part);
    // Unlike a rename, it fails when somebody has made that file meanwhile.
    linkSync(part, to);
    return facts;
  } finally {
    rmSync(part, { force: true });
    syncPath(dirname(part));
  }
}

/** Puts a file, or the names in a directory, on the disk. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

async function copyPages(
  path: string,
  part: string,
  onPages: (done: number, total: number) => void,
): Promise<void> {
  using source = new DatabaseSync(path, { readOnly: true });
  // The moment that is copied. Without it, SQLite would begin anew with every write of a server.
  source.exec('BEGIN');
  source.prepare('SELECT schema_version FROM meta').get();
  const pages = await backup(source, part, {
    rate: PAGES,
    progress: ({ totalPages, remainingPages }) => onPages(totalPages - remainingPages, totalPages),
  });
  source.exec('COMMIT');
  onPages(pages, pages);
}
