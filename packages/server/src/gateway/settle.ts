/** Builds the entry of an ended attempt, and what it posts to budgets. Pure. */
import {
  charge,
  GUARDRAIL_MODEL_ID,
  parseModelId,
  totalTokens,
  usageOf,
  type Charge,
  type EntryDraft,
  type Posting,
  type PriceBasis,
  type PriceScope,
  type RateCard,
} from '@tollkeeper/core';
import type { Settle } from '../ports/ledger-store.ts';
import type { Attempt } from './attempt.ts';
import type { Conclusion } from './conclude.ts';
import { hasGuardrailUnits } from './bound-call.ts';
import type { Gateway } from './gateway.ts';
import {
  guardrailCard,
  marginalCard,
  modelCard,
  routerCard,
  ROUTER_UNIT,
  type PriceMoment,
} from './rate-cards.ts';

const NO_LAYERS: EntryDraft['price_layers'] = Object.freeze([]);

/** When an attempt ended, by both clocks, in milliseconds. */
export interface Ending {
  readonly endedAt: number;
  readonly latencyMs: number;
  readonly timeToFirstTokenMs: number | null;
}

/**
 * The settlement of an attempt: usage x the price version of its dispatch, by what was really
 * served.
 */
export function settlementOf(
  gateway: Pick<Gateway, 'instanceId'>,
  attempt: Attempt,
  conclusion: Conclusion,
  ending: Ending,
): Settle {
  const priced = priceOf(attempt, conclusion);
  const ceiling = ceilingOf(attempt, conclusion, priced);
  const entry = entryOf(attempt, conclusion, priced, ceiling, ending);
  return {
    instance_id: gateway.instanceId,
    entry,
    postings: postingsOf(attempt, conclusion, entry),
    origin: 'attempt',
    // Only ever used once, and derived, so that a repeated settlement names the same one.
    correction_id: `${attempt.attemptId}-correction`,
  };
}

function priceOf(attempt: Attempt, { usage, outcome, ...conclusion }: Conclusion): Charge {
  if (usage.source === 'unknown') {
    const { priced } = attempt;
    return { charges: [], cost: 0n, priced, unpriced_ceiling: null };
  }
  const moment = momentOf(attempt);
  const units = hasGuardrailUnits(usage.usage.units) ? guardrailCard(moment) : undefined;
  const charged = charge(cardOf(attempt, moment, conclusion), usage.usage, units);
  const feeIsDue = attempt.bills === 'router' && outcome !== 'refused';
  return feeIsDue ? together(charged, charge(routerCard(moment), ROUTED_ONCE)) : charged;
}

const ROUTED_ONCE = usageOf({ units: { [ROUTER_UNIT]: 1 } });

/** The card of what was served; undefined where the book has none, or nobody says what served. */
function cardOf(
  attempt: Attempt,
  moment: PriceMoment,
  conclusion: Pick<Conclusion, 'servedTier' | 'invokedModelId'>,
): RateCard | undefined {
  const tier = conclusion.servedTier ?? attempt.tier;
  switch (attempt.bills) {
    case 'nothing':
    case 'guardrail':
      return undefined;
    case 'marginal':
      return marginalCard(moment, attempt.modelId, tier);
    case 'model':
    case 'router': {
      const served = servedModel(attempt, conclusion.invokedModelId);
      return modelCard(moment, served.model_id, served.scope, tier);
    }
  }
}

function momentOf({ book, pricedAt, intent }: Attempt): PriceMoment {
  return { book, region: intent.region, at: pricedAt, org_id: intent.subject.org_id };
}

/** Two charges of one attempt as one. */
function together(one: Charge, other: Charge): Charge {
  const charges = [...one.charges, ...other.charges];
  const unpriced = charges.filter(({ amount }) => amount === null).length;
  const cost = one.cost + other.cost;
  const layers = [...(one.price_layers ?? []), ...(other.price_layers ?? [])];
  const price_layers = layers.filter(
    ({ layer_id }, at) => layers.findIndex((each) => each.layer_id === layer_id) === at,
  );
  const shared = { charges, cost, price_layers, unpriced_ceiling: null };
  if (unpriced === 0) return { ...shared, priced: 'yes' };
  return { ...shared, priced: unpriced === charges.length ? 'no' : 'partly' };
}

