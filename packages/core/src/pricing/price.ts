/** Price rows as data: exact, effective-dated, with where they come from. */

/**
 * Routing scope of an inference profile: bare model id, regional prefix (`us.`, `eu.`, ...), or
 * `global.`.
 */
export type PriceScope = 'in_region' | 'geo' | 'global';

/**
 * One price. The key is (model, region called, scope, tier, usage class, context band, effective
 * date); it is matched exactly, never by prefix or pattern.
 */
export interface PriceRow {
  readonly model_id: string;
  /** The region that was called, such as `us-east-1`. */
  readonly region: string;
  readonly scope: PriceScope;
  /** `standard`, `batch`, `flex`, `priority`, `latency_optimized`. */
  readonly tier: string;
  /** A token class (`input`, `output`, `cache_read`, ...) or the name of a unit (`image`, ...). */
  readonly usage_class: string;
  /** `all`, or a band by total prompt tokens of the whole request such as `le_200k` / `gt_200k`. */
  readonly context_band: string;
  /**
   * UTC date, `YYYY-MM-DD`: the latest row not after the moment of dispatch is the one that counts.
   */
  readonly effective_from: string;
  /** Exact decimal string of USD for `per` units. */
  readonly usd: string;
  /** 1,000,000 for tokens, 1 for other units. */
  readonly per: number;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly sources: readonly string[];
}

/** What chooses the prices of a call. */
export interface PriceQuery {
  readonly model_id: string;
  readonly region: string;
  readonly scope: PriceScope;
  readonly tier: string;
  /** Moment of dispatch, milliseconds since the epoch. */
  readonly at: number;
  /** Whose call it is; absent: without the layers of any organization. */
  readonly org_id?: string;
}
