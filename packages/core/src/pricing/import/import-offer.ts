/**
 * The importer of AWS bulk price offers: the three files that AWS publishes for Bedrock, and the
 * answers of its price list API, become price rows. Nothing is guessed: what cannot be read exactly
 * is rejected by name. Pure: the caller reads the files.
 */
import type { Candidate } from './candidate.ts';
import { readProduct } from './candidate.ts';
import type { PriceListNames } from './names.ts';
import type { OfferProduct } from './offer.ts';
import { productOfListing, readOffer } from './offer.ts';
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
  // All files are looked at before the first product is: a wrong one is not found half-way.
  const offers = [...files].map(readOffer);
  const headings = offers.map(({ offer }) => offer.heading);
  return importProducts(productsOfAll(offers), headings, names);
}

function* productsOfAll(
  offers: readonly { readonly products: Iterable<OfferProduct> }[],
): Generator<OfferProduct> {
  for (const { products } of offers) yield* products;
}

/**
 * Imports what `GetProducts` of the price list API answers: each item is one parsed element of its
 * `PriceList`. Throws RangeError when an item is no such element.
 */
export function importListings(items: Iterable<unknown>, names: PriceListNames): OfferImport {
  const products: OfferProduct[] = [];
  const offers = new Map<string, OfferHeading>();
  for (const item of items) {
    const product = productOfListing(item);
    products.push(product);
    const { heading } = product.offer;
    offers.set(`${heading.code} ${heading.version}`, heading);
  }
  return importProducts(products, [...offers.values()], names);
}

function importProducts(
  products: Iterable<OfferProduct>,
  offers: readonly OfferHeading[],
  names: PriceListNames,
): OfferImport {
  const candidates: Candidate[] = [];
  const rejections: Rejection[] = [];
  const ignored: IgnoredProduct[] = [];
  for (const product of products) {
    const { sku } = product;
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
    offers,
    products: candidates.length + rejections.length + ignored.length,
    rows: settled.rows,
    accepted: candidates.length - settled.rejections.length,
    rejections: [...rejections, ...settled.rejections],
    ignored,
  });
}
