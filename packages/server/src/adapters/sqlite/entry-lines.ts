/** The lines of the ledger, as the writer appends them and finds them again. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { withdrawalId, withdrawalOf } from '@tollkeeper/core';
import type { Entry, Postings, Withdrawal } from '@tollkeeper/core';
import { draftOfRow, ENTRY_SELECT, entryOf, postingsOfRow } from './entry-row.ts';
import type { EntryColumns } from './entry-row.ts';
import { ROW } from './protocol.ts';
import type { EntryRow } from './protocol.ts';
import type { WriteSession } from './write-session.ts';

/** What the store knows of a line besides the entry. */
export interface LineFacts {
  readonly at: number;
  readonly recovered: 0 | 1;
  readonly unknown: number;
  readonly unpriced: number;
}

/** What an attempt has become, with what the store knows of it. */
export interface SettledLine {
  readonly entry: Entry;
  readonly at: number;
  readonly recovered: boolean;
  readonly postings: Postings;
}

export class EntryLines {
  readonly #session: WriteSession;
  readonly #database: DatabaseSync;
  readonly #exists: StatementSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #insertIfNew: StatementSync;

  constructor(session: WriteSession) {
    this.#session = session;
    const { database } = session;
    this.#database = database;
    this.#exists = database.prepare('SELECT 1 FROM entries WHERE line_key = ?');
    this.#select = database.prepare(`${ENTRY_SELECT} WHERE e.line_key = ?`);
    this.#select.setReturnArrays(true);
    const places = Array.from({ length: 32 }, () => '?').join(', ');
    this.#insert = database.prepare(`INSERT INTO entries VALUES (${places})`);
    this.#insertIfNew = database.prepare(
      `INSERT INTO entries VALUES (${places}) ON CONFLICT (line_key) DO NOTHING`,
    );
  }

  has(lineKey: string): boolean {
    return this.#exists.get(lineKey) !== undefined;
  }

  get(lineKey: string): EntryColumns | undefined {
    if (!this.has(lineKey)) return undefined;
    return this.#select.get(lineKey) as unknown as EntryColumns;
  }

  /** Appends what a settlement comes to. Returns the number that the entry was given. */
  append(writerId: string, facts: LineFacts, row: EntryRow): number {
    const { id, sequence } = this.#session.nextSequence(writerId);
    const { at, recovered, unknown, unpriced } = facts;
    this.#insert.run(id, at, recovered, unknown, unpriced, ...row);
    this.#session.known.added(String(row[ROW.orgId]), id, String(row[ROW.body]));
    return sequence;
  }

  /** As `append`, of what is no attempt. Undefined: it is there already; nothing was written. */
  appendIfNew(writerId: string, facts: LineFacts, row: EntryRow): number | undefined {
    const { id, sequence } = this.#session.nextSequence(writerId);
    const { at, recovered, unknown, unpriced } = facts;
    const { changes } = this.#insertIfNew.run(id, at, recovered, unknown, unpriced, ...row);
    if (changes !== 0) {
      const isSubmission = String(row[ROW.lineKey]).startsWith('s');
      if (isSubmission)
        this.#session.known.added(String(row[ROW.orgId]), id, String(row[ROW.body]));
      return sequence;
    }
    this.#session.takeBackSequence(writerId);
    return undefined;
  }

  ofAttempt(attemptId: string): SettledLine | undefined {
    const columns = this.get(`a${attemptId}`);
    return columns === undefined ? undefined : this.#settled(columns);
  }

  /** What the settlement of a row withdraws: what was submitted of the same call. */
  withdrawalFor(row: EntryRow): Withdrawal | undefined {
    const { known } = this.#session;
    const columns = known.submissionOf(String(row[ROW.orgId]), String(row[ROW.body]));
    if (columns === undefined) return undefined;
    const submission = this.#settled(columns);
    const { entry_id } = submission.entry;
    if (this.has(`c${withdrawalId(entry_id)}`)) return undefined;
    const select = this.#database.prepare(`${ENTRY_SELECT} WHERE e.corrects_entry_id = ?`);
    select.setReturnArrays(true);
    const corrections = select.all(entry_id) as unknown as readonly EntryColumns[];
    return withdrawalOf(
      submission,
      corrections.map((each) => this.#settled(each)),
      draftOfRow(row),
    );
  }

  /** What has withdrawn that which the row of a correction corrects. */
  withdrawalBehind(row: EntryRow): EntryColumns | undefined {
    const corrected = row[ROW.correctsEntryId];
    if (!String(row[ROW.lineKey]).startsWith('c') || corrected === null) return undefined;
    return this.get(`c${withdrawalId(String(corrected))}`);
  }

  #settled(columns: EntryColumns): SettledLine {
    const selectFacts = this.#database.prepare(
      `SELECT usd_posted, usd_ceiling, tokens_posted, tokens_ceiling, requests_posted,
       requests_ceiling, dispatched_at, recovered FROM entries WHERE line_key = ?`,
    );
    selectFacts.setReturnArrays(true);
    selectFacts.setReadBigInts(true);
    const [, , lineKey] = columns;
    const facts = selectFacts.get(lineKey) as unknown as readonly bigint[];
    return {
      entry: entryOf(columns),
      postings: postingsOfRow(facts, 0),
      at: Number(facts[6]),
      recovered: facts[7] === 1n,
    };
  }

  isCorrected(entryId: string): boolean {
    const select = this.#database.prepare(
      'SELECT 1 FROM entries WHERE corrects_entry_id = ? LIMIT 1',
    );
    return select.get(entryId) !== undefined;
  }

  /** When what a correction corrects was dispatched; undefined: it is not there. */
  dispatchOf(row: EntryRow): number | undefined {
    const found = this.#database
      .prepare(
        `SELECT dispatched_at FROM entries WHERE line_key IN ('a' || ?1, 's' || ?1)
         ORDER BY line_key LIMIT 1`,
      )
      .get(row[ROW.correctsEntryId] ?? '');
    return found === undefined ? undefined : Number(found.dispatched_at);
  }

  /** A correction moves the counts of unknown and unpriced entries to what is known now. */
  factsOfCorrection(row: EntryRow, given: LineFacts): LineFacts {
    const corrected = row[ROW.correctsEntryId] as string | null;
    const sums = this.#database
      .prepare(
        `SELECT count(*) AS lines, sum(unknown) AS unknown, sum(unpriced) AS unpriced FROM entries
         WHERE line_key IN ('a' || ?1, 's' || ?1, 'c' || ?1) OR corrects_entry_id = ?1`,
      )
      .get(corrected);
    if (sums === undefined || sums.lines === 0) return { ...given, unknown: 0, unpriced: 0 };
    return {
      ...given,
      unknown: given.unknown - Number(sums.unknown),
      unpriced: given.unpriced - Number(sums.unpriced),
    };
  }
}
