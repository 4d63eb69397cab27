/** Refusals in SQLite: written by the thread that writes, in the order of the time. */
import type { DatabaseSync } from 'node:sqlite';
import {
  readRefusalCursor,
  type RefusalPage,
  type RefusalQuery,
  type RefusalRow,
  type RefusalStore,
} from '../../ports/refusal-store.ts';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import { conditionsOf, whereClause, type Conditions } from './conditions.ts';
import type { ReadQueue } from './read-queue.ts';
import type { WriteQueue } from './write-queue.ts';

/** The refusal port over the writer and the reader threads. */
export class SqliteRefusals implements RefusalStore {
  readonly #writes: WriteQueue;
  readonly #reads: ReadQueue;

  constructor(writes: WriteQueue, reads: ReadQueue) {
    this.#writes = writes;
    this.#reads = reads;
  }

  /** Stands back where calls wait: what they write comes first. */
  async recordRefusals(rows: readonly RefusalRow[]): Promise<void> {
    if (this.#writes.full) throw new StoreUnavailable('Too many writes are waiting for the store.');
    return this.#writes.send({ op: 'keep_refusals', rows }, () => undefined);
  }

  async refusals(query: RefusalQuery): Promise<RefusalPage> {
    return this.#reads.ask({ op: 'refusals', query });
  }

  async forgetRefusals(before: number, limit: number): Promise<number> {
    return this.#writes.send({ op: 'forget_refusals', before, limit }, (answer) => {
      if ('kind' in answer && answer.kind === 'forgotten') return answer.rows;
      throw new Error(`This answer belongs to another command: ${JSON.stringify(answer)}`);
    });
  }
}

/** Keeps rows inside the transaction that is open. */
export function keepRefusals(database: DatabaseSync, rows: readonly RefusalRow[]): void {
  const insert = database.prepare(
    `INSERT INTO refusals (at, refusal_id, org_id, app_id, user_id, key_id, model_id, operation,
       error, reason, count)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (at, refusal_id) DO UPDATE SET count = max(count, excluded.count)`,
  );
  for (const row of rows) {
    const { at, refusal_id, org_id, app_id, user_id, key_id, model_id, operation } = row;
    const who = [org_id, app_id, user_id, key_id] as const;
    insert.run(at, refusal_id, ...who, model_id, operation, row.error, row.reason, row.count);
  }
}

/** Removes the oldest inside the transaction that is open. */
export function forgetRefusals(database: DatabaseSync, before: number, limit: number): number {
  const { changes } = database
    .prepare(
      `DELETE FROM refusals WHERE (at, refusal_id) IN
       (SELECT at, refusal_id FROM refusals WHERE at < ? ORDER BY at, refusal_id LIMIT ?)`,
    )
    .run(before, limit);
  return Number(changes);
}

/** One page, oldest first. */
export function refusalPage(database: DatabaseSync, query: RefusalQuery): RefusalPage {
  const conditions = narrowedBy(query);
  const found = database
    .prepare(
      `SELECT refusal_id, at, org_id, app_id, user_id, key_id, model_id, operation, error, reason,
         count FROM refusals ${whereClause(conditions)} ORDER BY at, refusal_id LIMIT ?`,
    )
    .all(...conditions.values, query.limit + 1) as unknown as RefusalRow[];
  const refusals = found.slice(0, query.limit);
  const last = refusals.at(-1);
  const more = found.length > refusals.length && last !== undefined;
  return { refusals, next_cursor: more ? `${last.at}.${last.refusal_id}` : null };
}

function narrowedBy(query: RefusalQuery): Conditions {
  const conditions = conditionsOf([
    ['org_id = ?', query.org_id],
    ['app_id = ?', query.app_id],
    ['user_id = ?', query.user_id],
    ['key_id = ?', query.key_id],
    ['model_id = ?', query.model_id],
    ['reason = ?', query.reason],
    ['at >= ?', query.from],
    ['at < ?', query.to],
  ]);
  if (query.cursor !== undefined) {
    const { at, id } = readRefusalCursor(query.cursor);
    conditions.where.push('(at, refusal_id) > (?, ?)');
    conditions.values.push(at, id);
  }
  return conditions;
}
