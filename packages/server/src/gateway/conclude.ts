/**
 * What an ended attempt means for the ledger: a pure table from how it ended to outcome, usage and
 * ceiling. `docs/ARCHITECTURE.md` shows the same table in prose.
 */
import { NO_USAGE, type Outcome, type UsageReading } from '@tollkeeper/core';
import type { Attempt } from './attempt.ts';
import type { Reply } from './forward.ts';
import { rawHeader } from './reply-headers.ts';
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
      return concludeStream(reply, upstreamErrorCeiling);
    case 'whole':
      return reply.status === 200
        ? concludeAnswer(attempt, reply)
        : concludeError(reply, upstreamErrorCeiling);
  }
}

function concludeAnswer(attempt: Attempt, reply: Extract<Reply, { kind: 'whole' }>): Conclusion {
  const reading = readReply(
    attempt.call.operation,
    attempt.model.family,
    (name) => rawHeader(reply.rawHeaders, name),
    reply.body,
  );
  return {
    outcome: 'ok',
    usage: reading.usage,
    ceiling: reading.usage.source === 'reported' ? 'charge' : 'hold',
    servedTier: reading.served_tier,
    invokedModelId: reading.invoked_model_id,
    upstreamRequestId: upstreamRequestId(reply.rawHeaders),
  };
}

function concludeStream(
  reply: Extract<Reply, { kind: 'streamed' }>,
  upstreamErrorCeiling: 'zero' | 'hold',
): Conclusion {
  const { reading } = reply;
  const upstreamId = upstreamRequestId(reply.rawHeaders);
  if (reading.end === 'exception' && !reading.output_seen && reading.usage.source !== 'reported') {
    const usage: UsageReading = { source: 'unknown', reason: 'upstream_error_before_output' };
    return plain('upstream_error', usage, ceilingOfError(upstreamErrorCeiling), upstreamId);
  }
  return {
    outcome: reading.end === 'complete' ? 'ok' : 'broken',
    usage: reading.usage,
    ceiling: reading.usage.source === 'reported' ? 'charge' : 'hold',
    servedTier: reading.served_tier,
    invokedModelId: reading.invoked_model_id,
    upstreamRequestId: upstreamId,
  };
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
