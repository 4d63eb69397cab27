/** Builds the entry of an ended attempt, and what it posts to budgets. Pure. */
import {
  charge,
  parseModelId,
  totalTokens,
  type Charge,
  type EntryDraft,
  type Posting,
  type PriceBasis,
  type PriceScope,
  type UsageReading,
} from '@tollkeeper/core';
import type { Settle } from '../ports/ledger-store.ts';
import type { Attempt } from './attempt.ts';
import type { Conclusion } from './conclude.ts';
import type { Gateway } from './gateway.ts';

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
    postings: postingsOf(attempt, conclusion.usage, conclusion.ceiling === 'hold', entry),
    origin: 'attempt',
    // Only ever used once, and derived, so that a repeated settlement names the same one.
    correction_id: `${attempt.attemptId}-correction`,
  };
}

function priceOf(attempt: Attempt, { usage, servedTier, invokedModelId }: Conclusion): Charge {
  if (usage.source === 'unknown') {
    return { charges: [], cost: 0n, priced: attempt.priced, unpriced_ceiling: null };
  }
  const card = attempt.book.rateCard({
    ...servedModel(attempt, invokedModelId),
    region: attempt.intent.region,
    tier: servedTier ?? attempt.tier,
    at: attempt.intent.at,
    org_id: attempt.intent.subject.org_id,
  });
  return charge(card, usage.usage);
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

/** What re-rating looks prices up by: what was looked up here. */
function basisOf(attempt: Attempt, { usage, invokedModelId }: Conclusion): PriceBasis | null {
  if (usage.source === 'unknown') return null;
  return { ...servedModel(attempt, invokedModelId), at: attempt.intent.at };
}

/** Null when usage is known and every line has its price; else the most it can have cost. */
function ceilingOf(attempt: Attempt, conclusion: Conclusion, priced: Charge): bigint | null {
  if (conclusion.usage.source !== 'reported') {
    return conclusion.ceiling === 'hold' ? attempt.amounts.usd : priced.cost;
  }
  if (priced.priced === 'yes') return null;
  return priced.unpriced_ceiling ?? attempt.amounts.usd;
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
  usage: UsageReading,
  wholeHold: boolean,
  entry: EntryDraft,
): Settle['postings'] {
  return {
    usd: posting(entry.cost, entry.ceiling ?? entry.cost),
    tokens: tokensPosting(attempt, usage, wholeHold),
    requests: posting(1n, 1n),
  };
}

function tokensPosting(attempt: Attempt, usage: UsageReading, wholeHold: boolean): Posting {
  const known = usage.source === 'unknown' ? 0n : BigInt(totalTokens(usage.usage));
  const most = usage.source !== 'reported' && wholeHold ? attempt.amounts.tokens : known;
  return posting(known, most);
}

/** Budgets count the larger of what is known and what it can have been at most. */
function posting(known: bigint, most: bigint): Posting {
  const amount = most > known ? most : known;
  return { amount, ceiling: amount - known };
}
