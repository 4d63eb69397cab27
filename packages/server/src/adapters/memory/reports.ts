/** Lists and sums over the entries of the ledger in memory. */
import { USAGE_FIELD, type Entry } from '@tollkeeper/core';
import type {
  EntryPage,
  EntryQuery,
  SummaryGroup,
  SummaryKey,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import type { Line } from './ledger.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TOKEN_FIELDS = Object.values(USAGE_FIELD);

/** One page of entries, oldest first. */
export function pageOf(lines: readonly Line[], query: EntryQuery): EntryPage {
  const found = lines
    .map((line) => line.entry)
    .filter((entry) => matches(entry, query))
    .sort(inOrder);
  const after = query.cursor;
  const start = after === undefined ? 0 : found.findIndex((entry) => cursorOf(entry) === after) + 1;
  const entries = found.slice(start, start + query.limit);
  const last = entries.at(-1);
  const more = start + entries.length < found.length;
  return { entries, next_cursor: more && last !== undefined ? cursorOf(last) : null };
}

/** Sums of entries by the keys asked for, in the order of the keys. */
export function summaryOf(
  lines: readonly Line[],
  query: SummaryQuery,
): { groups: readonly SummaryGroup[]; total: SummaryGroup } {
  const wanted = lines.filter((line) => matches(line.entry, query));
  const groups = new Map<string, Line[]>();
  for (const line of query.group_by.length === 0 ? [] : wanted) {
    const key = JSON.stringify(query.group_by.map((name) => keyOf(line.entry, name)));
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  const sorted = [...groups.values()]
    .map((members) => groupOf(members, query.group_by))
    .sort((a, b) => compareKeys(a, b, query.group_by));
  return { groups: sorted, total: groupOf(wanted, []) };
}

function groupOf(lines: readonly Line[], keys: readonly SummaryKey[]): SummaryGroup {
  const sum = (count: (line: Line) => number): number =>
    lines.reduce((total, line) => total + count(line), 0);
  const first = lines[0];
  const named =
    first === undefined ? [] : keys.map((key) => [key, keyOf(first.entry, key)] as const);
  const tokens = TOKEN_FIELDS.map(
    (field) => [field, sum((line) => line.entry.usage?.[field] ?? 0)] as const,
  );
  const units: Record<string, number> = {};
  for (const { entry } of lines) {
    for (const [unit, count] of Object.entries(entry.usage?.units ?? {})) {
      units[unit] = (units[unit] ?? 0) + count;
    }
  }
  return {
    keys: Object.fromEntries(named),
    requests: sum((line) => (line.entry.entry_type === 'correction' ? 0 : 1)),
    ...(Object.fromEntries(tokens) as Record<(typeof TOKEN_FIELDS)[number], number>),
    units,
    cost: lines.reduce((total, line) => total + line.entry.cost, 0n),
    unknown_entries: sum((line) => line.unknown),
    ceiling: lines.reduce((total, line) => total + (line.entry.ceiling ?? 0n), 0n),
    unpriced_entries: sum((line) => line.unpriced),
  };
}

function keyOf(entry: Entry, key: SummaryKey): string | null {
  if (key === 'day') return startOf(entry.started_at, DAY_MS);
  if (key === 'hour') return startOf(entry.started_at, HOUR_MS);
  return entry[key];
}

function startOf(at: number, step: number): string {
  return new Date(Math.floor(at / step) * step).toISOString();
}

function compareKeys(a: SummaryGroup, b: SummaryGroup, keys: readonly SummaryKey[]): number {
  for (const key of keys) {
    const [left, right] = [a.keys[key] ?? null, b.keys[key] ?? null];
    if (left === right) continue;
    if (left === null) return -1;
    return right === null || left > right ? 1 : -1;
  }
  return 0;
}

function matches(entry: Entry, query: Omit<EntryQuery, 'limit'>): boolean {
  const fields = [
    'org_id',
    'app_id',
    'user_id',
    'key_id',
    'label',
    'model_id',
    'request_id',
  ] as const;
  return (
    fields.every((field) => query[field] === undefined || entry[field] === query[field]) &&
    (query.from === undefined || entry.started_at >= query.from) &&
    (query.to === undefined || entry.started_at < query.to)
  );
}

/** By start, writer and number: the order of lists. */
export function inOrder(a: Entry, b: Entry): number {
  if (a.started_at !== b.started_at) return a.started_at - b.started_at;
  if (a.writer_id !== b.writer_id) return a.writer_id < b.writer_id ? -1 : 1;
  return a.sequence - b.sequence;
}

function cursorOf(entry: Entry): string {
  return `${entry.started_at}.${entry.sequence}.${entry.writer_id}`;
}
