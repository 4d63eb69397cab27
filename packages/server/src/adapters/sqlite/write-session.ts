/**
 * One connection that writes, with its prepared statements and what it remembers between groups.
 *
 * A group is `begin`, any number of commands, `commit`: one transaction and one fsync. What is
 * remembered (budgets, balances, leases, writers' numbers) holds only while nobody else has
 * written, which `begin` asks SQLite inside the transaction; an open hold is then compared with its
 * row. After any failure the session is used no more.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Amounts, Subject } from '@tollkeeper/core';
import type { BudgetState } from '../../ports/ledger-store.ts';
import { BudgetCache } from './budget-cache.ts';
import type { Row } from './budget-cache.ts';
import { KnownAttempts } from './known-attempts.ts';
import { Leases } from './leases.ts';
import { BALANCE_SELECT, balanceColumns, balanceOf, budgetOfText } from './rows.ts';
import type { BalanceColumns } from './rows.ts';
import { connect, SEQUENCES_PER_WRITER } from './schema.ts';
import type { FileOptions } from './schema.ts';
import { seedBalance } from './seed.ts';

/** What a settlement needs of the hold it ends. */
export interface RememberedHold {
  readonly subject: Subject;
  readonly at: number;
  readonly amounts: Amounts;
  /** The request id, where it is not the attempt's own. */
  readonly repeats: string | null;
  /** By budget, the lease that it came out of; null: nothing of it came out of a lease. */
  readonly leased: ReadonlyMap<string, string> | null;
  /** The view in which it was read or written: in a later one its row may be another. */
  readonly view: number;
}

/** The numbering of one writer's entries. */
interface Numbering {
  readonly base: bigint;
  last: number;
  changed: boolean;
}

const BALANCES_MAX = 50_000;
const HOLDS_MAX = 100_000;
const WRITERS_MAX = 1_000;
/** How long a write of another process is remembered. */
const SHARED_GROUPS = 100;

export class WriteSession {
  readonly database: DatabaseSync;
  readonly budgets: BudgetCache;
  readonly holds = new Map<string, RememberedHold>();
  readonly known: KnownAttempts;
  readonly leases: Leases;
  /** Revision of the catalogue; a command that raises it writes it too. */
  catalogRevision = 0;
  /** Counts how often another process was found to have written. */
  view = 0;
  /** Groups for which to expect that another process wants to write too. */
  shared = 0;
  #budgetsRevision = -1;
  #dataVersion = -1;
  #group = 0;
  #moved: Row[] = [];
  readonly #writers = new Map<string, Numbering>();
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #readDataVersion: StatementSync;
  readonly #putBalance: StatementSync;
  readonly #putWriter: StatementSync;

  constructor(file: FileOptions) {
    const database = connect(file);
    // Another thread copies the log into the file; see `checkpoint-worker.ts`.
    database.exec('PRAGMA wal_autocheckpoint = 0');
    this.database = database;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#readDataVersion = database.prepare('PRAGMA data_version');
    this.#putBalance = database.prepare(
      'INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#putWriter = database.prepare('UPDATE writers SET last_sequence = ? WHERE writer_no = ?');
    const readBalance = database.prepare(BALANCE_SELECT);
    readBalance.setReturnArrays(true);
    this.known = new KnownAttempts(database);
    this.leases = new Leases(database);
    this.budgets = new BudgetCache({
      read: (budgetId, start) => {
        const columns = readBalance.get(budgetId, start) as unknown as BalanceColumns | undefined;
        return columns === undefined ? undefined : balanceOf(columns);
      },
      seed: (budget, start) => seedBalance(database, budget, start),
    });
  }

