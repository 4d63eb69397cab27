/**
 * The price basis of an entry in its row. It is on every entry and nearly always follows from the
 * model that the caller named and the start of the call, so it is kept as what differs from that.
 */
import type { EntryDraft, PriceBasis, PriceScope } from '@tollkeeper/core';

/** Model id (0: the one that the entry names, without its prefix), scope, delay of the dispatch. */
export type Basis = readonly [modelId: string | 0, scope: number, delayMs: number];

const SCOPES = ['in_region', 'geo', 'global'] as const satisfies readonly PriceScope[];

/** What the row keeps. */
export function toBasis({ price_basis, model_id, started_at }: EntryDraft): Basis | null {
  if (price_basis === null) return null;
  const { scope, at } = price_basis;
  const follows = price_basis.model_id === unprefixed(model_id, scope);
  return [follows ? 0 : price_basis.model_id, SCOPES.indexOf(scope), at - started_at];
}

/** What the row means. */
export function basisOf(
  basis: Basis | null,
  modelId: string,
  startedAt: number,
): PriceBasis | null {
  if (basis === null) return null;
  const [stated, index, delayMs] = basis;
  const scope = SCOPES[index] ?? 'in_region';
  return {
    model_id: stated === 0 ? unprefixed(modelId, scope) : stated,
    scope,
    at: startedAt + delayMs,
  };
}

function unprefixed(modelId: string, scope: PriceScope): string {
  return scope === 'in_region' ? modelId : modelId.slice(modelId.indexOf('.') + 1);
}
