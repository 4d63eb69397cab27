/** Answers questions from a connection that only reads, each from one snapshot of the store. */
import type { DatabaseSync } from 'node:sqlite';
import { covers, EMPTY_BALANCE, windowAt } from '@tollkeeper/core';
import type { Budget, Hold } from '@tollkeeper/core';
import type { CatalogItem, CatalogKind } from '../../ports/catalog-store.ts';
import type { BudgetState, EntryQuery } from '../../ports/ledger-store.ts';
import type { ReadQuestion } from './protocol.ts';
import { ENTRY_SELECT } from './entry-row.ts';
import { BALANCE_SELECT, balanceOf, budgetOfText, HOLD_SELECT, holdOf } from './rows.ts';
import type { EntryColumns } from './entry-row.ts';
import type { BalanceColumns, HoldColumns, OpenHold } from './rows.ts';
import { copiedTo } from './archive.ts';
import { auditPage } from './audit.ts';
import { refusalPage } from './refusals.ts';
import { connect, SEQUENCES_PER_WRITER } from './schema.ts';
import type { FileOptions } from './schema.ts';
import { LabelSums } from './label-sums.ts';
import { leasesOf } from './leases.ts';
import { seedBalance, sumEntries } from './seed.ts';
import { summarize, whereOf } from './summary.ts';
import { whereClause } from './conditions.ts';

/** Rows of entries, to be read by `entryOf`, and where the next page begins. */
export interface EntryRows {
  readonly rows: readonly EntryColumns[];
  readonly next_cursor: string | null;
}

interface Defined {
  readonly budget: Budget;
  readonly since: number;
}

/** A connection, and what is remembered of it. */
interface Opened {
  readonly database: DatabaseSync;
  readonly labelSums: LabelSums;
}

export class Reader {
  readonly #file: FileOptions;
  #opened: Opened | undefined;

  constructor(file: FileOptions) {
    this.#file = file;
  }

