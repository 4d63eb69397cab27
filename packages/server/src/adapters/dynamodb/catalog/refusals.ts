/** Refusals: rows by day, and a register of the days. */
import type { Ids } from '../../../ports/ids.ts';
import {
  readRefusalCursor,
  type RefusalPage,
  type RefusalQuery,
  type RefusalRow,
  type RefusalStore,
} from '../../../ports/refusal-store.ts';
import { unregisterDay } from '../entries/day-registry.ts';
import { allItems, itemPages } from '../items/item-pages.ts';
import type { ItemKey, Items } from '../items/items.ts';
import { fromJsonAttribute, toJsonAttribute } from '../items/json-attribute.ts';
import {
  dayOf,
  REFUSAL_DAYS_PARTITION,
  refusalsPartition,
  refusalSort,
  sortable,
} from '../items/keys.ts';
import type { Transactions, View } from '../groups/transactions.ts';

const NARROWING = ['org_id', 'app_id', 'user_id', 'key_id', 'model_id', 'reason'] as const;

/** Rows of one transaction, so that their days fit in too. */
const ROWS_AT_ONCE = 48;

interface Parts {
  readonly items: Items;
  readonly transactions: Transactions;
  readonly ids: Ids;
}

export class DynamoRefusals implements RefusalStore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async recordRefusals(rows: readonly RefusalRow[]): Promise<void> {
    for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
      const some = rows.slice(first, first + ROWS_AT_ONCE);
      await this.#parts.transactions.run({
        kind: 'other',
        reads: some.map(rowKey),
        decide: (view) => keep(view, some),
      });
    }
  }

  async refusals(query: RefusalQuery): Promise<RefusalPage> {
    const found: RefusalRow[] = [];
    for await (const row of this.#rows(query)) {
      found.push(row);
      if (found.length > query.limit) break;
    }
    const refusals = found.slice(0, query.limit);
    const last = refusals.at(-1);
    const more = found.length > refusals.length && last !== undefined;
    return { refusals, next_cursor: more ? `${last.at}.${last.refusal_id}` : null };
  }

  async forgetRefusals(before: number, limit: number): Promise<number> {
    const { items } = this.#parts;
    let removed = 0;
    for (const day of await this.#days({ to: dayOf(before) })) {
      const pk = refusalsPartition(day);
      const old = await items.query({ pk, to: sortable(before), limit: limit - removed });
      await items.writeEach(old.map(({ sk }) => ({ op: 'delete', key: { pk, sk } })));
      removed += old.length;
      if (removed === limit) break;
      if (day < dayOf(before)) await this.#forgetDay(day);
    }
    return removed;
  }

  async *#rows(query: RefusalQuery): AsyncGenerator<RefusalRow> {
    const { from, to, cursor } = query;
    const after = cursor === undefined ? undefined : readRefusalCursor(cursor);
    const first = Math.max(from ?? -Infinity, after?.at ?? -Infinity);
    const days = await this.#days({
      ...(first === -Infinity ? {} : { from: dayOf(first) }),
      ...(to === undefined ? {} : { to: dayOf(to) }),
    });
    const bounds = {
      ...(first === -Infinity ? {} : { from: sortable(first) }),
      ...(to === undefined ? {} : { to: sortable(to) }),
    };
    for (const day of days) {
      const pages = itemPages(this.#parts.items, { pk: refusalsPartition(day), ...bounds });
      for await (const page of pages) {
        for (const item of page) {
          const row = fromJsonAttribute<RefusalRow>(item);
          if (isAsked(row, query, after)) yield row;
        }
      }
    }
  }

  async #days(bounds: { readonly from?: string; readonly to?: string }): Promise<string[]> {
    const found = await allItems(this.#parts.items, { pk: REFUSAL_DAYS_PARTITION, ...bounds });
    return found.map(({ sk }) => sk);
  }

  async #forgetDay(day: string): Promise<void> {
    const { items, transactions, ids } = this.#parts;
    const isEmpty = async (): Promise<boolean> =>
      (await items.query({ pk: refusalsPartition(day), limit: 1 })).length === 0;
    if (await isEmpty()) await unregisterDay(transactions, dayKey(day), ids.uuid(), isEmpty);
  }
}

/** The register of a day, and a row. */
export const dayKey = (day: string): ItemKey => ({ pk: REFUSAL_DAYS_PARTITION, sk: day });
export const rowKey = ({ at, refusal_id }: RefusalRow): ItemKey => ({
  pk: refusalsPartition(dayOf(at)),
  sk: refusalSort(at, refusal_id),
});

function keep(view: View, rows: readonly RefusalRow[]): void {
  view.getAll(rows.map(rowKey));
  for (const row of rows) {
    const item = view.get(rowKey(row));
    const first = item === undefined ? undefined : fromJsonAttribute<RefusalRow>(item);
    if (first !== undefined && first.count >= row.count) continue;
    view.put(rowKey(row), { ...toJsonAttribute({ ...(first ?? row), count: row.count }) });
    view.set(dayKey(dayOf(row.at)), {});
  }
}

function isAsked(
  row: RefusalRow,
  query: RefusalQuery,
  after: { readonly at: number; readonly id: string } | undefined,
): boolean {
  const { from, to } = query;
  return (
    NARROWING.every((field) => query[field] === undefined || query[field] === row[field]) &&
    (from === undefined || row.at >= from) &&
    (to === undefined || row.at < to) &&
    (after === undefined || row.at > after.at || (row.at === after.at && row.refusal_id > after.id))
  );
}
