/**
 * Puts a backup in the place of the store, in one step: at any moment there is either all of the
 * old store or all of the new one. The old file stays beside it.
 *
 * The log of the old store is copied into its file first and then gone, since SQLite would apply it
 * to the new file. Whoever uses the old file keeps that from happening, and so keeps the restore
 * from happening.
 */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { syncPath } from './backup.ts';
import { inspectStore, NotAStore, type StoreFacts } from './inspect.ts';
import { leaveLock, livingInstances } from './instance-lock.ts';
import { isStorageFailure } from './storage-failure.ts';

/** Result code of SQLite. */
const BUSY = 5;
/** What a file of SQLite begins with. */
const HEADER = 'SQLite format 3\0';

/** What is put where. */
export interface RestoreOrder {
  /** The backup; it is not changed. */
  readonly from: string;
  /** The file of the store. */
  readonly path: string;
  /** Where the instances of servers have their locks. */
  readonly instances: string;
  /** What the old file is called from then on. */
  readonly aside: string;
  /** Only reads the backup through. */
  readonly dryRun?: boolean;
}

/** A server works on the store. */
export class StoreInUse extends Error {
  override readonly name = 'StoreInUse';
}

/**
 * Returns what is in the store now. Throws `StoreInUse`, `NotAStore` or `NewerSchema`, with nothing
 * changed.
 */
export function restoreStore(order: RestoreOrder): StoreFacts {
  const { from, path, instances, aside, dryRun = false } = order;
  refuseWhileServed(instances);
  if (existsSync(`${from}-wal`)) {
    throw new NotAStore(`${from} has a log beside it: it is a store in use, and no backup.`);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.restoring`;
  rmSync(next, { force: true });
  try {
    const facts = copyWhole(from, next);
    if (dryRun) return facts;
    // The calls that were on their way at the backup: the next server settles them as those of
    // dead instances.
    for (const instance of facts.instances) leaveLock(instances, instance);
    const old = existsSync(path) ? setAside(path, aside) : undefined;
    try {
      refuseWhileServed(instances, () => rmSync(aside, { force: true }));
      renameSync(next, path);
      syncPath(dirname(path));
    } finally {
      old?.close();
    }
    return facts;
  } finally {
    rmSync(next, { force: true });
  }
}

/** Whether a server was started on the directory meanwhile: it may still use the old file. */
export function isServed(instances: string): boolean {
  return livingInstances(instances).length > 0;
}

function refuseWhileServed(instances: string, undo: () => void = () => undefined): void {
  const living = livingInstances(instances);
  if (living.length === 0) return;
  undo();
  throw new StoreInUse(
    `A server runs on this directory (instance ${living.join(', ')}). Stop it, then restore.`,
  );
}

/** Copies a backup and reads the copy through. */
function copyWhole(from: string, to: string): StoreFacts {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, 0o600);
  const facts = inspectStore(to);
  syncPath(to);
  return facts;
}

/**
 * Gives the old file its second name. Returns what keeps everybody out of it, or undefined when it
 * cannot be read.
 */
function setAside(path: string, aside: string): DatabaseSync | undefined {
  if (existsSync(aside)) throw new Error(`${aside} is there already.`);
  const old = isDatabase(path) ? lockedOut(path) : undefined;
  if (old === undefined) {
    // What there is of it goes aside as it is, its log included.
    for (const ending of ['-wal', '-shm']) {
      if (existsSync(path + ending)) renameSync(path + ending, aside + ending);
    }
  }
  linkSync(path, aside);
  return old;
}

/** SQLite takes a file without its header for a new one, and a log beside it for rubbish. */
function isDatabase(path: string): boolean {
  const start = Buffer.alloc(HEADER.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === HEADER;
}

/** All of the log is in the file, and nobody else can open it. Undefined: it cannot be read. */
function lockedOut(path: string): DatabaseSync | undefined {
  const old = new DatabaseSync(path, { timeout: 0 });
  try {
    old.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return old;
  } catch (error) {
    old.close();
    if (codeOf(error) === BUSY) throw new StoreInUse('The store is in use by another process.');
    if (!isStorageFailure(error)) throw error;
    return undefined;
  }
}

/** The primary result code of SQLite. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
