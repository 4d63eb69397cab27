/** Sums over entries in SQL. Money is summed in two halves, so that no sum overflows. */
import type { DatabaseSync } from 'node:sqlite';
import { USAGE_FIELD } from '@tollkeeper/core';
import type {
  EntryQuery,
  SummaryGroup,
  SummaryKey,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import { conditionsOf, whereClause, type Conditions } from './conditions.ts';
import { BODY_REGION, BODY_SOURCE, BODY_TIER } from './entry-row.ts';
import { moneyOf, moneySum, REQUESTS } from './schema.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TOKEN_FIELDS = Object.values(USAGE_FIELD);

const SUMS = `sum(${REQUESTS}) AS requests,
  ${TOKEN_FIELDS.map((field) => `coalesce(sum(${field}), 0) AS ${field}`).join(', ')},
  ${moneySum('cost', 'cost')}, ${moneySum('ceiling', 'ceiling')},
  coalesce(sum(unknown), 0) AS unknown, coalesce(sum(unpriced), 0) AS unpriced`;

type SqlRow = Record<string, string | bigint | null>;

/** What narrows a query; `request_id` is not among it. */
export function whereOf(query: Omit<EntryQuery, 'limit' | 'cursor'>): Conditions {
  return conditionsOf([
    ['e.org_id = ?', query.org_id],
    ['e.app_id = ?', query.app_id],
    ['e.user_id = ?', query.user_id],
    ['e.key_id = ?', query.key_id],
    ['e.label = ?', query.label],
    ['e.model_id = ?', query.model_id],
    ['e.started_at >= ?', query.from],
    ['e.started_at < ?', query.to],
  ]);
}

/** Groups in the order of their keys, and the sum of all. The caller holds a read transaction. */
export function summarize(
  database: DatabaseSync,
  query: SummaryQuery,
): { groups: SummaryGroup[]; total: SummaryGroup } {
  const [total] = sums(database, query, []);
  if (total === undefined) throw new Error('A sum without groups has one row.');
  return {
    groups: query.group_by.length === 0 ? [] : sums(database, query, query.group_by),
    total,
  };
}

function sums(
  database: DatabaseSync,
  query: SummaryQuery,
  keys: readonly SummaryKey[],
): SummaryGroup[] {
  const conditions = whereOf(query);
  const filter = whereClause(conditions);
  const columns = keys.map((key, index) => `${columnOf(key)} AS key_${index}`);
  const names = keys.map((_, index) => `key_${index}`).join(', ');
  const grouped = keys.length === 0 ? '' : `GROUP BY ${names} ORDER BY ${names}`;
  const all = (select: string, from: string, by: string): SqlRow[] => {
    const statement = database.prepare(
      `SELECT ${[...columns, select].join(', ')} FROM ${from} ${filter} ${by}`,
    );
    statement.setReadBigInts(true);
    return statement.all(...conditions.values) as SqlRow[];
  };
  const byUnit = `GROUP BY ${[...keys.map((_, index) => `key_${index}`), 'u.key'].join(', ')}`;
  const units = new Map<string, Record<string, number>>();
  const unitSums = 'u.key AS unit, CAST(sum(u.value) AS REAL) AS quantity';
  for (const row of all(unitSums, 'entries e, json_each(e.units) u', byUnit)) {
    const group = groupName(row, keys);
    units.set(group, { ...units.get(group), [String(row.unit)]: Number(row.quantity) });
  }
  return all(SUMS, 'entries e', grouped).map((row) => toGroup(row, keys, units));
}

function toGroup(
  row: SqlRow,
  keys: readonly SummaryKey[],
  units: ReadonlyMap<string, Record<string, number>>,
): SummaryGroup {
  const tokens = TOKEN_FIELDS.map((field) => [field, Number(row[field])] as const);
  return {
    keys: Object.fromEntries(keys.map((key, index) => [key, keyOf(row, key, index)])),
    requests: Number(row.requests ?? 0n),
    ...(Object.fromEntries(tokens) as Record<(typeof TOKEN_FIELDS)[number], number>),
    units: units.get(groupName(row, keys)) ?? {},
    cost: moneyOf(integer(row.cost_high), integer(row.cost_low)),
    unknown_entries: Number(row.unknown),
    ceiling: moneyOf(integer(row.ceiling_high), integer(row.ceiling_low)),
    unpriced_entries: Number(row.unpriced),
  };
}

function columnOf(key: SummaryKey): string {
  if (key === 'day') return `e.started_at / ${DAY_MS}`;
  if (key === 'hour') return `e.started_at / ${HOUR_MS}`;
  if (key === 'region') return `json_extract(e.body, '$[${BODY_REGION}]')`;
  if (key === 'tier') return `json_extract(e.body, '$[${BODY_TIER}]')`;
  if (key === 'source') return `json_extract(e.body, '$[${BODY_SOURCE}]')`;
  return `e.${key}`;
}

function keyOf(row: SqlRow, key: SummaryKey, index: number): string | null {
  const value = row[`key_${index}`] ?? null;
  if (value === null) return null;
  if (key === 'day') return new Date(Number(value) * DAY_MS).toISOString();
  if (key === 'hour') return new Date(Number(value) * HOUR_MS).toISOString();
  return String(value);
}

function groupName(row: SqlRow, keys: readonly SummaryKey[]): string {
  return JSON.stringify(keys.map((_, index) => String(row[`key_${index}`])));
}

function integer(value: string | bigint | null | undefined): bigint {
  return typeof value === 'bigint' ? value : 0n;
}
