/**
 * Layers over the list prices: what an operator has negotiated or decides to charge. They apply in
 * this order: list price, override (another price in its place), discount, markup. Of each kind one
 * layer counts for a price, the one that says most narrowly what it is for. All of it is exact:
 * percentages are decimal strings, and a price times a percentage is a decimal again.
 */
import type { UnitPrice } from '../money/unit-price.ts';
import { exactUnitPrice } from '../money/unit-price.ts';
import type { PriceScope } from './price.ts';

/** Kinds of layer, in the order in which they apply. */
export const LAYER_KINDS = ['override', 'discount', 'markup'] as const;

/** One of the kinds. */
export type LayerKind = (typeof LAYER_KINDS)[number];

/** A layer that a price went through, as entries record it. */
export interface AppliedLayer {
  readonly layer_id: string;
  readonly kind: LayerKind;
  /** Exact decimal string; null for an override, which states a price. */
  readonly percent: string | null;
}

/** How a price came about that is not simply the list's. */
export interface Layering {
  /** Exact decimal USD of one unit on the list; null where the list has no price. */
  readonly list_unit_usd: string | null;
  /** In the order in which they applied; never empty. */
  readonly layers: readonly AppliedLayer[];
}

interface LayerTerms {
  readonly layer_id: string;
  /** Whose calls it is for; null: everybody's. */
  readonly org_id: string | null;
  /** First UTC day, `YYYY-MM-DD`, of the calls it counts for. */
  readonly effective_from: string;
  /** UTC day from which it does not count any more; null while none is set. */
  readonly effective_until: string | null;
}

/** Another price in the place of one exact key of the list, or where the list has none. */
export interface OverrideLayer extends LayerTerms {
  readonly kind: 'override';
  readonly model_id: string;
  readonly region: string;
  readonly scope: PriceScope;
  readonly tier: string;
  readonly usage_class: string;
  readonly context_band: string;
  /** Exact decimal USD for `per` units. */
  readonly usd: string;
  readonly per: number;
}

/** So many percent off, or on top of, every price that it matches. */
export interface PercentLayer extends LayerTerms {
  readonly kind: 'discount' | 'markup';
  /** Exact decimal string, such as `12.5`. */
  readonly percent: string;
  /** First part of a model id, such as `anthropic`; null: of every provider. */
  readonly provider: string | null;
  /** Without a cross-region prefix; null: every model. */
  readonly model_id: string | null;
}

/** One layer. Immutable; a change is a new one under the same id in a new version of the book. */
export type PriceLayer = OverrideLayer | PercentLayer;

/** Largest percentages: nothing is discounted below zero, and no slip multiplies by a thousand. */
export const DISCOUNT_PERCENT_MAX = 100;
export const MARKUP_PERCENT_MAX = 1000;

const PERCENT = /^(\d{1,4})(?:\.(\d{1,4}))?$/;

/**
 * Reads a percentage of at most four decimal places into ten-thousandths; undefined for anything
 * else, and for what the kind does not allow.
 */
export function parsePercent(kind: PercentLayer['kind'], text: string): bigint | undefined {
  const match = PERCENT.exec(text);
  if (match === null) return undefined;
  const [, whole = '0', fraction = ''] = match;
  const value = BigInt(whole + fraction.padEnd(4, '0'));
  const most = kind === 'discount' ? DISCOUNT_PERCENT_MAX : MARKUP_PERCENT_MAX;
  return value <= BigInt(most) * 10_000n ? value : undefined;
}

/** The first part of a model id, by which layers name a provider. */
export function providerOf(modelId: string): string {
  const dot = modelId.indexOf('.');
  return dot < 0 ? modelId : modelId.slice(0, dot);
}

/** A price after a discount or markup. Exact. Throws RangeError for a percentage that is none. */
export function withPercent(price: UnitPrice, layer: PercentLayer): UnitPrice {
  const percent = parsePercent(layer.kind, layer.percent);
  if (percent === undefined) throw new RangeError(`layer ${layer.layer_id}: not a percentage`);
  const whole = 1_000_000n;
  const factor = layer.kind === 'discount' ? whole - percent : whole + percent;
  const { layer_id, kind } = layer;
  return exactUnitPrice(price, factor, whole, {
    list_unit_usd: price.layering === undefined ? price.unit_usd : price.layering.list_unit_usd,
    layers: [...(price.layering?.layers ?? []), { layer_id, kind, percent: layer.percent }],
  });
}

/** A price that stands in the place of the list's. */
export function asOverride(price: UnitPrice, layerId: string, list: UnitPrice | null): UnitPrice {
  return Object.freeze({
    ...price,
    layering: {
      list_unit_usd: list?.unit_usd ?? null,
      layers: [{ layer_id: layerId, kind: 'override' as const, percent: null }],
    },
  });
}
