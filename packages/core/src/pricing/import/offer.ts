/**
 * The layout of offer files and of price list answers: products, and the prices that they state.
 */
import { startOfUtcDate } from '../day.ts';
import type { OfferHeading, Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';

/** The offers that price Bedrock. */
export const OFFER_CODES = [
  'AmazonBedrock',
  'AmazonBedrockFoundationModels',
  'AmazonBedrockService',
] as const;

type Attributes = Readonly<Record<string, unknown>>;

/** An offer, and the sources of the rows that come from it. */
export interface SourcedOffer {
  readonly heading: OfferHeading;
  readonly sources: readonly string[];
}

/** A product as an offer states it; nothing of it is checked yet. */
export interface OfferProduct {
  readonly offer: SourcedOffer;
  readonly sku: string;
  /** Null when the product has none. */
  readonly attributes: Attributes | null;
  /** Its on-demand terms, by their code. */
  readonly terms: unknown;
}

/** One price of a product, as published. */
export interface StatedPrice {
  readonly rate_code: string;
  readonly unit: string;
  /** A text that should be a decimal number. */
  readonly usd: string;
  readonly effective_from: string;
}

/** A parsed offer file. Throws RangeError when it is none of the three offers. */
export function readOffer(json: unknown): {
  readonly offer: SourcedOffer;
  /** One by one: an offer has up to tens of thousands. */
  readonly products: Iterable<OfferProduct>;
} {
  const file = recordOf(json);
  if (file === null) throw new RangeError('not an offer file: not an object');
  const offer = headingOf(file['offerCode'], file);
  const products = recordOf(file['products']);
  if (products === null) {
    throw new RangeError(`${offer.heading.code}: not an offer file: no products`);
  }
  const onDemand = recordOf(recordOf(file['terms'])?.['OnDemand']) ?? {};
  return { offer, products: productsOf(offer, products, onDemand) };
}

function* productsOf(
  offer: SourcedOffer,
  products: Attributes,
  onDemand: Attributes,
): Generator<OfferProduct> {
  for (const sku of Object.keys(products)) {
    yield {
      offer,
      sku,
      attributes: recordOf(recordOf(products[sku])?.['attributes']),
      terms: Object.hasOwn(onDemand, sku) ? onDemand[sku] : undefined,
    };
  }
}

/** The product of one element of a price list answer. Throws RangeError when it is none. */
export function productOfListing(json: unknown): OfferProduct {
  const item = recordOf(json);
  const product = recordOf(item?.['product']);
  if (item === null || product === null) throw new RangeError('not a price list: no product');
  const { sku } = product;
  return {
    offer: headingOf(item['serviceCode'], item),
    sku: typeof sku === 'string' ? sku : '',
    attributes: recordOf(product['attributes']),
    terms: recordOf(item['terms'])?.['OnDemand'],
  };
}

/** Every price of a product; or, when one of them cannot be read, why the product is rejected. */
export function statedPrices(
  terms: unknown,
): { readonly kind: 'prices'; readonly prices: readonly StatedPrice[] } | Rejected {
  const prices: StatedPrice[] = [];
  for (const [code, term] of Object.entries(recordOf(terms) ?? {})) {
    const effective_from = dateOf(recordOf(term)?.['effectiveDate']);
    if (effective_from === null) {
      return rejected('malformed_date', `The term ${code} does not say from when it counts.`);
    }
    for (const [rate_code, dimension] of entriesOf(recordOf(term)?.['priceDimensions'])) {
      const price = priceOf(rate_code, recordOf(dimension) ?? {}, effective_from);
      if (price.kind === 'rejected') return price;
      prices.push(price.price);
    }
  }
  if (prices.length === 0) return rejected('no_price', 'The product has no on-demand price.');
  return { kind: 'prices', prices };
}

function priceOf(
  rate_code: string,
  dimension: Attributes,
  effective_from: string,
): { readonly kind: 'price'; readonly price: StatedPrice } | Rejected {
  const { beginRange, endRange, unit } = dimension;
  if (!isWholeRange(beginRange, endRange)) {
    const range = `${String(beginRange)} to ${String(endRange)}`;
    return rejected('tiered_price', `${rate_code} counts only from ${range}.`);
  }
  const currencies = recordOf(dimension['pricePerUnit']) ?? {};
  const usd = Object.hasOwn(currencies, 'USD') ? currencies['USD'] : undefined;
  if (usd === undefined) {
    const others = Object.keys(currencies).join(', ');
    return rejected(
      'no_usd_price',
      `${rate_code} has no price in USD${others === '' ? '' : `, only in ${others}`}.`,
    );
  }
  // A number would have gone through binary floating point on its way here.
  if (typeof usd !== 'string') {
    return rejected('malformed_price', `The price of ${rate_code} is not a text.`);
  }
  return {
    kind: 'price',
    price: { rate_code, unit: typeof unit === 'string' ? unit : '', usd, effective_from },
  };
}

/** Files leave the range out or state it from zero to infinity when there is but one price. */
function isWholeRange(from: unknown, to: unknown): boolean {
  return (from === undefined || from === '0') && (to === undefined || to === 'Inf');
}

/** The UTC date of `2026-09-01T00:00:00Z`, or null for anything else. */
function dateOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const match = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.exec(value);
  const date = match?.[1];
  return date !== undefined && startOfUtcDate(date) !== undefined ? date : null;
}

function headingOf(code: unknown, file: Attributes): SourcedOffer {
  const known = OFFER_CODES.find((offer) => offer === code);
  if (known === undefined) {
    throw new RangeError(
      `not a price offer of Bedrock: the code is ${JSON.stringify(code)}, ` +
        `and should be one of ${OFFER_CODES.join(', ')}`,
    );
  }
  const { version, publicationDate } = file;
  if (typeof version !== 'string' || !/^[\w.-]{1,64}$/.test(version)) {
    throw new RangeError(`${known}: the file has no version`);
  }
  const published = typeof publicationDate === 'string' ? publicationDate : '';
  return {
    heading: Object.freeze({ code: known, version, published }),
    sources: Object.freeze([`${known}:${version}`]),
  };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(recordOf(value) ?? {});
}

function recordOf(value: unknown): Attributes | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return value as Attributes;
}
