/**
 * From what single products state to the rows of an import: short and long prompts get their bands,
 * equal statements become one row, and products that contradict each other are rejected.
 */
import type { PriceRow } from '../price.ts';
import type { Candidate, CandidateRow } from './candidate.ts';
import type { PriceListNames } from './names.ts';
import type { OfferProduct } from './offer.ts';
import type { ImportedRow, Rejection } from './outcome.ts';

/** The rows of all products that do not contradict each other, and the rejections of the others. */
export interface Settled {
  readonly rows: readonly ImportedRow[];
  readonly rejections: readonly Rejection[];
}

/**
 * Statements by key and date, in the order in which the keys were first met. Nearly every key has
 * one statement, which then stands for itself: a list for each would double the memory of an
 * import.
 */
type Statements = ReadonlyMap<string, CandidateRow | readonly CandidateRow[]>;

/** Settles the products of an import among each other. */
export function settle(candidates: readonly Candidate[], names: PriceListNames): Settled {
  const statements = statementsOf(candidates, names);
  const conflicts = conflictsAmong(statements);
  const rows: ImportedRow[] = [];
  for (const stated of statements.values()) {
    const row = rowOf(stated, conflicts);
    if (row !== null) rows.push(row);
  }
  const rejections: Rejection[] = [];
  if (conflicts.size > 0) {
    for (const { product, usage_type } of candidates) {
      const message = conflicts.get(product);
      if (message === undefined) continue;
      rejections.push({ sku: product.sku, usage_type, reason: 'conflict', message });
    }
  }
  return { rows, rejections };
}

function statementsOf(candidates: readonly Candidate[], names: PriceListNames): Statements {
  const long = new Set<string>();
  for (const { rows } of candidates) {
    for (const { entry, long_context } of rows) if (long_context) long.add(classKey(entry.row));
  }
  const statements = new Map<string, CandidateRow | CandidateRow[]>();
  for (const { rows } of candidates) {
    for (const row of rows) {
      const banded = long.size === 0 ? row : withBand(row, long, names);
      const key = keyOf(banded.entry.row);
      const other = statements.get(key);
      if (other === undefined) statements.set(key, banded);
      else if (Array.isArray(other)) other.push(banded);
      else statements.set(key, [other, banded]);
    }
  }
  return statements;
}

/**
 * A price without context counts for every prompt, unless the same import has one for long prompts
 * beside it: then it counts up to where those begin.
 */
function withBand(
  row: CandidateRow,
  long: ReadonlySet<string>,
  names: PriceListNames,
): CandidateRow {
  const price = row.entry.row;
  const edge = names.context_edge.get(price.model_id);
  if (row.long_context || edge === undefined || !long.has(classKey(price))) return row;
  return { ...row, entry: { ...row.entry, row: { ...price, context_band: `le_${edge}` } } };
}

/** The products in contradiction, with the message for each. */
function conflictsAmong(statements: Statements): ReadonlyMap<OfferProduct, string> {
  const conflicts = new Map<OfferProduct, string>();
  for (const stated of statements.values()) {
    if (!isList(stated)) continue;
    // An explicit price of the scope and an implied one do not contradict each other.
    for (const implied of [false, true]) {
      const rows = stated.filter((row) => row.implied === implied);
      const [first] = rows;
      if (first === undefined || rows.every((row) => samePrice(row, first))) continue;
      const message = conflictMessage(first.entry.row, rows);
      for (const { product } of rows) {
        if (!conflicts.has(product)) conflicts.set(product, message);
      }
    }
  }
  return conflicts;
}

/** The row of a key, or null when every product that states it is in contradiction. */
function rowOf(
  stated: CandidateRow | readonly CandidateRow[],
  conflicts: ReadonlyMap<OfferProduct, string>,
): ImportedRow | null {
  if (!isList(stated)) return conflicts.has(stated.product) ? null : stated.entry;
  const good = stated.filter(({ product }) => !conflicts.has(product));
  const explicit = good.filter(({ implied }) => !implied);
  const agreed = explicit.length > 0 ? explicit : good;
  const [first] = agreed;
  if (first === undefined) return null;
  const sources = [...new Set(agreed.flatMap(({ entry }) => entry.row.sources))];
  return { ...first.entry, row: { ...first.entry.row, sources } };
}

function conflictMessage(
  { model_id, region, scope, tier, usage_class }: PriceRow,
  rows: readonly CandidateRow[],
): string {
  const prices = rows
    .slice(0, 5)
    .map(({ entry: { row, sku, usage_type } }) => `${row.usd} (${sku} ${usage_type})`);
  return (
    `Several prices of ${model_id} in ${region}, scope ${scope}, tier ${tier}, ` +
    `class ${usage_class}: ${[...new Set(prices)].join(', ')}.`
  );
}

function samePrice(a: CandidateRow, b: CandidateRow): boolean {
  return a.entry.row.usd === b.entry.row.usd && a.entry.row.per === b.entry.row.per;
}

function isList(stated: CandidateRow | readonly CandidateRow[]): stated is readonly CandidateRow[] {
  return Array.isArray(stated);
}

function classKey({ model_id, region, scope, tier, usage_class }: PriceRow): string {
  return `${model_id}|${region}|${scope}|${tier}|${usage_class}`;
}

function keyOf(row: PriceRow): string {
  return `${classKey(row)}|${row.context_band}|${row.effective_from}`;
}
