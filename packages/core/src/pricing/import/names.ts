/**
 * How price lists name models: a reviewed table from each spelling that an offer uses to the one
 * model id that it means. Lookups are exact; a name that is not in the table is not known.
 */

/** The parsed table. Every map is from the exact spelling. */
export interface PriceListNames {
  readonly version: string;
  /** Model ids that some name leads to. */
  readonly model_ids: ReadonlySet<string>;
  /** `servicename` of the marketplace offer, without its ` (Amazon Bedrock Edition)`. */
  readonly marketplace: ReadonlyMap<string, string>;
  /** The attributes `model` and `titanModel`. */
  readonly model: ReadonlyMap<string, string>;
  /** Those of them that name the latency-optimized price of the model. */
  readonly latency_optimized: ReadonlySet<string>;
  /** The component of a usage type that names the model, such as `NovaPro`. */
  readonly usage_type: ReadonlyMap<string, string>;
  /** Model ids that only another endpoint knows. */
  readonly other_endpoint: ReadonlySet<string>;
  /** Where long prompts of a model begin, such as `200k`. */
  readonly context_edge: ReadonlyMap<string, string>;
  /** Context bands by image size as the usage type states it, such as `1024` -> `gt_512`. */
  readonly image_band: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Reads parsed `price-list-names.json`. Throws RangeError naming the entry that is not valid. */
export function priceListNames(json: unknown): PriceListNames {
  throw new RangeError(`not built yet: ${String(json)}`);
}
