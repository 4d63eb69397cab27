/** What the catalogue keeps of provisioned capacity: when it was there, and its price. */

/** The commitment that capacity was bought with, as the API spells it. */
export type Term = 'none' | 'one_month' | 'six_months';

/** Provisioned capacity. It stays when AWS has forgotten the model, so that months can be read. */
export interface PoolRecord {
  readonly arn: string;
  readonly name: string;
  /** As it was bought; a custom model's is its ARN. */
  readonly model_id: string;
  readonly foundation_model_id: string | null;
  readonly model_units: number;
  readonly commitment: Term;
  readonly created_at: string;
  readonly deleted_at: string | null;
  /** `noticed`: it was deleted elsewhere; `deleted_at` is when that was seen. */
  readonly deletion: 'made_here' | 'noticed' | null;
}

/** What a model unit costs an hour, and what it did cost: oldest first. */
export interface UnitHourPriceRecord {
  readonly model_id: string;
  readonly commitment: Term;
  readonly prices: readonly UnitHourPriceStep[];
  readonly updated_at: string;
}

/** A price, and from when it holds; null: from ever. */
export interface UnitHourPriceStep {
  readonly effective_from: string | null;
  readonly unit_hour_usd: string;
}

/** Document id of the prices of a unit hour. */
export function unitHourDocument(modelId: string, commitment: Term): string {
  return `${commitment}/${modelId}`;
}
