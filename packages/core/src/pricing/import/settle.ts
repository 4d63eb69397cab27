/**
 * From what single products state to the rows of an import: short and long prompts get their bands,
 * equal statements become one row, and products that contradict each other are rejected.
 */
import type { PriceRow } from '../price.ts';
import type { Candidate, CandidateRow } from './candidate.ts';
import type { PriceListNames } from './names.ts';
import type { ImportedRow, Rejection } from './outcome.ts';

/** The rows of all products that do not contradict each other, and the rejections of the others. */
export interface Settled {
  readonly rows: readonly ImportedRow[];
  readonly rejections: readonly Rejection[];
}

/** Settles the products of an import among each other. */
export function settle(candidates: readonly Candidate[], names: PriceListNames): Settled {
  const banded = withBands(candidates, names);
  const conflicts = conflictsAmong(banded);
  const merged = new Map<string, CandidateRow>();
  const rejections: Rejection[] = [];
  for (const candidate of banded) {
    const { sku, usage_type } = candidate;
    const conflict = conflicts.get(candidate);
    if (conflict !== undefined) {
      rejections.push({ sku, usage_type, reason: 'conflict', message: conflict });
      continue;
    }
    for (const row of candidate.rows) {
      const key = keyOf(row.row);
      const other = merged.get(key);
      merged.set(key, other === undefined ? row : mergedRow(other, row));
    }
  }
  return { rows: [...merged.values()].map(publicRow), rejections };
}

/**
 * A price without context counts for every prompt, unless the same import has one for long prompts
 * beside it: then it counts up to where those begin.
 */
function withBands(candidates: readonly Candidate[], names: PriceListNames): readonly Candidate[] {
  const long = new Set<string>();
  for (const { rows } of candidates) {
    for (const { row, long_context } of rows) if (long_context) long.add(classKey(row));
  }
  if (long.size === 0) return candidates;
  return candidates.map((candidate) => ({
    ...candidate,
    rows: candidate.rows.map((entry) => {
      const { row, long_context } = entry;
      const edge = names.context_edge.get(row.model_id);
      if (long_context || edge === undefined || !long.has(classKey(row))) return entry;
      return { ...entry, row: { ...row, context_band: `le_${edge}` } };
    }),
  }));
}

/** Products in contradiction, with the message for each. */
function conflictsAmong(candidates: readonly Candidate[]): ReadonlyMap<Candidate, string> {
  const byKey = new Map<string, { candidate: Candidate; row: CandidateRow }[]>();
  for (const candidate of candidates) {
    for (const row of candidate.rows) {
      // An explicit price of the scope and an implied one do not contradict each other.
      const key = `${row.implied ? 'implied' : 'stated'}|${keyOf(row.row)}`;
      const found = byKey.get(key);
      if (found === undefined) byKey.set(key, [{ candidate, row }]);
      else found.push({ candidate, row });
    }
  }
  const conflicts = new Map<Candidate, string>();
  for (const entries of byKey.values()) {
    const [first] = entries;
    if (first === undefined || entries.every(({ row }) => samePrice(row.row, first.row.row))) {
      continue;
    }
    const rows = entries.map(({ row }) => row);
    const message = conflictMessage(first.row.row, rows);
    for (const { candidate } of entries) {
      if (!conflicts.has(candidate)) conflicts.set(candidate, message);
    }
  }
  return conflicts;
}

function conflictMessage(
  { model_id, region, scope, tier, usage_class }: PriceRow,
  rows: readonly CandidateRow[],
): string {
  const prices = rows
    .slice(0, 5)
    .map(({ row, sku, usage_type }) => `${row.usd} (${sku} ${usage_type})`);
  return (
    `Several prices of ${model_id} in ${region}, scope ${scope}, tier ${tier}, ` +
    `class ${usage_class}: ${[...new Set(prices)].join(', ')}.`
  );
}

function samePrice(a: PriceRow, b: PriceRow): boolean {
  return a.usd === b.usd && a.per === b.per;
}

/** One row for two that state the same price; a stated one counts before an implied one. */
function mergedRow(a: CandidateRow, b: CandidateRow): CandidateRow {
  if (a.implied !== b.implied) return a.implied ? b : a;
  const sources = [...new Set([...a.row.sources, ...b.row.sources])];
  return { ...a, row: { ...a.row, sources } };
}

function publicRow({ row, sku, rate_code, usage_type, unit }: CandidateRow): ImportedRow {
  return Object.freeze({ row: Object.freeze(row), sku, rate_code, usage_type, unit });
}

function classKey({ model_id, region, scope, tier, usage_class }: PriceRow): string {
  return `${model_id}|${region}|${scope}|${tier}|${usage_class}`;
}

function keyOf(row: PriceRow): string {
  return `${classKey(row)}|${row.context_band}|${row.effective_from}`;
}
