/** Which calls that were made have no price in a book. */
import type { PriceQuery } from '../price.ts';
import type { PriceBook } from '../price-book.ts';

/** One thing that was used: a token class or a named unit, on what chooses its price. */
export interface CalledKey extends PriceQuery {
  /** A token class, or a unit as it is metered: `image:1024:standard`, `search_unit`. */
  readonly usage_class: string;
}

/** A key without a price: none for this combination at all, or none for this class. */
export interface Uncovered {
  readonly key: CalledKey;
  readonly missing: 'combination' | 'class';
}

/** The called keys that the book has no price for, in the order given. */
export function coverage(book: PriceBook, called: Iterable<CalledKey>): readonly Uncovered[] {
  const uncovered: Uncovered[] = [];
  for (const key of called) {
    if (book.rateCard(key) === undefined) uncovered.push({ key, missing: 'combination' });
  }
  return uncovered;
}
