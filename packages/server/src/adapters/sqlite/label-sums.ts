/**
 * Sums of entries by label, by the moment of dispatch that chose the windows of their budgets.
 *
 * A day of a busy organization is millions of rows, and it is asked for again and again. Since
 * entries are only ever added, sums are kept with the last number of each writer that is in them,
 * and the next question reads what came after. A snapshot has no holes below those numbers: numbers
 * are given out in the transaction that writes the entry.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LabelQuery, LabelSum } from '../../ports/ledger-store.ts';
import { dispatchedRows, IN_WINDOW } from './dispatched.ts';
import { moneyOf, moneySum, REQUESTS, SEQUENCES_PER_WRITER } from './schema.ts';

/** Windows that are remembered. */
const WINDOWS_MAX = 500;

const INPUT = [
  'input_tokens',
  'cache_read_input_tokens',
  'cache_write_5m_input_tokens',
  'cache_write_1h_input_tokens',
  'cache_write_30m_input_tokens',
].join(' + ');

const COLUMNS = `app_id, label, model_id, dispatched_at, cost, usd_posted, usd_ceiling,
  output_tokens, ${INPUT} AS input_tokens, ${REQUESTS} AS requests`;

const SUMS = `app_id, label, model_id, sum(requests) AS requests,
  coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens,
  max(dispatched_at) AS latest, count(*) AS entries,
  ${moneySum('cost', 'cost')}, ${moneySum('usd_posted', 'posted')},
  ${moneySum('usd_ceiling', 'ceiling')}`;

const GROUPS = 'GROUP BY app_id, label, model_id';

const ALL = `SELECT ${SUMS} FROM ${dispatchedRows(COLUMNS, IN_WINDOW)} ${GROUPS}`;
const NEWER = `SELECT ${SUMS} FROM (SELECT ${COLUMNS} FROM entries NOT INDEXED
  WHERE id > $after AND id <= $through AND ${IN_WINDOW}) ${GROUPS}`;

/** What the entries of one application, label and model come to. */
interface Part extends LabelSum {
  readonly app_id: string;
  /** When the last of them was dispatched. */
  readonly latest: number;
}

/** The parts of a window, and what is in them. */
interface Window {
  readonly parts: Map<string, Part>;
  /** How many those are. */
  entries: number;
  /** The last sequence of each writer that is in it. */
  through: ReadonlyMap<number, number>;
  /** Entries of the organization that had been removed by then. */
  readonly removed: number;
}

type Sums = Readonly<Record<string, bigint>> & {
  readonly app_id: string;
  readonly label: string | null;
  readonly model_id: string;
};

/** Remembers windows of one connection. */
export class LabelSums {
  readonly #database: DatabaseSync;
  readonly #windows = new Map<string, Window>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** In the order of the labels, null first. The caller holds a read transaction. */
  of(query: LabelQuery): LabelSum[] {
    const window = this.#windowOf(query);
    const parts = [...window.parts.values()].filter(
      ({ app_id }) => query.app_id === undefined || app_id === query.app_id,
    );
    const sums = new Map<string | null, LabelSum>();
    // The model of the part that comes last stands for the label.
    for (const part of parts.sort(byLabelAndTime)) {
      const { app_id: _app, latest: _latest, ...sum } = part;
      sums.set(part.label, together(sums.get(part.label), sum));
    }
    return [...sums.values()];
  }

