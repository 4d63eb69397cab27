/**
 * The importer of AWS bulk price offers: the three files that AWS publishes for Bedrock, and the
 * answers of its price list API, become price rows. Nothing is guessed: what cannot be read exactly
 * is rejected by name. Pure: the caller reads the files.
 */
import type { PriceListNames } from './names.ts';
import type { OfferImport } from './outcome.ts';

/**
 * Imports one parsed offer file (`AmazonBedrock`, `AmazonBedrockFoundationModels` or
 * `AmazonBedrockService`). Throws RangeError when it is no such file.
 */
export function importOffer(json: unknown, names: PriceListNames): OfferImport {
  return importOffers([json], names);
}

/**
 * Imports several offer files as one, so that prices which contradict each other across files are
 * found. Throws RangeError when one of them is no such file.
 */
export function importOffers(files: Iterable<unknown>, names: PriceListNames): OfferImport {
  throw new RangeError(`not built yet: ${String(files)} ${names.version}`);
}

/**
 * Imports what `GetProducts` of the price list API answers: each item is one parsed element of its
 * `PriceList`. Throws RangeError when an item is no such element.
 */
export function importListings(items: Iterable<unknown>, names: PriceListNames): OfferImport {
  throw new RangeError(`not built yet: ${String(items)} ${names.version}`);
}
