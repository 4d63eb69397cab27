/** Builds offer files in the layout that AWS publishes, product by product. */
import { readFileSync } from 'node:fs';
import { priceListNames } from '../../../src/index.ts';
import type { OfferImport } from '../../../src/index.ts';

/** The shipped table of names. */
export const NAMES = priceListNames(
  JSON.parse(
    readFileSync(new URL('../../../data/price-list-names.json', import.meta.url), 'utf8'),
  ) as unknown,
);

/** One product: what matters of it, and the rest by default. */
export interface AProduct {
  readonly usagetype: string;
  readonly usd?: unknown;
  readonly unit?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly effectiveDate?: unknown;
  readonly beginRange?: unknown;
  readonly endRange?: unknown;
  readonly pricePerUnit?: Readonly<Record<string, unknown>>;
  /** Replaces all terms. */
  readonly terms?: unknown;
}

type OfferCode = 'AmazonBedrock' | 'AmazonBedrockFoundationModels' | 'AmazonBedrockService';

/** An offer file; SKUs are S1, S2, ... in the order given. */
export function anOffer(
  code: OfferCode,
  products: readonly AProduct[],
  version = '20261001000000',
) {
  const entries = products.map((product, index) => ({ sku: `S${index + 1}`, product }));
  return {
    formatVersion: 'v1.0',
    disclaimer: 'This file is made for a test.',
    offerCode: code,
    version,
    publicationDate: '2026-10-01T00:00:00Z',
    products: Object.fromEntries(
      entries.map(({ sku, product }) => [
        sku,
        {
          sku,
          productFamily: 'Amazon Bedrock',
          attributes: { servicecode: code, usagetype: product.usagetype, ...product.attributes },
        },
      ]),
    ),
    terms: {
      OnDemand: Object.fromEntries(
        entries.map(({ sku, product }) => [
          sku,
          'terms' in product ? product.terms : { [`${sku}.JRTCKXETXF`]: aTerm(sku, product) },
        ]),
      ),
    },
  };
}

/** One on-demand term of a product. */
export function aTerm(sku: string, product: Partial<AProduct>) {
  const { usd = '0.0010000000', unit = '1K tokens', beginRange = '0', endRange = 'Inf' } = product;
  const rateCode = `${sku}.JRTCKXETXF.6YS6EN2CT7`;
  return {
    offerTermCode: 'JRTCKXETXF',
    sku,
    effectiveDate: 'effectiveDate' in product ? product.effectiveDate : '2026-09-01T00:00:00Z',
    priceDimensions: {
      [rateCode]: {
        rateCode,
        description: 'a price',
        unit,
        beginRange,
        endRange,
        pricePerUnit: product.pricePerUnit ?? { USD: usd },
        appliesTo: [],
      },
    },
    termAttributes: {},
  };
}

/** Rows as one line each: SKU, key without date, and price: what a reader checks by hand. */
export function linesOf({ rows }: OfferImport): string[] {
  return rows.map(({ sku, row }) =>
    [
      sku,
      row.model_id,
      row.region,
      row.scope,
      row.tier,
      row.usage_class,
      row.context_band,
      `${row.usd}/${row.per === 1_000_000 ? '1M' : row.per}`,
    ].join(' '),
  );
}

/** Rejections as SKU and reason. */
export function refusalsOf({ rejections }: OfferImport): string[] {
  return rejections.map(({ sku, reason }) => `${sku} ${reason}`);
}
