/**
 * What an ended attempt means for the ledger: a pure table from how it ended to outcome, usage and
 * ceiling. `docs/ARCHITECTURE.md` shows the same table in prose.
 */
import { NO_USAGE, type Outcome, type UsageReading } from '@tollkeeper/core';
import { rawHeader } from '../http/exchange.ts';
import type { Attempt } from './attempt.ts';
import { estimateGuardrailUnits } from './estimate.ts';
import type { Reply } from './forward.ts';
import { readGuardrailChecksReply, readGuardrailReply } from './wire/guardrail.ts';
import type { ReplyReading } from './wire/reading.ts';
import { readReply } from './wire/reply.ts';

/**
 * The most it can have cost while that is not known: nothing more than its charge, or the whole
 * hold.
 */
export type CeilingRule = 'charge' | 'hold';

export interface Conclusion {
  readonly outcome: Outcome;
  readonly usage: UsageReading;
  readonly ceiling: CeilingRule;
  readonly servedTier: string | null;
  readonly invokedModelId: string | null;
  readonly upstreamRequestId: string | null;
  /** The tokens are as reported, though units beside them are an estimate. */
  readonly tokensReported?: true;
}

const NOTHING_RAN: UsageReading = { source: 'reported', usage: NO_USAGE };

/** Judges a reply that was sent. (`not_sent` is no attempt: its hold is released.) */
export function conclude(
  attempt: Attempt,
  reply: Exclude<Reply, { kind: 'not_sent' }>,
  upstreamErrorCeiling: 'zero' | 'hold',
): Conclusion {
  switch (reply.kind) {
    case 'broken':
      return plain('broken', { source: 'unknown', reason: reply.reason }, 'hold', null);
    case 'streamed':
      return concludeStream(attempt, reply, upstreamErrorCeiling);
    case 'whole':
      return reply.status === 200
        ? concludeAnswer(attempt, reply)
        : concludeError(reply, upstreamErrorCeiling);
  }
}

function concludeAnswer(attempt: Attempt, reply: Extract<Reply, { kind: 'whole' }>): Conclusion {
  const upstreamId = upstreamRequestId(reply.rawHeaders);
  if (attempt.bills === 'nothing') return plain('ok', NOTHING_RAN, 'charge', upstreamId);
  return read('ok', attempt, answerOf(attempt, reply), upstreamId);
}

function answerOf(attempt: Attempt, reply: Extract<Reply, { kind: 'whole' }>): ReplyReading {
  switch (attempt.call.operation) {
    case 'apply-guardrail':
      return unitsAlone(readGuardrailReply(reply.body));
    case 'guardrail-checks':
      return unitsAlone(readGuardrailChecksReply(reply.body));
    default: {
      const header = (name: string): string | undefined => rawHeader(reply.rawHeaders, name);
      const { call, model, asked } = attempt;
      return readReply(call.operation, model.family, header, reply.body, asked);
    }
  }
}

function unitsAlone(usage: UsageReading): ReplyReading {
  return { usage, served_tier: null, invoked_model_id: null };
}

function concludeStream(
  attempt: Attempt,
  reply: Extract<Reply, { kind: 'streamed' }>,
  upstreamErrorCeiling: 'zero' | 'hold',
): Conclusion {
  const { reading } = reply;
  const upstreamId = upstreamRequestId(reply.rawHeaders);
  if (reading.end === 'exception' && !reading.output_seen && reading.usage.source !== 'reported') {
    const usage: UsageReading = { source: 'unknown', reason: 'upstream_error_before_output' };
    return plain('upstream_error', usage, ceilingOfError(upstreamErrorCeiling), upstreamId);
  }
  return read(reading.end === 'complete' ? 'ok' : 'broken', attempt, reading, upstreamId);
}

/** What a reading means, once it is known which guardrail units it leaves out. */
function read(
  outcome: Outcome,
  attempt: Attempt,
  reading: ReplyReading,
  upstreamId: string | null,
): Conclusion {
  const usage = withUndated(attempt, reading.undated_writes, withUntraced(attempt, reading));
  return {
    outcome,
    usage,
    ceiling: usage.source === 'reported' ? 'charge' : 'hold',
    servedTier: reading.served_tier,
    invokedModelId: reading.invoked_model_id,
    upstreamRequestId: upstreamId,
    ...(usage !== reading.usage && reading.usage.source === 'reported'
      ? { tokensReported: true }
      : {}),
  };
}

/** A unit that has no price: its line has no amount, so its entry is not fully priced. */
const UNTRACED_UNIT = 'guardrail_untraced';

/**
 * A guardrail that a reply shows no units of is billed all the same. By the key's policy its units
 * are estimated, or they become a line without a price.
 */
function withUntraced(attempt: Attempt, { usage, guardrail_units }: ReplyReading): UsageReading {
  const ran = attempt.guarded || guardrail_units === 'seen';
  if (!ran || guardrail_units === 'stated' || attempt.bills === 'guardrail') return usage;
  if (usage.source !== 'reported') return usage;
  const used = usage.usage;
  // One that was not asked for is in no bound, so that no estimate of it has a ceiling.
  if (!attempt.guarded || attempt.caller.principal.policy.untraced_guardrail === 'flag') {
    return { source: 'reported', usage: { ...used, units: { ...used.units, [UNTRACED_UNIT]: 1 } } };
  }
  const units = estimateGuardrailUnits(attempt.inputTokensEstimate, used.output_tokens);
  return {
    source: 'estimated',
    usage: { ...used, units: { ...used.units, ...units } },
    reason: 'guardrail_untraced',
  };
}

/**
 * Writes whose time to live no reply tells are priced as the shorter ones; where the request asked
 * for the longer, dearer ones too, that is an estimate, and the hold is the ceiling.
 */
function withUndated(
  attempt: Attempt,
  undated: true | undefined,
  usage: UsageReading,
): UsageReading {
  if (undated === undefined || !attempt.writesCache1h || usage.source !== 'reported') return usage;
  return { source: 'estimated', usage: usage.usage, reason: 'cache_write_lifetime_missing' };
}

/**
 * Errors by status: a client error but 408 and 424 means that nothing ran; the rest may have begun.
 */
function concludeError(
  reply: Extract<Reply, { kind: 'whole' }>,
  upstreamErrorCeiling: 'zero' | 'hold',
): Conclusion {
  const { status } = reply;
  const upstreamId = upstreamRequestId(reply.rawHeaders);
  if (status >= 400 && status < 500 && status !== 408 && status !== 424) {
    return plain('refused', NOTHING_RAN, 'charge', upstreamId);
  }
  const usage: UsageReading = { source: 'unknown', reason: `upstream_status_${status}` };
  // A status that AWS does not document for these operations says nothing of what ran.
  const documented = [408, 424, 500, 503].includes(status);
  const ceiling = documented ? ceilingOfError(upstreamErrorCeiling) : 'hold';
  return plain('upstream_error', usage, ceiling, upstreamId);
}

function ceilingOfError(setting: 'zero' | 'hold'): CeilingRule {
  return setting === 'hold' ? 'hold' : 'charge';
}

function plain(
  outcome: Outcome,
  usage: UsageReading,
  ceiling: CeilingRule,
  upstreamId: string | null,
): Conclusion {
  return {
    outcome,
    usage,
    ceiling,
    servedTier: null,
    invokedModelId: null,
    upstreamRequestId: upstreamId,
  };
}

function upstreamRequestId(rawHeaders: readonly string[]): string | null {
  return rawHeader(rawHeaders, 'x-amzn-requestid') ?? null;
}