  begin(): void {
    this.#begin.run();
    this.#group += 1;
    this.#moved = [];
    const version = Number(this.#readDataVersion.get()?.data_version);
    this.shared = Math.max(0, this.shared - 1);
    if (version !== this.#dataVersion) {
      if (this.#dataVersion !== -1) this.shared = SHARED_GROUPS;
      this.#dataVersion = version;
      this.#refresh();
    }
  }

  /** Writes every balance that moved, once, and makes the group durable. */
  commit(): BudgetState[] {
    const moved = this.#moved;
    for (const row of moved) {
      const { definition, start, balance } = row;
      if (definition.dropped || !row.changed) continue;
      this.#putBalance.run(definition.budget.budget_id, start, ...balanceColumns(balance));
      row.changed = false;
    }
    this.leases.flush();
    for (const numbering of this.#writers.values()) {
      if (!numbering.changed) continue;
      this.#putWriter.run(numbering.last, numbering.base / SEQUENCES_PER_WRITER);
      numbering.changed = false;
    }
    this.#commit.run();
    this.#trim();
    return moved.map(({ definition, start, end, balance }) => ({
      budget: definition.budget,
      balance,
      window_start: start,
      resets_at: end,
    }));
  }

  /**
   * Takes a new balance of a row into the group. Returns its index among the states of the group.
   */
  move(row: Row, balance: Row['balance']): number {
    row.balance = balance;
    row.changed = true;
    return this.show(row);
  }

  /** As `move`, of a row that stays as it is. */
  show(row: Row): number {
    if (row.group !== this.#group) {
      this.budgets.keep(row);
      row.group = this.#group;
      row.index = this.#moved.push(row) - 1;
    }
    return row.index;
  }

  /** The next number of a writer, and the row id that goes with it. */
  nextSequence(writerId: string): { sequence: number; id: bigint } {
    const numbering = this.#writers.get(writerId) ?? this.#loadWriter(writerId);
    const sequence = numbering.last + 1;
    numbering.last = sequence;
    numbering.changed = true;
    return { sequence, id: numbering.base + BigInt(sequence) };
  }

  /** The number that was given last was not used. */
  takeBackSequence(writerId: string): void {
    const numbering = this.#writers.get(writerId);
    if (numbering !== undefined) numbering.last -= 1;
  }

  /** Budgets were changed by this session: other processes have to read them again. */
  raiseBudgetsRevision(): void {
    this.#budgetsRevision += 1;
    this.database
      .prepare('UPDATE meta SET budgets_revision = ? WHERE id = 1')
      .run(this.#budgetsRevision);
  }

  raiseCatalogRevision(): void {
    this.catalogRevision += 1;
    this.database
      .prepare('UPDATE meta SET catalog_revision = ? WHERE id = 1')
      .run(this.catalogRevision);
  }

  /** Ends the session; an open transaction is rolled back. */
  close(): void {
    this.database.close();
  }

  #refresh(): void {
    this.view += 1;
    this.#writers.clear();
    this.known.forget();
    this.leases.forget();
    const meta = this.database.prepare('SELECT catalog_revision, budgets_revision FROM meta').get();
    this.catalogRevision = Number(meta?.catalog_revision);
    if (this.#budgetsRevision === Number(meta?.budgets_revision)) {
      this.budgets.forgetRows();
      return;
    }
    this.#budgetsRevision = Number(meta?.budgets_revision);
    this.budgets.clear();
    for (const { since, body } of this.database.prepare('SELECT since, body FROM budgets').all()) {
      this.budgets.define(budgetOfText(String(body)), Number(since));
    }
  }

  #loadWriter(writerId: string): Numbering {
    this.database
      .prepare('INSERT OR IGNORE INTO writers (writer_id, last_sequence) VALUES (?, 0)')
      .run(writerId);
    const row = this.database
      .prepare('SELECT writer_no, last_sequence FROM writers WHERE writer_id = ?')
      .get(writerId);
    const base = BigInt(Number(row?.writer_no)) * SEQUENCES_PER_WRITER;
    const numbering = { base, last: Number(row?.last_sequence), changed: false };
    this.#writers.set(writerId, numbering);
    return numbering;
  }

  /** Keeps memory bounded; what is forgotten is read again when needed. */
  #trim(): void {
    if (this.budgets.size > BALANCES_MAX) this.budgets.forgetRows();
    if (this.holds.size > HOLDS_MAX) this.holds.clear();
    if (this.#writers.size > WRITERS_MAX) this.#writers.clear();
  }
}
