/**
 * What organizations used of models day by day, as it is kept, and in the words of those who read
 * it: rows whose values are all text, and a table of comma-separated values (RFC 4180).
 */
import { csvCell, formatUsd, parseUsd } from '@tollkeeper/core';
import type { DailyCostRecord } from '../catalog/daily-records.ts';
import type { OrganizationRecord } from '../catalog/records.ts';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';

const PAGE = 1_000;
const DAY_MS = 86_400_000;

/** A day of a tenant and model. All values are text: counts keep their ".0". */
export interface DailyRow {
  readonly date: string;
  readonly input_tokens: string;
  readonly output_tokens: string;
  /** Exact decimals of USD. */
  readonly input_cost: string;
  readonly output_cost: string;
  readonly pk: string;
  readonly model_id: string;
  readonly invocations: string;
  /** The tenant. */
  readonly name: string;
}

/** Which days are read; both ends are days that are read. */
export interface DailyQuery {
  readonly org_id?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The UTC day of a moment, `YYYY-MM-DD`. */
export function utcDayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The first moment of a UTC day, and the first of the next one; ms since the epoch. */
export function boundsOfDay(day: string): { readonly from: number; readonly to: number } {
  const from = Date.parse(`${day}T00:00:00Z`);
  return { from, to: from + DAY_MS };
}

/** What is kept of days, by day, organization and model. */
export async function* dailyCosts(
  catalog: CatalogStore,
  { org_id: parent, from, to }: DailyQuery,
): AsyncGenerator<CatalogItem<DailyCostRecord>> {
  let cursor = from;
  for (;;) {
    const page = await catalog.list<DailyCostRecord>('daily_cost', {
      limit: PAGE,
      ...(parent === undefined ? {} : { parent }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const item of page.items) {
      if (to !== undefined && item.value.day > to) return;
      yield item;
    }
    if (page.next_cursor === null) return;
    cursor = page.next_cursor;
  }
}

/** Tells tenants by their organizations: its tenant id, or its UUID if it has none. */
export class TenantNames {
  readonly #catalog: CatalogStore;
  readonly #names = new Map<string, Promise<string>>();

  constructor(catalog: CatalogStore) {
    this.#catalog = catalog;
  }

  of(orgId: string): Promise<string> {
    let name = this.#names.get(orgId);
    if (name === undefined) {
      name = this.#catalog
        .get<OrganizationRecord>('organization', orgId)
        .then((organization) => organization?.value.tenant_id ?? orgId);
      this.#names.set(orgId, name);
    }
    return name;
  }
}

/** The row of a day's figures. */
export function dailyRow(record: DailyCostRecord, name: string): DailyRow {
  return {
    date: record.day,
    input_tokens: `${record.input_tokens}.0`,
    output_tokens: `${record.output_tokens}.0`,
    input_cost: record.input_cost,
    output_cost: record.output_cost,
    pk: `${name}-${record.model_id}`,
    model_id: record.model_id,
    invocations: `${record.invocations}.0`,
    name,
  };
}

const COLUMNS = [
  ['date', ({ day }) => day],
  ['name', (_record, name) => name],
  ['org_id', ({ org_id }) => org_id],
  ['model_id', ({ model_id }) => model_id],
  ['invocations', ({ invocations }) => invocations],
  ['unknown_invocations', ({ unknown_invocations }) => unknown_invocations],
  ['input_tokens', ({ input_tokens }) => input_tokens],
  ['output_tokens', ({ output_tokens }) => output_tokens],
  ['input_cost_usd', ({ input_cost }) => input_cost],
  ['output_cost_usd', ({ output_cost }) => output_cost],
  ['cost_usd', (record) => formatUsd(costOf(record))],
] as const satisfies readonly (readonly [
  string,
  (record: DailyCostRecord, name: string) => string | number,
])[];

function costOf({ input_cost, output_cost }: DailyCostRecord): bigint {
  return (parseUsd(input_cost) ?? 0n) + (parseUsd(output_cost) ?? 0n);
}

/** A day's table with its heading, ordered by tenant and model. */
export function dailyTable(
  rows: readonly { readonly record: DailyCostRecord; readonly name: string }[],
): string {
  const sorted = [...rows].sort(
    (a, b) => order(a.name, b.name) || order(a.record.model_id, b.record.model_id),
  );
  const lines = sorted.map(({ record, name }) =>
    COLUMNS.map(([, value]) => csvCell(String(value(record, name)))).join(','),
  );
  return [COLUMNS.map(([heading]) => heading).join(','), ...lines, ''].join('\r\n');
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