  #windowOf(query: LabelQuery): Window {
    const key = JSON.stringify([query.org_id, query.from, query.to]);
    const through = this.#writers();
    const removed = this.#removed(query.org_id);
    const known = this.#windows.get(key);
    this.#windows.delete(key);
    const newer = known === undefined ? undefined : newerThan(known, through, removed);
    const window =
      known === undefined || newer === undefined
        ? this.#readAll(query, through, removed)
        : this.#readNewer(query, known, newer, through);
    if (this.#windows.size >= WINDOWS_MAX) {
      const [oldest = ''] = this.#windows.keys();
      this.#windows.delete(oldest);
    }
    this.#windows.set(key, window);
    return window;
  }

  #writers(): ReadonlyMap<number, number> {
    const rows = this.#database.prepare('SELECT writer_no, last_sequence FROM writers').all();
    return new Map(rows.map((row) => [Number(row.writer_no), Number(row.last_sequence)]));
  }

  #removed(orgId: string): number {
    const sum = this.#database
      .prepare('SELECT sum(entries) AS entries FROM archived_sums WHERE org_id = ?')
      .get(orgId);
    return Number(sum?.entries ?? 0);
  }

  #readAll(query: LabelQuery, through: Window['through'], removed: number): Window {
    const parts: Window['parts'] = new Map();
    const entries = addAll(parts, this.#prepare(ALL).all(named(query)) as unknown as Sums[]);
    return { parts, entries, through, removed };
  }

  #readNewer(
    query: LabelQuery,
    known: Window,
    newer: readonly Stretch[],
    through: Window['through'],
  ): Window {
    const select = this.#prepare(NEWER);
    for (const { writer, after, last } of newer) {
      const base = BigInt(writer) * SEQUENCES_PER_WRITER;
      const ids = { $after: base + BigInt(after), $through: base + BigInt(last) };
      known.entries += addAll(
        known.parts,
        select.all({ ...named(query), ...ids }) as unknown as Sums[],
      );
    }
    known.through = through;
    return known;
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(true);
    return statement;
  }
}

/** Entries of one writer that a window does not have yet. */
interface Stretch {
  readonly writer: number;
  readonly after: number;
  readonly last: number;
}

/**
 * What came after, or undefined when the window is better read anew: something was removed, or more
 * came in all organizations together than the window has.
 */
function newerThan(
  known: Window,
  through: Window['through'],
  removed: number,
): readonly Stretch[] | undefined {
  if (removed !== known.removed) return undefined;
  for (const [writer, last] of known.through) {
    if ((through.get(writer) ?? -1) < last) return undefined;
  }
  const stretches = [...through]
    .map(([writer, last]) => ({ writer, after: known.through.get(writer) ?? 0, last }))
    .filter(({ after, last }) => last > after);
  const count = stretches.reduce((sum, { after, last }) => sum + last - after, 0);
  return count > known.entries ? undefined : stretches;
}

function named({ org_id, from, to }: LabelQuery): Record<string, string | number> {
  return { $org: org_id, $start: from, $end: to };
}

/** Adds rows to the parts; returns how many entries they stand for. */
function addAll(parts: Window['parts'], rows: readonly Sums[]): number {
  let entries = 0;
  for (const row of rows) {
    const key = JSON.stringify([row.app_id, row.label, row.model_id]);
    const before = parts.get(key);
    const latest = Math.max(Number(row.latest), before?.latest ?? -Infinity);
    parts.set(key, { ...together(before, sumOf(row)), app_id: row.app_id, latest });
    entries += Number(row.entries);
  }
  return entries;
}

function sumOf(row: Sums): LabelSum {
  const money = (name: string): bigint =>
    moneyOf(row[`${name}_high`] ?? 0n, row[`${name}_low`] ?? 0n);
  return {
    label: row.label,
    model_id: row.model_id,
    requests: Number(row.requests),
    input_tokens: Number(row.input_tokens),
    output_tokens: Number(row.output_tokens),
    cost: money('cost'),
    posted: money('posted'),
    ceiling: money('ceiling'),
  };
}

function together(before: LabelSum | undefined, added: LabelSum): LabelSum {
  if (before === undefined) return added;
  return {
    label: added.label,
    model_id: added.model_id,
    requests: before.requests + added.requests,
    input_tokens: before.input_tokens + added.input_tokens,
    output_tokens: before.output_tokens + added.output_tokens,
    cost: before.cost + added.cost,
    posted: before.posted + added.posted,
    ceiling: before.ceiling + added.ceiling,
  };
}

function byLabelAndTime(a: Part, b: Part): number {
  if (a.label !== b.label) {
    if (a.label === null || b.label === null) return a.label === null ? -1 : 1;
    return a.label < b.label ? -1 : 1;
  }
  if (a.latest !== b.latest) return a.latest - b.latest;
  return a.model_id < b.model_id ? -1 : 1;
}
