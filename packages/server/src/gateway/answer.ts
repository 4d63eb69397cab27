/**
 * What the client sees: refusals in its dialect, replies as they came, and the headers that tell
 * the cost.
 */
import { formatUsd } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import { rawHeader, type Exchange } from '../http/exchange.ts';
import type { BudgetState, Settle, Settled } from '../ports/ledger-store.ts';
import type { Refusal } from '../ports/telemetry.ts';
import type { Attempt } from './attempt.ts';
import type { Call, Refused } from './call.ts';
import type { Reply } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { relayedHeaders, REQUEST_ID_HEADER } from './reply-headers.ts';
import { awsError } from './wire/errors.ts';
import { exceptionFrame } from './wire/frames.ts';
import { OPERATIONS } from './wire/reading.ts';

/** Refuses a call, counts it, leaves a row of it, and says so in AWS's words. */
export function refuse(
  gateway: Gateway,
  call: Call,
  caller: Caller | null,
  refusal: Refused,
): void {
  const told: Refusal = {
    at: gateway.clock.now(),
    request_id: call.requestId,
    org_id: caller?.principal.org_id ?? null,
    app_id: caller?.principal.app_id ?? null,
    user_id: caller?.principal.user_id ?? null,
    key_id: caller?.principal.key_id ?? null,
    model_id: call.modelId === '' ? null : call.modelId,
    error: refusal.error,
    reason: refusal.reason,
  };
  gateway.telemetry.refused(told);
  gateway.refusals.add(told, OPERATIONS[call.operation].name);
  sendError(call.exchange, call.requestId, refusal);
}

/** Answers with an AWS error; ends what was begun if a reply is already on its way. */
export function sendError(
  exchange: Exchange,
  requestId: string,
  refusal: Pick<Refused, 'error' | 'message' | 'retryAfterSeconds'>,
): void {
  if (exchange.headSent) {
    exchange.destroy();
    return;
  }
  const retryAfter = refusal.retryAfterSeconds;
  const error = awsError(refusal.error, refusal.message, {
    'x-amzn-requestid': requestId,
    [REQUEST_ID_HEADER]: requestId,
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    // The rest of a body that was not read must not be taken for the next request.
    ...(exchange.request.complete ? {} : closing(exchange)),
  });
  exchange.writeHead(error.status, Object.entries(error.headers).flat());
  exchange.endEarly(error.body);
}

function closing(exchange: Exchange): Record<string, string> {
  return exchange.request.httpVersionMajor === 1 ? { connection: 'close' } : {};
}

/** The end of the answer of a call that was sent. `settled` is absent when the store is late. */
export function finishAnswer(
  attempt: Attempt,
  reply: Exclude<Reply, { kind: 'not_sent' }>,
  settlement: Settle,
  settled: Settled | undefined,
): void {
  const { exchange, requestId } = attempt.call;
  switch (reply.kind) {
    case 'broken':
      sendError(exchange, requestId, {
        error: 'ModelErrorException',
        message:
          'The model service broke the connection before its answer was complete. What it may ' +
          `have used is recorded as unknown. Request ${requestId}.`,
      });
      return;
    case 'streamed':
      finishStream(exchange, reply);
      return;
    case 'whole':
      finishWhole(attempt, reply, settlement, settled);
  }
}

function finishStream(exchange: Exchange, reply: Extract<Reply, { kind: 'streamed' }>): void {
  if (reply.reading.end !== 'truncated') {
    exchange.end();
    return;
  }
  exchange.end(
    exceptionFrame(
      'modelStreamErrorException',
      'The model service ended the stream before it was complete.',
    ),
  );
}

function finishWhole(
  attempt: Attempt,
  reply: Extract<Reply, { kind: 'whole' }>,
  settlement: Settle,
  settled: Settled | undefined,
): void {
  const { exchange } = attempt.call;
  if (!exchange.headSent) {
    const headers = relayedHeaders(reply.rawHeaders, attempt);
    if (rawHeader(reply.rawHeaders, 'content-length') === undefined) {
      headers.push('content-length', String(reply.unsent.length));
    }
    if (attempt.caller.principal.policy.cost_headers) {
      headers.push(...costHeaders(settlement, settled));
    }
    exchange.writeHead(reply.status, headers);
  }
  exchange.end(reply.unsent);
}

/** Nothing that is not durable is told; an unknown cost is left out, never told as zero. */
function costHeaders(settlement: Settle, settled: Settled | undefined): string[] {
  if (settled?.kind !== 'settled') return [];
  const headers: string[] = [];
  const { entry } = settlement;
  if (entry.usage_source === 'reported' && entry.priced === 'yes') {
    headers.push('x-tollkeeper-cost-usd', formatUsd(entry.cost));
  }
  const remaining = leastRemainingUsd(settled.states);
  if (remaining !== null) {
    headers.push('x-tollkeeper-budget-remaining-usd', formatUsd(remaining));
  }
  return headers;
}

/**
 * What is left of the tightest budget in USD: its limit less what is posted and held; at least
 * zero.
 */
function leastRemainingUsd(states: readonly BudgetState[]): bigint | null {
  let least: bigint | null = null;
  for (const { budget, balance } of states) {
    if (budget.limit.unit !== 'usd' || budget.mode !== 'enforce') continue;
    const left = budget.limit.amount - balance.posted - balance.held;
    const shown = left > 0n ? left : 0n;
    if (least === null || shown < least) least = shown;
  }
  return least;
}
