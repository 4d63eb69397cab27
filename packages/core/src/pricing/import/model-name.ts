/**
 * Which model a product prices. The offers name models in three ways: in the service name, in an
 * attribute, and in the usage type. Every name that is an attribute must be known, and all known
 * ones must mean the same model.
 */
import { GUARDRAIL_MODEL_ID } from '../units.ts';
import type { PriceListNames } from './names.ts';
import type { Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';
import type { IgnoredUsage, PricedUsage } from './usage-type.ts';

/** The model of a product, and the tier when its name says more than the usage type. */
export interface NamedModel {
  readonly kind: 'model';
  readonly model_id: string;
  readonly tier: string;
}

const EDITION = ' (Amazon Bedrock Edition)';

/** The model that a product of this usage type prices, or why that is not known. */
export function modelOf(
  usage: PricedUsage,
  attributes: Readonly<Record<string, unknown>>,
  names: PriceListNames,
): NamedModel | IgnoredUsage | Rejected {
  const { tier } = usage;
  if (usage.form === 'guardrail') return { kind: 'model', model_id: GUARDRAIL_MODEL_ID, tier };
  if (usage.form === 'marketplace') return byServiceName(attributes['servicename'], tier, names);
  const stated = [attributes['model'], attributes['titanModel']].filter(isName);
  if (usage.form === 'mantle') return byId(usage.name ?? '', stated, tier, names);

  const component = usage.name ?? '';
  const fromUsage = names.usage_type.get(component) ?? idIn(component, names);
  let model_id = fromUsage;
  let finalTier = tier;
  for (const name of stated) {
    const found = names.model.get(name) ?? idIn(name, names);
    if (found === undefined) return unknown(name);
    if (model_id !== undefined && found !== model_id) return contradiction(name, found, model_id);
    model_id = found;
    if (!names.latency_optimized.has(name)) continue;
    if (tier !== 'standard' && tier !== 'latency_optimized') {
      return rejected(
        'contradictory_model',
        `The model is named ${JSON.stringify(name)}, but the usage type is of tier ${tier}.`,
      );
    }
    finalTier = 'latency_optimized';
  }
  if (model_id === undefined) return unknown(component);
  return { kind: 'model', model_id, tier: finalTier };
}

/** The marketplace names a model in nothing but the service name. */
function byServiceName(name: unknown, tier: string, names: PriceListNames): NamedModel | Rejected {
  if (!isName(name)) return rejected('unknown_model', 'The product has no service name.');
  if (!name.endsWith(EDITION)) return unknown(name);
  const model_id = names.marketplace.get(name.slice(0, -EDITION.length));
  return model_id === undefined ? unknown(name) : { kind: 'model', model_id, tier };
}

/** The usage type holds a model id, which counts; an attribute that is known must agree. */
function byId(
  id: string,
  stated: readonly string[],
  tier: string,
  names: PriceListNames,
): NamedModel | IgnoredUsage | Rejected {
  if (names.other_endpoint.has(id)) return { kind: 'ignored', reason: 'other_endpoint' };
  if (!names.model_ids.has(id)) return unknown(id);
  for (const name of stated) {
    const found = names.model.get(name) ?? idIn(name, names);
    if (found !== undefined && found !== id) return contradiction(name, found, id);
  }
  return { kind: 'model', model_id: id, tier };
}

function idIn(name: string, names: PriceListNames): string | undefined {
  return names.model_ids.has(name) ? name : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function unknown(name: string): Rejected {
  return rejected('unknown_model', `No model is known by the name ${JSON.stringify(name)}.`);
}

function contradiction(name: string, found: string, other: string): Rejected {
  return rejected(
    'contradictory_model',
    `The attribute says ${JSON.stringify(name)}, which is ${found}; the usage type says ${other}.`,
  );
}
