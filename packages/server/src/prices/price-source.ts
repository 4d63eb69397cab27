/** Where a price comes from, in the words of the cost keeper's API. */
import type { PriceRow } from '@tollkeeper/core';

/** What rows of AWS's price list have among their sources. */
export const PRICE_LIST_SOURCE = 'aws-price-list';
/** What rows have that an operator imported from elsewhere. */
export const OPERATOR_SOURCE = 'operator';

export const PRICE_SOURCES = ['PRICING_API', 'CONFIG_FALLBACK', 'CACHED'] as const;
export type PriceSource = (typeof PRICE_SOURCES)[number];

/**
 * `PRICING_API`: AWS's price list says so. `CACHED`: it said so, but could not be asked last time.
 * `CONFIG_FALLBACK`: the shipped catalogue or the operator says so.
 */
export function priceSourceOf(
  row: Pick<PriceRow, 'sources'>,
  refresh: { readonly failing: boolean },
): PriceSource {
  if (!row.sources.includes(PRICE_LIST_SOURCE)) return 'CONFIG_FALLBACK';
  return refresh.failing ? 'CACHED' : 'PRICING_API';
}
