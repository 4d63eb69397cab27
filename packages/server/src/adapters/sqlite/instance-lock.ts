/**
 * How a process proves that it lives: it holds the lock of a tiny SQLite file of its own, in a
 * transaction that stays open. The kernel gives the lock back when the process ends, however it
 * ends, and not while it is only stopped or slow; there is no time-out to guess.
 *
 * A file gets its final name only once it is locked, so whoever can take the lock of `<id>.lock`
 * knows that its owner is dead: instance ids are never used twice. The locks belong to the process,
 * and any other handle on a file that is closed in the owner's process would give its lock back;
 * therefore a process touches its own file only here.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { InstanceLocks } from '../../ports/instance-locks.ts';

const ENDING = '.lock';
/** Result codes of SQLite. */
const BUSY = 5;
const CANNOT_OPEN = 14;

/**
 * Takes the lock of a new instance in a directory, which is created when it is missing. Rejects
 * when the id is no file name or in use, or the directory cannot be written.
 */
export async function openInstanceLocks(dir: string, instanceId: string): Promise<InstanceLocks> {
  if (!/^[\w-]+$/.test(instanceId)) throw new RangeError(`Not an instance id: ${instanceId}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fileOf = (id: string): string => join(dir, `${id}${ENDING}`);
  const starting = join(dir, `${instanceId}.starting`);
  const own = takeLock(starting);
  if (own === undefined) throw new Error(`The instance id ${instanceId} is in use.`);
  renameSync(starting, fileOf(instanceId));

  return {
    async dead() {
      return readdirSync(dir)
        .filter((name) => name.endsWith(ENDING))
        .map((name) => name.slice(0, -ENDING.length))
        .filter((id) => id !== instanceId && isDead(fileOf(id)));
    },
    async lives(id) {
      return id === instanceId || (existsSync(fileOf(id)) && !isDead(fileOf(id)));
    },
    async forget(id) {
      if (id !== instanceId) rmSync(fileOf(id), { force: true });
    },
    release(left = 'settled') {
      if (left === 'settled') rmSync(fileOf(instanceId), { force: true });
      own.close();
    },
  };
}

/** The instances of a directory that live, in any process but this one. */
export function livingInstances(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const ids = readdirSync(dir).map((name) => /^([\w-]+)\.(lock|starting)$/.exec(name));
  return ids.flatMap((found) => {
    const [name = '', id = ''] = found ?? [];
    return found === null || isDead(join(dir, name)) ? [] : [id];
  });
}

/**
 * Leaves the lock of an instance that is dead, so that what it held is settled by the next server.
 */
export function leaveLock(dir: string, instanceId: string): void {
  if (!/^[\w-]+$/.test(instanceId)) throw new RangeError(`Not an instance id: ${instanceId}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  closeSync(openSync(join(dir, `${instanceId}${ENDING}`), 'a', 0o600));
}

function isDead(file: string): boolean {
  // A file that another process has just removed must not be made anew.
  const existing = pathToFileURL(file);
  existing.searchParams.set('mode', 'rw');
  try {
    const lock = takeLock(existing);
    lock?.close();
    return lock !== undefined;
  } catch (error) {
    if (codeOf(error) === CANNOT_OPEN && !existsSync(file)) return false;
    throw error;
  }
}

/** Undefined when somebody else has it. */
function takeLock(file: string | URL): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (codeOf(error) === BUSY) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'errcode' in error ? error.errcode : undefined;
}
