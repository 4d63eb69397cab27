/**
 * What an import changes: every imported price beside the one that the book has in force on the
 * same date.
 */
import { comparePrices, unitPrice } from '../../money/unit-price.ts';
import type { PriceRow } from '../price.ts';

/** A price in the book and the imported one in its place. */
export interface ChangedPrice {
  readonly before: PriceRow;
  readonly after: PriceRow;
}

/** The differences between a book and imported rows. */
export interface PriceDiff {
  /** Rows under keys that the book does not price on their date. */
  readonly added: readonly PriceRow[];
  readonly changed: readonly ChangedPrice[];
  /** Imported rows that say what the book already says. */
  readonly same: readonly PriceRow[];
  /**
   * The book's latest row of each key that the import does not have, of the models and regions that
   * it does. Nothing has to follow from that: a price may be stated in another offer.
   */
  readonly missing: readonly PriceRow[];
}

/**
 * Compares imported rows with those of a book. Prices are compared by value, not by spelling; the
 * row of the book that counts is the latest of the same key whose date is not after the imported
 * one's.
 */
export function diffPrices(book: readonly PriceRow[], imported: readonly PriceRow[]): PriceDiff {
  const byKey = new Map<string, PriceRow[]>();
  for (const row of book) {
    const key = keyOf(row);
    const rows = byKey.get(key);
    if (rows === undefined) byKey.set(key, [row]);
    else rows.push(row);
  }
  const added: PriceRow[] = [];
  const changed: ChangedPrice[] = [];
  const same: PriceRow[] = [];
  const seen = new Set<string>();
  const places = new Set<string>();
  for (const after of imported) {
    const key = keyOf(after);
    seen.add(key);
    places.add(placeOf(after));
    const before = latest(byKey.get(key) ?? [], after.effective_from);
    if (before === undefined) added.push(after);
    else if (equal(before, after)) same.push(after);
    else changed.push({ before, after });
  }
  const missing: PriceRow[] = [];
  for (const [key, rows] of byKey) {
    const last = latest(rows, null);
    if (!seen.has(key) && last !== undefined && places.has(placeOf(last))) missing.push(last);
  }
  return { added, changed, same, missing };
}

function latest(rows: readonly PriceRow[], date: string | null): PriceRow | undefined {
  let found: PriceRow | undefined;
  for (const row of rows) {
    if (date !== null && row.effective_from > date) continue;
    if (found === undefined || row.effective_from > found.effective_from) found = row;
  }
  return found;
}

function equal(a: PriceRow, b: PriceRow): boolean {
  return comparePrices(unitPrice(a.usd, a.per), unitPrice(b.usd, b.per)) === 0;
}

function placeOf({ model_id, region }: PriceRow): string {
  return `${model_id}|${region}`;
}

function keyOf(row: PriceRow): string {
  const { scope, tier, usage_class, context_band } = row;
  return `${placeOf(row)}|${scope}|${tier}|${usage_class}|${context_band}`;
}
