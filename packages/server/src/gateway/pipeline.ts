/**
 * The whole path of a call:
 *
 *   authenticate -> receive -> resolve -> admit (hold + durable intent)
 *     -> forward -> conclude -> settle
 *
 * Each step is a function that answers with a variant and calls no other step; all the branching
 * between them is here. `docs/ARCHITECTURE.md` tells, for every step and failure, what the client
 * sees, what happens to the hold and what a crash there means.
 */
import { formatUsd, totalTokens } from '@tollkeeper/core';
import type { BodyResult } from '../http/body.ts';
import type { Settle, Settled } from '../ports/ledger-store.ts';
import { admit, type Admitted } from './admit.ts';
import { finishAnswer, refuse, sendError } from './answer.ts';
import type { Attempt, Target } from './attempt.ts';
import { authenticate, type Authorized } from './authenticate.ts';
import { refused, type Call, type Refused } from './call.ts';
import { conclude } from './conclude.ts';
import { NO_CREDENTIALS } from '../ports/upstream.ts';
import { forward, type Reply } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { resolve } from './resolve.ts';
import { settlementOf } from './settle.ts';

/** How often a call looks again when the catalogue, which is all tenants', changes under it. */
const STALE_LOOKS_MAX = 20;

/** Serves one call to its end. Never throws; never leaves a hold behind. */
export async function serveCall(gateway: Gateway, call: Call): Promise<void> {
  if (!gateway.running.enter()) {
    refuse(gateway, call, null, crowded('calls'));
    return;
  }
  try {
    await authenticated(gateway, call);
  } catch (error) {
    gateway.telemetry.log('error', 'A call failed inside the gateway.', {
      request_id: call.requestId,
      error: error instanceof Error ? error.stack : String(error),
    });
    sendError(call.exchange, call.requestId, {
      error: 'InternalServerException',
      message: `The gateway failed to serve this call. Request ${call.requestId}.`,
    });
  } finally {
    gateway.running.leave();
  }
}

async function authenticated(gateway: Gateway, call: Call): Promise<void> {
  gateway.crash('before-authenticate');
  const who = await authenticate(gateway, call);
  if (who.kind === 'refused') return refuse(gateway, call, null, who);
  gateway.crash('after-authenticate');
  const { exchange } = call;
  const reading = exchange.readBody(gateway.settings, gateway.buffered, gateway.clock);
  const body = reading instanceof Promise ? await reading : reading;
  if (body.kind !== 'read') {
    const refusal = notReceived(body);
    const proven = who.refusedFor === undefined;
    return refusal === null
      ? undefined
      : refuse(gateway, call, proven ? who.caller : null, refusal);
  }
  try {
    const refusal = who.refusedFor?.(body.body);
    if (refusal !== undefined) return refuse(gateway, call, null, refusal);
    await received(gateway, call, who, body.body);
  } finally {
    body.release();
  }
}

async function received(
  gateway: Gateway,
  call: Call,
  first: Authorized,
  body: Buffer,
): Promise<void> {
  let who: Authorized | Refused = first;
  for (let look = 0; look < STALE_LOOKS_MAX; look++) {
    if (who.kind === 'refused') return refuse(gateway, call, null, who);
    if (gateway.prices.revision < who.revision) await gateway.prices.refresh(who.revision);
    const resolving = resolve(gateway, call, who, body);
    const target: Target | Refused = resolving instanceof Promise ? await resolving : resolving;
    if (target.kind === 'refused') {
      // The ledger tells whoever comes to it of changes by other processes; a refusal never does.
      const now: Authorized | Refused = await authenticate(gateway, call, {
        afresh: true,
      });
      if (now.kind === 'refused' || now.revision <= who.revision) {
        return refuse(gateway, call, who.caller, target);
      }
      who = now;
      continue;
    }
    // Whoever has left before anything was sent costs nothing.
    if (call.exchange.gone) return;
    const admitted: Admitted = await admit(gateway, target);
    switch (admitted.kind) {
      case 'admitted':
        return sent(gateway, admitted.attempt, admitted.finishRates);
      case 'refused':
        return refuse(gateway, call, who.caller, admitted);
      case 'gone':
        return undefined;
      case 'stale':
        gateway.authority.refresh(admitted.revision);
        who = await authenticate(gateway, call);
    }
  }
  refuse(gateway, call, null, crowded('changes of the configuration'));
}

async function sent(
  gateway: Gateway,
  attempt: Attempt,
  finishRates: (used: number | null) => void,
): Promise<void> {
  const reply = await forward(gateway, attempt);
  if (reply.kind === 'not_sent') {
    await notSent(gateway, attempt, reply.reason, finishRates);
    return;
  }
  const conclusion = conclude(attempt, reply, gateway.settings.upstreamErrorCeiling);
  const { usage } = conclusion;
  finishRates(usage.source === 'unknown' ? null : totalTokens(usage.usage));
  const settlement = settlementOf(gateway, attempt, conclusion, endingOf(gateway, attempt, reply));
  gateway.crash('before-settle');
  const settling = settle(gateway, attempt, settlement);
  const settled = await atMost(gateway, settling, gateway.settings.settleWaitMs);
  gateway.crash('before-end');
  finishAnswer(attempt, reply, settlement, settled);
  gateway.crash('after-end');
}