  /** Throws what SQLite throws; the connection is then opened anew for the next question. */
  answer(question: ReadQuestion): unknown {
    try {
      const { database, labelSums } = (this.#opened ??= open(this.#file));
      database.exec('BEGIN');
      const value =
        question.op === 'label_sums'
          ? labelSums.of(question.query)
          : answerFrom(database, question);
      database.exec('COMMIT');
      return value;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.database.close();
  }
}

function open(file: FileOptions): Opened {
  const database = connect(file);
  return { database, labelSums: new LabelSums(database) };
}

function answerFrom(
  database: DatabaseSync,
  question: Exclude<ReadQuestion, { op: 'label_sums' }>,
): unknown {
  switch (question.op) {
    case 'budgets':
      return budgetStates(database, question.at, question.orgId);
    case 'budget_states':
      return statesOf(database, question.budgetIds, question.at);
    case 'posted_since': {
      const { budget, from, to } = question;
      return sumEntries(database, budget, from, to).posted;
    }
    case 'holds':
      return openHolds(database, question.instanceId);
    case 'leases':
      return leasesOf(database, question.instanceId);
    case 'entries':
      return entryPage(database, question.query);
    case 'summary':
      return summarize(database, question.query);
    case 'entries_of_writer':
      return entriesOfWriter(database, question.writerId, question.after, question.limit);
    case 'corrections':
      return correctionsOf(database, question.entryIds);
    case 'writers':
      return database
        .prepare(
          'SELECT writer_id, last_sequence FROM writers WHERE last_sequence > 0 ORDER BY writer_id',
        )
        .all();
    case 'copied':
      return copiedTo(database, question.place);
    case 'catalog_get':
      return database
        .prepare('SELECT id, parent, value, revision FROM catalog WHERE kind = ? AND id = ?')
        .get(question.kind, question.id);
    case 'catalog_list':
      return catalogPage(database, question);
    case 'catalog_revision':
      return database.prepare('SELECT catalog_revision FROM meta').get()?.catalog_revision;
    case 'audit':
      return auditPage(database, question.query);
    case 'refusals':
      return refusalPage(database, question.query);
    case 'probe':
      return database.prepare('SELECT probes FROM meta').get()?.probes;
  }
}

function definitions(database: DatabaseSync, orgId: string | undefined): Defined[] {
  const select = 'SELECT since, body FROM budgets';
  const rows =
    orgId === undefined
      ? database.prepare(`${select} ORDER BY budget_id`).all()
      : database.prepare(`${select} WHERE org_id = ? ORDER BY budget_id`).all(orgId);
  return rows.map(definedBy);
}

function definedBy({ since, body }: Record<string, unknown>): Defined {
  return { since: Number(since), budget: budgetOfText(String(body)) };
}

function budgetStates(
  database: DatabaseSync,
  at: number,
  orgId: string | undefined,
): BudgetState[] {
  const state = stateReader(database, at);
  return definitions(database, orgId).map(state);
}

function statesOf(
  database: DatabaseSync,
  budgetIds: readonly string[],
  at: number,
): (BudgetState | undefined)[] {
  const select = database.prepare('SELECT since, body FROM budgets WHERE budget_id = ?');
  const state = stateReader(database, at);
  return budgetIds.map((id) => {
    const row = select.get(id);
    return row === undefined ? undefined : state(definedBy(row));
  });
}

/** Reads the state of a budget at a moment. */
function stateReader(database: DatabaseSync, at: number): (defined: Defined) => BudgetState {
  const read = database.prepare(BALANCE_SELECT);
  read.setReturnArrays(true);
  return ({ budget, since }) => {
    const { start, end } = windowAt(budget.window, budget.timezone, at);
    const row = read.get(budget.budget_id, start) as unknown as BalanceColumns | undefined;
    const untouched = (): BudgetState['balance'] =>
      start > since ? EMPTY_BALANCE : seedBalance(database, budget, start);
    const balance = row === undefined ? untouched() : balanceOf(row);
    return { budget, balance, window_start: start, resets_at: end };
  };
}

function openHolds(database: DatabaseSync, instanceId: string | undefined): Hold[] {
  const select = database.prepare(
    `${HOLD_SELECT} ${instanceId === undefined ? '' : 'WHERE instance_id = ?'} ORDER BY attempt_id`,
  );
  select.setReturnArrays(true);
  const rows = instanceId === undefined ? select.all() : select.all(instanceId);
  if (rows.length === 0) return [];
  const budgets = definitions(database, undefined);
  const touched = database.prepare(
    'SELECT 1 FROM balances WHERE budget_id = ? AND window_start = ?',
  );
  const allocate = ({ intent, amounts }: OpenHold): Hold['allocations'] =>
    budgets
      .filter(({ budget }) => covers(budget, intent.subject))
      .map(({ budget }) => ({
        budget_id: budget.budget_id,
        window_start: windowAt(budget.window, budget.timezone, intent.at).start,
        amount: amounts[budget.limit.unit],
      }))
      .filter(({ amount }) => amount !== 0n)
      .filter(({ budget_id, window_start }) => touched.get(budget_id, window_start) !== undefined);
  return (rows as unknown as HoldColumns[])
    .map(holdOf)
    .map((open) => ({ ...open, allocations: allocate(open) }));
}

function entryPage(database: DatabaseSync, query: EntryQuery): EntryRows {
  const conditions = whereOf(query);
  const { where, values } = conditions;
  if (query.request_id !== undefined) {
    // What is not in the column begins the line key: of submissions, up to the slash.
    where.push(
      `(e.request_id = ? OR (e.line_key = 'a' || ? AND e.request_id IS NULL)
        OR (e.line_key >= 's' || ? || '/' AND e.line_key < 's' || ? || '0'
          AND e.request_id IS NULL))`,
    );
    const { request_id } = query;
    values.push(request_id, request_id, request_id, request_id);
  }
  if (query.cursor !== undefined) {
    const { startedAt, sequence, writerId } = readCursor(query.cursor);
    where.push('e.started_at >= ?');
    where.push(
      '(e.started_at > ? OR w.writer_id > ? OR (w.writer_id = ? AND e.id & 1099511627775 > ?))',
    );
    values.push(startedAt, startedAt, writerId, writerId, sequence);
  }
  const filter = whereClause(conditions);
  const select = database.prepare(
    `${ENTRY_SELECT} ${filter} ORDER BY e.started_at, w.writer_id, e.id LIMIT ?`,
  );
  select.setReturnArrays(true);
  const found = select.all(...values, query.limit + 1) as unknown as EntryColumns[];
  const rows = found.slice(0, query.limit);
  const last = rows.at(-1);
  const more = found.length > rows.length && last !== undefined;
  return { rows, next_cursor: more ? `${last[12]}.${last[1]}.${last[0]}` : null };
}

/** Throws a RangeError for a cursor that no page has given out. */
function readCursor(cursor: string): { startedAt: number; sequence: number; writerId: string } {
  const [, startedAt, sequence, writerId = ''] = /^(-?\d+)\.(\d+)\.(.*)$/s.exec(cursor) ?? [];
  if (startedAt === undefined) throw new RangeError('This is not a cursor of a list of entries.');
  return { startedAt: Number(startedAt), sequence: Number(sequence), writerId };
}

function entriesOfWriter(
  database: DatabaseSync,
  writerId: string,
  after: number,
  limit: number,
): EntryColumns[] {
  const writer = database
    .prepare('SELECT writer_no FROM writers WHERE writer_id = ?')
    .get(writerId);
  if (writer === undefined) return [];
  const base = BigInt(Number(writer.writer_no)) * SEQUENCES_PER_WRITER;
  const select = database.prepare(
    `${ENTRY_SELECT} WHERE e.id > ? AND e.id < ? ORDER BY e.id LIMIT ?`,
  );
  select.setReturnArrays(true);
  const until = base + SEQUENCES_PER_WRITER;
  return select.all(base + BigInt(after), until, limit) as unknown as EntryColumns[];
}

function correctionsOf(database: DatabaseSync, entryIds: readonly string[]): EntryColumns[] {
  const select = database.prepare(
    `${ENTRY_SELECT} WHERE e.corrects_entry_id IN (SELECT value FROM json_each(?))
     ORDER BY e.id`,
  );
  select.setReturnArrays(true);
  return select.all(JSON.stringify(entryIds)) as unknown as EntryColumns[];
}

function catalogPage(
  database: DatabaseSync,
  {
    kind,
    parent,
    limit,
    cursor = '',
  }: { kind: CatalogKind; parent: string | undefined; limit: number; cursor: string | undefined },
): { items: CatalogItem<string>[]; next_cursor: string | null } {
  const select = 'SELECT id, parent, value, revision FROM catalog WHERE kind = ?';
  const order = 'AND id > ? ORDER BY id LIMIT ?';
  const found =
    parent === undefined
      ? database.prepare(`${select} ${order}`).all(kind, cursor, limit + 1)
      : database.prepare(`${select} AND parent = ? ${order}`).all(kind, parent, cursor, limit + 1);
  const items = (found as unknown as CatalogItem<string>[]).slice(0, limit);
  const more = found.length > items.length;
  return { items, next_cursor: more ? (items.at(-1)?.id ?? null) : null };
}
