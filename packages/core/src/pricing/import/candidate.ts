/**
 * One product read into the price rows that it states, before it is known whether other products
 * agree with it.
 */
import type { PriceRow, PriceScope } from '../price.ts';
import { modelOf } from './model-name.ts';
import type { PriceListNames } from './names.ts';
import type { OfferProduct } from './offer.ts';
import { statedPrices } from './offer.ts';
import type { IgnoredReason, ImportedRow, Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';
import { regionOf } from './regions.ts';
import { rowPrice } from './units.ts';
import { UNSUPPORTED_CLASS } from './usage-grammar.ts';
import type { PricedUsage } from './usage-type.ts';
import { parseUsageType } from './usage-type.ts';

/** A row that a product states. */
export interface CandidateRow {
  readonly entry: ImportedRow;
  readonly product: OfferProduct;
  /** Whether it is a price for long prompts, which begin at the model's edge. */
  readonly long_context: boolean;
  /**
   * Whether the product does not name this scope: AWS bills calls through a geographic profile at
   * the price of the region called, unless a product of its own says otherwise.
   */
  readonly implied: boolean;
}

/** A product and what it states. */
export interface Candidate {
  readonly kind: 'rows';
  readonly product: OfferProduct;
  readonly usage_type: string;
  readonly rows: readonly CandidateRow[];
}

/**
 * The usage types that AWS documents as free. A price of zero for anything else is an open
 * question.
 */
const FREE_CLASSES: readonly string[] = [
  'guardrail_word_policy_unit',
  'guardrail_sensitive_information_policy_free_unit',
];

/** Reads a product. The usage type is empty where the product has none. */
export function readProduct(
  product: OfferProduct,
  names: PriceListNames,
):
  | Candidate
  | { readonly kind: 'ignored'; readonly usage_type: string; readonly reason: IgnoredReason }
  | (Rejected & { readonly usage_type: string }) {
  const { attributes, sku } = product;
  const usage_type = attributes?.['usagetype'];
  if (attributes === null || sku === '' || typeof usage_type !== 'string' || usage_type === '') {
    const message = 'The product has no SKU, no attributes or no usage type.';
    return { ...rejected('malformed_product', message), usage_type: '' };
  }
  const usage = parseUsageType(usage_type);
  if (usage.kind !== 'price') return { ...usage, usage_type };
  const model = modelOf(usage, attributes, names);
  if (model.kind !== 'model') return { ...model, usage_type };
  if (usage.usage_class === UNSUPPORTED_CLASS) {
    const message = `${usage_type} prices a class that the meter does not count apart.`;
    return { ...rejected('unsupported_class', message), usage_type };
  }
  const region = regionOf(attributes, usage.region_codes);
  if (region.kind !== 'region') return { ...region, usage_type };
  const band = bandOf(usage, model.model_id, names);
  if (band.kind !== 'band') return { ...band, usage_type };
  const stated = statedPrices(product.terms);
  if (stated.kind !== 'prices') return { ...stated, usage_type };

  const rows: CandidateRow[] = [];
  for (const { rate_code, unit, usd: published, effective_from } of stated.prices) {
    const price = rowPrice(usage.usage_class, unit, published);
    if (price.kind !== 'price') return { ...price, usage_type };
    const { usd, per } = price;
    if (usd === '0' && !FREE_CLASSES.includes(usage.usage_class)) {
      const message = `${rate_code} states a price of zero; set it by hand if it is free.`;
      return { ...rejected('zero_price', message), usage_type };
    }
    for (const [scope, implied] of scopesOf(usage)) {
      const row: PriceRow = {
        model_id: model.model_id,
        region: region.region,
        scope,
        tier: model.tier,
        usage_class: usage.usage_class,
        context_band: band.band,
        effective_from,
        usd,
        per,
        confidence: 'high',
        sources: product.offer.sources,
      };
      const { long_context } = usage;
      const entry = { row, sku, rate_code, usage_type, unit };
      rows.push({ entry, product, long_context, implied });
    }
  }
  return { kind: 'rows', product, usage_type, rows };
}

function scopesOf(usage: PricedUsage): readonly (readonly [PriceScope, boolean])[] {
  if (usage.form === 'guardrail') return [['in_region', false]];
  if (usage.scope !== null) return [[usage.scope, false]];
  return [
    ['in_region', false],
    ['geo', true],
  ];
}

/** `all`, the band of an image, or the band above the model's edge. */
function bandOf(
  usage: PricedUsage,
  modelId: string,
  names: PriceListNames,
): { readonly kind: 'band'; readonly band: string } | Rejected {
  if (usage.image !== null) {
    const { size, quality } = usage.image;
    const band = names.image_band.get(modelId)?.get(size);
    if (band !== undefined) return { kind: 'band', band: `${band}:${quality}` };
    return rejected('unknown_image_size', `Images of size ${size} are not known for ${modelId}.`);
  }
  if (!usage.long_context) return { kind: 'band', band: 'all' };
  const edge = names.context_edge.get(modelId);
  if (edge !== undefined) return { kind: 'band', band: `gt_${edge}` };
  return rejected(
    'unknown_context_edge',
    `It is not known at which size the long prompts of ${modelId} begin.`,
  );
}
