/**
 * What becomes of each product of a price offer: rows, a named rejection, or a named reason to
 * leave it alone. A rejection wants a human: it is, or may be, the price of a call, and could not
 * be read. What is ignored is known not to be the price of a call.
 */
import type { PriceRow } from '../price.ts';

/** Why a product that may price calls was not taken. */
export const REJECTION_REASONS = [
  /** No SKU, no attributes, or no usage type. */
  'malformed_product',
  /** The usage type follows none of the known grammars. */
  'unknown_usage_type',
  /** The name of the model is in no table of names. */
  'unknown_model',
  /** Two attributes name different models or tiers. */
  'contradictory_model',
  'unknown_region',
  /** The region attribute, the location and the usage type disagree. */
  'contradictory_region',
  /** The product has no on-demand term, or a term has no price. */
  'no_price',
  /** There is a price, but none in USD. */
  'no_usd_price',
  'malformed_price',
  /** A price of zero for something that is not known to be free. */
  'zero_price',
  /** The price depends on how much is used. */
  'tiered_price',
  'malformed_date',
  /** A unit that is in no table of units. */
  'unknown_unit',
  /** A known unit that is not what the usage type counts, such as tokens per image. */
  'contradictory_unit',
  /** A price for long prompts of a model whose edge is not known. */
  'unknown_context_edge',
  /** A size or quality of images that is not known for this model. */
  'unknown_image_size',
  /** A usage class that the meter does not tell apart, such as image tokens. */
  'unsupported_class',
  /** Two products state different prices under the same key and date. */
  'conflict',
] as const;

/** One of the reasons to reject a product. */
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Why a product is known not to be the price of a call. */
export const IGNORED_REASONS = [
  /** Hours of provisioned throughput. */
  'provisioned_throughput',
  /** Tokens per minute, reserved for months. */
  'reserved_throughput',
  /** Training of custom models, and their storage. */
  'customization',
  /** Inference with a custom model, which its owner pays for otherwise. */
  'custom_model',
  /** Flows, knowledge bases, data automation, evaluation and the like. */
  'platform_feature',
  /** A fee of a tool that the model calls, such as web search: no reply says how often. */
  'tool_fee',
  /** Video that is made by asynchronous invocation. */
  'video_generation',
  /** A model id that exists at another endpoint only. */
  'other_endpoint',
] as const;

/** One of the reasons to ignore a product. */
export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** Which offer, and which issue of it. */
export interface OfferHeading {
  /** Such as `AmazonBedrock`. */
  readonly code: string;
  readonly version: string;
  /** When it was published, as it says. */
  readonly published: string;
}

/** One imported price, with the line of the offer that states it. */
export interface ImportedRow {
  /** `sources` name every offer and version that states this price. */
  readonly row: PriceRow;
  readonly sku: string;
  readonly rate_code: string;
  readonly usage_type: string;
  /** The unit as published, such as `1K tokens`. */
  readonly unit: string;
}

/** A product that was not taken, and what to do about it. */
export interface Rejection {
  readonly sku: string;
  readonly usage_type: string;
  readonly reason: RejectionReason;
  readonly message: string;
}

/** A product that prices no call. */
export interface IgnoredProduct {
  readonly sku: string;
  readonly usage_type: string;
  readonly reason: IgnoredReason;
}

/** The outcome of an import: every product of the offers is in exactly one of the three lists. */
export interface OfferImport {
  readonly offers: readonly OfferHeading[];
  /** Products read. */
  readonly products: number;
  /** One for each key and date; several for a product that prices several scopes. */
  readonly rows: readonly ImportedRow[];
  /** Products that became rows, counting those whose price another product states as well. */
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
  readonly ignored: readonly IgnoredProduct[];
}

/** A step that could not be taken, in the words of the rejection that follows. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: RejectionReason;
  readonly message: string;
}

/** Builds the outcome of a step that rejects the product. */
export function rejected(reason: RejectionReason, message: string): Rejected {
  return { kind: 'rejected', reason, message };
}
