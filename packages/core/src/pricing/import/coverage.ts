/** Which of the calls that were made have no price in a book. */
import type { PriceQuery } from '../price.ts';
import type { PriceBook } from '../price-book.ts';
import type { RateCard } from '../rate-card.ts';
import { isTokenClass } from '../rate-card.ts';
import { priceOfUnit } from '../units.ts';

/** One thing that was used: a token class or a named unit, with what chooses its price. */
export interface CalledKey extends PriceQuery {
  /** A token class, or a unit as it is metered: `image:1024:standard`, `search_unit`. */
  readonly usage_class: string;
}

/** A key without a price: none for this combination at all, or none for this class. */
export interface Uncovered {
  readonly key: CalledKey;
  readonly missing: 'combination' | 'class';
}

/**
 * The called keys that the book has no price for, in the order given. A token class counts as
 * priced only when prompts of every size are.
 */
export function coverage(book: PriceBook, called: Iterable<CalledKey>): readonly Uncovered[] {
  const uncovered: Uncovered[] = [];
  for (const key of called) {
    const card = book.rateCard(key);
    if (card === undefined) uncovered.push({ key, missing: 'combination' });
    else if (!isPriced(card, key.usage_class)) uncovered.push({ key, missing: 'class' });
  }
  return uncovered;
}

function isPriced(card: RateCard, usageClass: string): boolean {
  if (!isTokenClass(usageClass)) return priceOfUnit(card, usageClass) !== null;
  return card.bands.every(({ prices }) => prices[usageClass] !== null);
}
