/** AWS's published prices of a region, as far as they price calls. */
import type { PriceRow } from '@tollkeeper/core';

/** What the price list says. */
export interface PriceListRows {
  readonly rows: readonly PriceRow[];
  /** Products that are, or may be, prices of calls and could not be read; see the importer. */
  readonly rejected: number;
  /** Which issues of which offers, such as `AmazonBedrock 20261001000000`. */
  readonly offers: readonly string[];
}

export interface PriceList {
  /** Asks for the prices of a region. Rejects when they cannot be had, or are too large. */
  read(region: string): Promise<PriceListRows>;
}
