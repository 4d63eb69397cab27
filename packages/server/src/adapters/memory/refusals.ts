/** Refusals in memory: one map, put in order when somebody asks. */
import {
  readRefusalCursor,
  type RefusalPage,
  type RefusalQuery,
  type RefusalRow,
  type RefusalStore,
} from '../../ports/refusal-store.ts';

const NARROWING = ['org_id', 'app_id', 'user_id', 'key_id', 'model_id', 'reason'] as const;

export class MemoryRefusals implements RefusalStore {
  readonly #rows = new Map<string, RefusalRow>();

  async recordRefusals(rows: readonly RefusalRow[]): Promise<void> {
    for (const row of rows) {
      const id = `${row.at}.${row.refusal_id}`;
      const first = this.#rows.get(id) ?? row;
      this.#rows.set(id, { ...first, count: Math.max(first.count, row.count) });
    }
  }

  async refusals(query: RefusalQuery): Promise<RefusalPage> {
    const found = this.#inOrder().filter((row) => matches(row, query));
    const refusals = found.slice(0, query.limit);
    const last = refusals.at(-1);
    const more = found.length > refusals.length && last !== undefined;
    return { refusals, next_cursor: more ? `${last.at}.${last.refusal_id}` : null };
  }

  async forgetRefusals(before: number, limit: number): Promise<number> {
    const old = this.#inOrder()
      .filter(({ at }) => at < before)
      .slice(0, limit);
    for (const { at, refusal_id } of old) this.#rows.delete(`${at}.${refusal_id}`);
    return old.length;
  }

  #inOrder(): RefusalRow[] {
    return [...this.#rows.values()].sort(
      (a, b) => a.at - b.at || (a.refusal_id < b.refusal_id ? -1 : 1),
    );
  }
}

function matches(row: RefusalRow, query: RefusalQuery): boolean {
  const { from, to, cursor } = query;
  const after = cursor === undefined ? undefined : readRefusalCursor(cursor);
  return (
    NARROWING.every((field) => query[field] === undefined || query[field] === row[field]) &&
    (from === undefined || row.at >= from) &&
    (to === undefined || row.at < to) &&
    (after === undefined || row.at > after.at || (row.at === after.at && row.refusal_id > after.id))
  );
}