/** Makes the settlement durable and tells of it. Undefined when it never will be; never rejects. */
async function settle(
  gateway: Gateway,
  attempt: Attempt,
  settlement: Settle,
): Promise<Settled | undefined> {
  const lost = (cause: string): undefined => {
    gateway.telemetry.log('error', 'A settlement was not taken for good. Its entry is missing.', {
      attempt_id: attempt.attemptId,
      cost_usd: formatUsd(settlement.entry.cost),
      cause,
    });
    return undefined;
  };
  try {
    const settled = await gateway.settlements.settle(settlement);
    gateway.crash('after-settle');
    gateway.waiting.roomMayBe(attempt.intent.subject.org_id);
    if (settled.kind === 'unknown_attempt') return lost('There is neither a hold nor an entry.');
    const { telemetry } = gateway;
    const traced = telemetry.traces === true;
    if (!traced) telemetry.settled(settlement.entry);
    else telemetry.settled(settlement.entry, attempt.call.exchange.header('traceparent'));
    alertExcess(gateway, attempt, settlement.postings.usd.amount, settled);
    return settled;
  } catch (error) {
    // The reply has been paid for: the client gets it, or its SDK would pay for another. The hold
    // stays, and is settled at its ceiling by recovery once this process has ended.
    return lost(error instanceof Error ? error.message : String(error));
  }
}

async function notSent(
  gateway: Gateway,
  attempt: Attempt,
  cause: string,
  finishRates: (used: number | null) => void,
): Promise<void> {
  finishRates(0);
  const releasing = gateway.settlements.release(attempt.attemptId);
  await atMost(gateway, releasing, gateway.settings.settleWaitMs);
  gateway.waiting.roomMayBe(attempt.intent.subject.org_id);
  gateway.telemetry.log('warn', 'A call could not be sent upstream.', {
    attempt_id: attempt.attemptId,
    cause,
  });
  const unsigned = cause === NO_CREDENTIALS;
  const what = unsigned
    ? 'The gateway has no AWS credentials, so it cannot call the model service.'
    : 'The model service could not be reached.';
  const reason = unsigned ? 'upstream_credentials' : 'upstream_unreachable';
  const message = `${what} Nothing was sent and nothing is charged.`;
  refuse(
    gateway,
    attempt.call,
    attempt.caller,
    refused('ServiceUnavailableException', reason, message),
  );
}

function notReceived(received: Exclude<BodyResult, { kind: 'read' }>): Refused | null {
  switch (received.kind) {
    case 'too_large':
      return refused(
        'ValidationException',
        'body_too_large',
        `The request body is larger than ${received.max} bytes, which is the most this gateway ` +
          'takes.',
      );
    case 'crowded':
      return crowded('request bodies');
    case 'too_slow':
      return refused(
        'ValidationException',
        'body_too_slow',
        'The request body did not arrive in time. Send it without pauses.',
      );
    case 'incomplete':
      return null;
  }
}

function crowded(what: string): Refused {
  return refused(
    'ServiceUnavailableException',
    'crowded',
    `There are too many ${what} at once at the moment. Try again shortly.`,
    1,
  );
}

function endingOf(
  gateway: Gateway,
  attempt: Attempt,
  reply: Exclude<Reply, { kind: 'not_sent' }>,
): { endedAt: number; latencyMs: number; timeToFirstTokenMs: number | null } {
  const began = attempt.call.startedMonotonic;
  const firstByteAt = reply.kind === 'streamed' ? reply.firstByteAt : null;
  return {
    endedAt: gateway.clock.now(),
    latencyMs: Math.round(gateway.clock.monotonic() - began),
    timeToFirstTokenMs: firstByteAt === null ? null : Math.round(firstByteAt - began),
  };
}

/** The value if it is there in time; a late one goes on by itself. */
function atMost<T>(gateway: Gateway, value: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = gateway.clock.after(ms, () => resolve(undefined));
    value.then(
      (result) => {
        timer.cancel();
        resolve(result);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/**
 * An upstream that used more than the bound is the one way in which posted can pass a limit
 * unforeseen.
 */
function alertExcess(gateway: Gateway, attempt: Attempt, posted: bigint, settled: Settled): void {
  if (posted <= attempt.amounts.usd || settled.kind !== 'settled') return;
  const over = settled.states.filter(
    ({ budget, balance }) =>
      budget.mode === 'enforce' && balance.posted + balance.held > budget.limit.amount,
  );
  gateway.telemetry.excess(
    attempt.intent,
    over.map(({ budget }) => budget.budget_id),
  );
}
