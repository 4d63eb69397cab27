/**
 * Carries out groups of commands, each as one transaction, in which every key is read and written
 * once. Windows that were read stay in memory for as long as no other process has written.
 */
import type { DatabaseSync } from 'node:sqlite';
import { countRequest, type CountWindow } from '@tollkeeper/core';
import { BucketTables } from './bucket-tables.ts';
import { ASKED, type FromRates, type RateAnswer, type RateGroup } from './protocol.ts';
import { connectRates, prepareRatesFile, type RatesFile } from './rates-file.ts';

/** How often what has ended is removed. */
const PRUNE_EVERY_MS = 60_000;

/** What a flood of keys may take. */
export interface WindowBounds {
  /** New windows after which what has ended is removed, whatever the time. */
  readonly pruneAfter: number;
  /** Windows that may stay then. */
  readonly windowsMax: number;
}

const BOUNDS: WindowBounds = { pruneAfter: 50_000, windowsMax: 200_000 };

export class RateBook {
  readonly #file: RatesFile;
  readonly #bounds: WindowBounds;
  #open: OpenBook | undefined;

  constructor(file: RatesFile, bounds: WindowBounds = BOUNDS) {
    this.#file = file;
    this.#bounds = bounds;
  }

  /** Whether another process has written since the last group. */
  get shared(): boolean {
    return this.#open?.shared ?? false;
  }

  /** Never throws: a group that fails has left nothing. */
  run(group: RateGroup): FromRates {
    try {
      return (this.#open ??= open(this.#file, this.#bounds)).run(group);
    } catch (error) {
      this.close();
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    const opened = this.#open;
    this.#open = undefined;
    try {
      opened?.close();
    } catch {
      // A connection that cannot even be closed is left to the end of the process.
    }
  }
}

function open(file: RatesFile, bounds: WindowBounds): OpenBook {
  prepareRatesFile(file);
  return new OpenBook(connectRates(file), bounds);
}

type Statement = ReturnType<DatabaseSync['prepare']>;

class OpenBook {
  readonly #database: DatabaseSync;
  readonly #bounds: WindowBounds;
  readonly #buckets: BucketTables;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #version: Statement;
  readonly #read: Statement;
  readonly #write: Statement;
  /** Windows as they stand in the file, and those that this group has changed. */
  readonly #windows = new Map<string, CountWindow | null>();
  readonly #changed = new Map<string, number>();
  #dataVersion: unknown;
  #prunedAt: number | undefined;
  #added = 0;
  shared = false;

  constructor(database: DatabaseSync, bounds: WindowBounds) {
    this.#database = database;
    this.#bounds = bounds;
    this.#buckets = new BucketTables(database);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#version = database.prepare('PRAGMA data_version');
    this.#read = database.prepare('SELECT began, count FROM windows WHERE key = ?');
    this.#write = database.prepare(
      'INSERT INTO windows VALUES (?1, ?2, ?3, ?4) ' +
        'ON CONFLICT (key) DO UPDATE SET began = ?2, count = ?3, ends_at = ?4',
    );
  }

  run({ counts, commands }: RateGroup): FromRates {
    this.#begin.run();
    const version = this.#version.get()?.data_version;
    this.shared = this.#dataVersion !== undefined && this.#dataVersion !== version;
    if (this.#dataVersion !== version) this.#windows.clear();
    this.#dataVersion = version;
    const answers: RateAnswer[] = [];
    for (const command of commands) answers.push(this.#buckets.run(command));
    const counted = this.#count(counts);
    this.#prune(Number(counts[ASKED - 1] ?? 0));
    this.#commit.run();
    return { kind: 'done', counts: counted, answers };
  }

  close(): void {
    this.#database.close();
  }

  #count(asked: RateGroup['counts']): number[] {
    const answers: number[] = [];
    for (let from = 0; from < asked.length; from += ASKED) {
      const key = String(asked[from]);
      const rule = { limit: Number(asked[from + 1]), length_ms: Number(asked[from + 2]) };
      const decision = countRequest(this.#windowOf(key), rule, Number(asked[from + 3]));
      answers.push(decision.admitted ? 1 : 0, decision.remaining, decision.ends_at);
      if (!decision.admitted) continue;
      this.#windows.set(key, decision.window);
      this.#changed.set(key, decision.ends_at);
    }
    for (const [key, endsAt] of this.#changed) {
      const window = this.#windows.get(key);
      if (window) this.#write.run(key, window.began, window.count, endsAt);
    }
    this.#changed.clear();
    return answers;
  }

  #windowOf(key: string): CountWindow | null {
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const row = this.#read.get(key);
    if (row === undefined) this.#added += 1;
    const window =
      row === undefined ? null : { began: Number(row.began), count: Number(row.count) };
    this.#windows.set(key, window);
    return window;
  }

  /** Removes what has ended; of a flood of keys, also those that end first. */
  #prune(now: number): void {
    if (now === 0) return;
    this.#prunedAt ??= now;
    const { pruneAfter, windowsMax } = this.#bounds;
    const due = Math.abs(now - this.#prunedAt) >= PRUNE_EVERY_MS;
    if (!due && this.#added < pruneAfter) return;
    this.#prunedAt = now;
    this.#added = 0;
    this.#windows.clear();
    this.#database.prepare('DELETE FROM windows WHERE ends_at <= ?').run(now);
    this.#database
      .prepare(
        'DELETE FROM windows WHERE ends_at <= ' +
          '(SELECT ends_at FROM windows ORDER BY ends_at DESC LIMIT 1 OFFSET ?)',
      )
      .run(windowsMax);
    this.#buckets.prune(now);
  }
}
