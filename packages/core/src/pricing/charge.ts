/**
 * Charging: usage times prices. One line for each class that was used, each rounded once. What has
 * no price gets a line without an amount, and the entry a ceiling instead.
 */
import type { ChargeLine, Priced } from '../ledger/entry.ts';
import type { PicoUsd } from '../money/pico.ts';
import type { UnitPrice } from '../money/unit-price.ts';
import { amountOf } from '../money/unit-price.ts';
import type { Usage } from '../usage/usage.ts';
import { TOKEN_CLASSES, USAGE_FIELD, promptTokens } from '../usage/usage.ts';
import type { AppliedLayer } from './layer.ts';
import type { RateCard } from './rate-card.ts';
import { bandFor } from './rate-card.ts';
import { isGuardrailUnit, priceOfUnit } from './units.ts';

/** What usage costs, as far as it is known. */
export interface Charge {
  readonly charges: readonly ChargeLine[];
  /** Sum of the lines that have an amount. */
  readonly cost: PicoUsd;
  /** `yes` when no line lacks a price (also when there are no lines), `no` when every line does. */
  readonly priced: Priced;
  /**
   * The most that all of it can have cost when a line lacks a price: the known lines and, for
   * tokens, the dearest known price of the card. Null when everything is priced, and when nothing
   * is known to take the ceiling from: then `priced` is not `yes` and the hold is the ceiling.
   */
  readonly unpriced_ceiling: PicoUsd | null;
  /** The layers that the prices of the lines went through, each once; absent at list price. */
  readonly price_layers?: readonly AppliedLayer[];
}

const NOTHING: Charge = Object.freeze({
  charges: Object.freeze([]),
  cost: 0n,
  priced: 'yes',
  unpriced_ceiling: null,
});

/**
 * Charges usage with a card, or with none when the book has no prices for the model. The context
 * band follows from the whole prompt and holds for every line. Guardrail units are charged with
 * `unitCard`, the card of `GUARDRAIL_MODEL_ID`.
 */
export function charge(card: RateCard | undefined, usage: Usage, unitCard?: RateCard): Charge {
  const charges: ChargeLine[] = [];
  const prices = card === undefined ? undefined : bandFor(card, promptTokens(usage)).prices;
  const dearest = card?.dearest ?? null;
  let cost = 0n;
  let missing: PicoUsd | null = 0n;
  let unpriced = 0;
  let layers: readonly AppliedLayer[] | undefined;
  const add = (
    name: string,
    quantity: number,
    price: UnitPrice | null,
    worst: UnitPrice | null,
  ) => {
    if (price !== null) {
      const amount = amountOf(quantity, price);
      cost += amount;
      const line = { class: name, quantity, unit_price_usd: price.unit_usd, amount };
      const { layering } = price;
      if (layering === undefined) {
        charges.push(line);
      } else {
        charges.push({ ...line, list_unit_price_usd: layering.list_unit_usd });
        layers = withLayers(layers ?? [], layering.layers);
      }
      return;
    }
    unpriced++;
    charges.push({ class: name, quantity, unit_price_usd: null, amount: null });
    missing = missing === null || worst === null ? null : missing + amountOf(quantity, worst);
  };

  for (const usageClass of TOKEN_CLASSES) {
    const quantity = usage[USAGE_FIELD[usageClass]];
    if (quantity > 0) add(usageClass, quantity, prices?.[usageClass] ?? null, dearest);
  }
  for (const unit in usage.units) {
    const quantity = usage.units[unit] ?? 0;
    if (quantity <= 0) continue;
    const unitPrices = isGuardrailUnit(unit) ? unitCard : card;
    add(unit, quantity, unitPrices === undefined ? null : priceOfUnit(unitPrices, unit), null);
  }

  if (charges.length === 0) return NOTHING;
  const priced = layers === undefined ? { charges, cost } : { charges, cost, price_layers: layers };
  if (unpriced === 0) return { ...priced, priced: 'yes', unpriced_ceiling: null };
  return {
    ...priced,
    priced: unpriced === charges.length ? 'no' : 'partly',
    unpriced_ceiling: missing === null ? null : cost + missing,
  };
}

function withLayers(
  before: readonly AppliedLayer[],
  more: readonly AppliedLayer[],
): readonly AppliedLayer[] {
  const added = more.filter(({ layer_id }) => !before.some((each) => each.layer_id === layer_id));
  return added.length === 0 ? before : [...before, ...added];
}
