/**
 * The importer of AWS bulk price offers: the three files that AWS publishes for Bedrock, and the
 * answers of its price list API, become price rows. Nothing is guessed: what cannot be read exactly
 * is rejected by name. Pure: the caller reads the files.
 */
import type { Candidate } from './candidate.ts';
import { readProduct } from './candidate.ts';
import type { PriceListNames } from './names.ts';
import type { OfferProduct } from './offer.ts';
import { productOfListing, productsOf } from './offer.ts';
import type { IgnoredProduct, OfferHeading, OfferImport, Rejection } from './outcome.ts';
import { settle } from './settle.ts';

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
  const products: OfferProduct[] = [];
  for (const file of files) for (const product of productsOf(file)) products.push(product);
  return importProducts(products, names);
}

/**
 * Imports what `GetProducts` of the price list API answers: each item is one parsed element of its
 * `PriceList`. Throws RangeError when an item is no such element.
 */
export function importListings(items: Iterable<unknown>, names: PriceListNames): OfferImport {
  const products: OfferProduct[] = [];
  for (const item of items) products.push(productOfListing(item));
  return importProducts(products, names);
}

function importProducts(products: readonly OfferProduct[], names: PriceListNames): OfferImport {
  const offers = new Map<string, OfferHeading>();
  const candidates: Candidate[] = [];
  const rejections: Rejection[] = [];
  const ignored: IgnoredProduct[] = [];
  for (const product of products) {
    const { offer, sku } = product;
    offers.set(`${offer.code} ${offer.version}`, offer);
    const read = readProduct(product, names);
    if (read.kind === 'rows') candidates.push(read);
    else if (read.kind === 'ignored') {
      ignored.push({ sku, usage_type: read.usage_type, reason: read.reason });
    } else {
      const { usage_type, reason, message } = read;
      rejections.push({ sku, usage_type, reason, message });
    }
  }
  const settled = settle(candidates, names);
  return Object.freeze({
    offers: [...offers.values()],
    products: products.length,
    rows: settled.rows,
    accepted: candidates.length - settled.rejections.length,
    rejections: [...rejections, ...settled.rejections],
    ignored,
  });
}