/** The model to price by: what a prompt router chose may come as an ARN or with a prefix. */
function servedModel(
  attempt: Attempt,
  invokedModelId: string | null,
): { readonly model_id: string; readonly scope: PriceScope } {
  if (invokedModelId === null) return { model_id: attempt.model.model_id, scope: attempt.scope };
  const served = parseModelId(invokedModelId);
  return served.kind === 'foundation'
    ? { model_id: served.model_id, scope: served.scope }
    : { model_id: invokedModelId, scope: attempt.scope };
}

/** What re-rating looks prices up by: what was looked up here, if anything was. */
function basisOf(attempt: Attempt, { usage, invokedModelId }: Conclusion): PriceBasis | null {
  if (usage.source === 'unknown') return null;
  const at = attempt.pricedAt;
  switch (attempt.bills) {
    case 'nothing':
    case 'marginal':
      return null;
    case 'guardrail':
      return { model_id: GUARDRAIL_MODEL_ID, scope: 'in_region', at };
    case 'model':
    case 'router':
      return { ...servedModel(attempt, invokedModelId), at };
  }
}

/**
 * Null when usage is known and every line has its price; else the most it can have cost, which is
 * never less than what is known of it: where nothing had a price to hold by, the hold was nothing.
 */
function ceilingOf(attempt: Attempt, conclusion: Conclusion, priced: Charge): bigint | null {
  const hold = attempt.amounts.usd;
  const known = priced.unpriced_ceiling ?? priced.cost;
  if (conclusion.usage.source !== 'reported') {
    return conclusion.ceiling === 'hold' && hold > known ? hold : known;
  }
  if (priced.priced === 'yes') return null;
  return priced.unpriced_ceiling === null && hold > known ? hold : known;
}

function entryOf(
  attempt: Attempt,
  conclusion: Conclusion,
  priced: Charge,
  ceiling: bigint | null,
  ending: Ending,
): EntryDraft {
  const { intent, call } = attempt;
  const { usage } = conclusion;
  return {
    entry_id: attempt.attemptId,
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: attempt.attemptId,
    request_id: intent.request_id,
    upstream_request_id: conclusion.upstreamRequestId,
    invocation_id: intent.invocation_id,
    source: 'gateway',
    ...intent.subject,
    region: intent.region,
    operation: intent.operation,
    tier: conclusion.servedTier ?? attempt.tier,
    streamed: attempt.streamed,
    outcome: conclusion.outcome,
    usage: usage.source === 'unknown' ? null : usage.usage,
    usage_source: usage.source,
    usage_reason: usage.source === 'reported' ? null : usage.reason,
    priced: priced.priced,
    price_version: intent.price_version,
    price_basis: basisOf(attempt, conclusion),
    price_layers: priced.price_layers ?? NO_LAYERS,
    charges: priced.charges,
    cost: priced.cost,
    ceiling,
    started_at: call.startedAt,
    ended_at: ending.endedAt,
    latency_ms: ending.latencyMs,
    time_to_first_token_ms: ending.timeToFirstTokenMs,
    tags: intent.tags,
  };
}

function postingsOf(
  attempt: Attempt,
  conclusion: Conclusion,
  entry: EntryDraft,
): Settle['postings'] {
  return {
    usd: posting(entry.cost, entry.ceiling ?? entry.cost),
    tokens: tokensPosting(attempt, conclusion),
    requests: posting(1n, 1n),
  };
}

function tokensPosting(attempt: Attempt, conclusion: Conclusion): Posting {
  const { usage, ceiling, tokensReported } = conclusion;
  const known = usage.source === 'unknown' ? 0n : BigInt(totalTokens(usage.usage));
  const sure = usage.source === 'reported' || tokensReported === true || ceiling !== 'hold';
  return posting(known, sure ? known : attempt.amounts.tokens);
}

/** Budgets count the larger of what is known and what it can have been at most. */
function posting(known: bigint, most: bigint): Posting {
  const amount = most > known ? most : known;
  return { amount, ceiling: amount - known };
}
