/**
 * What a submission says was called, as entries name it and as prices are looked up. Nothing is
 * asked of anybody: what belongs to an AWS account stands for itself.
 */
import { parseModelId, type PriceScope } from '@tollkeeper/core';

/** What prices are looked up by. */
export interface PricedModel {
  readonly model_id: string;
  readonly scope: PriceScope;
}

export interface CalledModel extends PricedModel {
  /** As entries and budgets name it: without an ARN around a model of AWS. */
  readonly named: string;
  /** Whether it is a model of AWS or a profile that AWS publishes. */
  readonly published: boolean;
  /** The region that its ARN names; null where it is no ARN. */
  readonly region: string | null;
}

/** Identifiers kept at once; then all are forgotten. */
const KEPT_MAX = 5_000;
const kept = new Map<string, CalledModel>();

/** Reads an identifier. What it cannot read stands for itself, and has no price but its own. */
export function calledModel(text: string): CalledModel {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const called = Object.freeze(read(text));
  kept.set(text, called);
  return called;
}

function read(text: string): CalledModel {
  const reference = parseModelId(text);
  if (reference.kind === 'foundation') {
    const { model_id, prefix, scope, arn } = reference;
    const named = prefix === null ? model_id : `${prefix}.${model_id}`;
    return { named, published: true, model_id, scope, region: arn?.region ?? null };
  }
  const region = reference.kind === 'account_owned' ? reference.arn.region : null;
  return { named: text, published: false, model_id: text, scope: 'in_region', region };
}
