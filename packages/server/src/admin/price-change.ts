/** A price that differs, in the words of the API. */
import type { ApiResult } from '@tollkeeper/contract';
import { unitPriceUsd, type PriceRow } from '@tollkeeper/core';
import type { PriceChange } from '../prices/import-plan.ts';

type ApiChange = ApiResult<'diffPrices'>['changes'][number];

/** Throws when neither side has a price: there is no such change. */
export function toApiChange({ before, after }: PriceChange): ApiChange {
  const row = after ?? before;
  if (row === null) throw new Error('A change has a price before or after it.');
  const { model_id, region, scope, tier, usage_class, context_band, effective_from } = row;
  return {
    change: before === null ? 'added' : after === null ? 'removed' : 'changed',
    model_id,
    region,
    scope,
    tier,
    usage_class,
    context_band,
    effective_from,
    before_usd: unitOf(before),
    after_usd: unitOf(after),
  };
}

function unitOf(row: PriceRow | null): string | null {
  return row === null ? null : unitPriceUsd(row.usd, row.per);
}
