/**
 * The file of rate limits, and how a connection to it is opened. It is not the ledger: it is never
 * synced to the disk, so that a take costs no disk at all. A crash of a process loses nothing; a
 * crash of the machine may, and a file that it broke is made anew, with every limit untouched.
 */
import { closeSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface RatesFile {
  readonly path: string;
  /** How long a group waits for another process that writes. */
  readonly busyTimeoutMs: number;
}

/** Version of the tables below. */
const VERSION = 1;

const TABLES = `
CREATE TABLE windows (
  key TEXT PRIMARY KEY,
  began INTEGER NOT NULL,
  count INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE buckets (
  party TEXT PRIMARY KEY,
  requests_level REAL,               -- null: that limit was never there
  requests_at INTEGER,
  tokens_level REAL,
  tokens_at INTEGER,
  touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE running (
  party TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (party, instance_id)
) STRICT, WITHOUT ROWID;
`;

/** How long a start waits for another one that makes the file. */
const MAKING_MS = 5_000;
/** Result codes of SQLite: the file is broken, or is none of SQLite's. */
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/**
 * Makes the file (mode 600) if it is missing or broken. One process at a time, so that no two make
 * it anew. Throws for a file of another release, and what SQLite throws when it cannot be written.
 */
export function prepareRatesFile(file: RatesFile): void {
  using lock = new DatabaseSync(`${file.path}.lock`, { timeout: MAKING_MS });
  lock.exec('BEGIN EXCLUSIVE');
  try {
    prepare(file);
  } catch (error) {
    if (!isBroken(error)) throw error;
    for (const ending of ['', '-wal', '-shm']) rmSync(file.path + ending, { force: true });
    prepare(file);
  }
}

/** A connection that commits without waiting for the disk. */
export function connectRates({ path, busyTimeoutMs }: RatesFile): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  database.exec('PRAGMA synchronous = OFF');
  return database;
}

function prepare(file: RatesFile): void {
  closeSync(openSync(file.path, 'a', 0o600));
  using database = connectRates(file);
  database.exec('PRAGMA journal_mode = WAL');
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version === VERSION) {
    const found = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (found !== 'ok') throw new Broken();
    return;
  }
  if (version !== 0) {
    throw new Error(
      `${file.path} was written by another release. It holds nothing but rates: remove it while ` +
        'no server runs.',
    );
  }
  database.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`);
}

class Broken extends Error {
  override readonly name = 'Broken';
}

function isBroken(error: unknown): boolean {
  if (error instanceof Broken) return true;
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  const code = typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  return code === CORRUPT || code === NOT_A_DATABASE;
}
