/** Which layers count for a price at a moment: the narrowest of each kind, chosen exactly. */
import type { LayerKind, OverrideLayer, PercentLayer, PriceLayer } from './layer.ts';
import { providerOf } from './layer.ts';
import type { PriceQuery } from './price.ts';

/** What a card is for, beside the moment. */
export type CardKey = Pick<PriceQuery, 'model_id' | 'region' | 'scope' | 'tier'>;

/** Whether a layer counts on a UTC day, `YYYY-MM-DD`. */
export function countsOn(layer: PriceLayer, day: string): boolean {
  const { effective_from, effective_until } = layer;
  return effective_from <= day && (effective_until === null || day < effective_until);
}

/** Whether a layer may have a say in the prices of a card, on any day. */
export function concerns(layer: PriceLayer, key: CardKey): boolean {
  if (layer.kind === 'override') {
    const { model_id, region, scope, tier } = layer;
    return (
      model_id === key.model_id && region === key.region && scope === key.scope && tier === key.tier
    );
  }
  const { provider, model_id } = layer;
  if (model_id !== null && model_id !== key.model_id) return false;
  return provider === null || provider === providerOf(key.model_id);
}

/** The discount or markup that counts on a day, of those that concern a card; null: none. */
export function percentOn(
  layers: readonly PriceLayer[],
  kind: Exclude<LayerKind, 'override'>,
  day: string,
): PercentLayer | null {
  let best: PercentLayer | null = null;
  for (const layer of layers) {
    if (layer.kind !== kind || !countsOn(layer, day)) continue;
    if (best === null || before(layer, best)) best = layer;
  }
  return best;
}

/** The overrides that count on a day, one for each key, of those that concern a card. */
export function overridesOn(layers: readonly PriceLayer[], day: string): readonly OverrideLayer[] {
  const byKey = new Map<string, OverrideLayer>();
  for (const layer of layers) {
    if (layer.kind !== 'override' || !countsOn(layer, day)) continue;
    const key = `${layer.usage_class}|${layer.context_band}`;
    const best = byKey.get(key);
    if (best === undefined || before(layer, best)) byKey.set(key, layer);
  }
  return [...byKey.values()];
}

/** Narrower first, then the later one, then by id: for every two layers one comes first. */
function before(a: PriceLayer, b: PriceLayer): boolean {
  const difference = narrowness(a) - narrowness(b);
  if (difference !== 0) return difference > 0;
  if (a.effective_from !== b.effective_from) return a.effective_from > b.effective_from;
  return a.layer_id < b.layer_id;
}

/** An organization's own terms come before everybody's, a model's before a provider's. */
function narrowness(layer: PriceLayer): number {
  const own = layer.org_id === null ? 0 : 4;
  if (layer.kind === 'override') return own;
  return own + (layer.model_id === null ? 0 : 2) + (layer.provider === null ? 0 : 1);
}
