/**
 * The whole path of a call:
 *
 *   authenticate -> receive -> resolve -> admit (hold + durable intent)
 *     -> forward -> conclude -> settle
 *
 * A call that names a label goes from resolve to admit, and maybe to settle, once for each label of
 * its chain, until one takes it.
 *
 * Each step is a function that answers with a variant and calls no other step; all the branching
 * between them is here. `docs/ARCHITECTURE.md` tells, for every step and failure, what the client
 * sees, what happens to the hold and what a crash there means.
 */
import { formatUsd, totalTokens } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { BodyResult } from '../http/body.ts';
import type { Settle, Settled } from '../ports/ledger-store.ts';
import type { Through } from '../ports/telemetry.ts';
import { admit, type Admitted } from './admit.ts';
import { finishAnswer, refuse, sendError } from './answer.ts';
import type { Attempt, Target } from './attempt.ts';
import { authenticate, type Authorized } from './authenticate.ts';
import { refused, type Call, type Refused } from './call.ts';
import { conclude } from './conclude.ts';
import { NO_CREDENTIALS } from '../ports/upstream.ts';
import { forward, type Reply } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { asksForLabel, LabelWalk } from './label-walk.ts';
import { resolve } from './resolve.ts';
import { settlementOf } from './settle.ts';

/** What became of looking for a model that takes the call. */
type Placed =
  | Admitted
  /** Refused before the ledger was asked, so perhaps by a configuration that is out of date. */
  | { readonly kind: 'unresolved'; readonly refusal: Refused };

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
    if (call.open === undefined) await received(gateway, call, who, body.body);
    else await throughDoor(gateway, call, call.open, who, body.body);
  } finally {
    body.release();
  }
}

/** A request at a door is opened first, and is then a call like any other. */
async function throughDoor(
  gateway: Gateway,
  call: Call,
  open: NonNullable<Call['open']>,
  who: Authorized,
  body: Buffer,
): Promise<void> {
  const opened = open(who.caller, body);
  if (opened.kind === 'refused') refuse(gateway, call, who.caller, opened);
  else await received(gateway, opened.call, who, opened.body);
}

async function received(
  gateway: Gateway,
  call: Call,
  first: Authorized,
  body: Buffer,
): Promise<void> {
  let who: Authorized | Refused = first;
  let walk: LabelWalk | undefined;
  for (let look = 0; look < STALE_LOOKS_MAX; look++) {
    if (who.kind === 'refused') return notPlaced(gateway, call, null, who, walk);
    if (gateway.prices.revision < who.revision) await gateway.prices.refresh(who.revision);
    let placed: Placed;
    if (asksForLabel(call, who.caller)) {
      walk ??= new LabelWalk();
      placed = await placedOnChain(gateway, call, who, body, walk);
    } else {
      const resolving = resolve(gateway, call, who, body);
      const target: Target | Refused = resolving instanceof Promise ? await resolving : resolving;
      if (target.kind === 'refused') placed = { kind: 'unresolved', refusal: target };
      // Whoever has left before anything was sent costs nothing.
      else if (call.exchange.gone) return;
      else placed = await admit(gateway, target);
    }
    switch (placed.kind) {
      case 'admitted':
        if (await sent(gateway, placed.attempt, placed.finishRates, walk)) return;
        break;
      case 'unresolved': {
        // The ledger tells whoever comes to it of changes by other processes; a refusal never does.
        const now = await authenticate(gateway, call, { afresh: true });
        if (now.kind === 'refused' || now.revision <= who.revision) {
          return notPlaced(gateway, call, who.caller, placed.refusal, walk);
        }
        who = now;
        break;
      }
      case 'refused':
        return notPlaced(gateway, call, who.caller, placed, walk);
      case 'gone':
        return undefined;
      case 'stale':
        gateway.authority.refresh(placed.revision);
        gateway.people.refresh(placed.revision);
        who = await authenticate(gateway, call);
    }
  }
  notPlaced(gateway, call, null, crowded('changes of the configuration'), walk);
}

/** Walks along the labels of a call until one of them takes it. */
async function placedOnChain(
  gateway: Gateway,
  call: Call,
  who: Authorized,
  body: Buffer,
  walk: LabelWalk,
): Promise<Placed> {
  const crossed = await walk.begin(gateway, call, who.caller);
  if (crossed !== undefined) return crossed;
  const waitsFirst = gateway.settings.fallbackOnHolds === 'after_wait';
  for (const patient of waitsFirst ? [true] : [false, true]) {
    for (const label of walk.open) {
      if (patient && !waitsFirst && !walk.wasHeld(label)) continue;
      const step = walk.step(gateway, call, label);
      const resolving = resolve(gateway, call, who, body, step);
      const target = resolving instanceof Promise ? await resolving : resolving;
      if (target.kind === 'refused') {
        if (walk.pass(label, target)) continue;
        return { kind: 'unresolved', refusal: target };
      }
      if (call.exchange.gone) return { kind: 'gone' };
      const began = gateway.clock.monotonic();
      const admitted = await admit(gateway, target, patient ? walk.waitLeftMs(gateway) : 0);
      if (admitted.kind !== 'refused') return admitted;
      walk.turnedAway(gateway, began);
      if (!walk.pass(label, admitted)) return admitted;
    }
  }
  const refusal = walk.refusal();
  return walk.confirmed ? refusal : { kind: 'unresolved', refusal };
}

/** No model takes the call. The answer of one that failed upstream comes before any refusal. */
function notPlaced(
  gateway: Gateway,
  call: Call,
  caller: Caller | null,
  refusal: Refused,
  walk: LabelWalk | undefined,
): void {
  if (walk?.lastAnswer === undefined) refuse(gateway, call, caller, refusal);
  else walk.lastAnswer();
}

/** Sends an attempt and settles it. False: the next label of its chain is to be tried. */
async function sent(
  gateway: Gateway,
  attempt: Attempt,
  finishRates: (used: number | null) => void,
  walk: LabelWalk | undefined,
): Promise<boolean> {
  const reply = await forward(gateway, attempt);
  const passed = walk?.passesReply(gateway, attempt, reply) === true;
  if (reply.kind === 'not_sent') {
    const refusal = await notSent(gateway, attempt, reply.reason, finishRates);
    if (!passed) refuse(gateway, attempt.call, attempt.caller, refusal);
    else walk.lastAnswer = () => refuse(gateway, attempt.call, attempt.caller, refusal);
    return !passed;
  }
  const conclusion = conclude(attempt, reply, gateway.settings.upstreamErrorCeiling);
  const { usage } = conclusion;
  finishRates(usage.source === 'unknown' ? null : totalTokens(usage.usage));
  const settlement = settlementOf(gateway, attempt, conclusion, endingOf(gateway, attempt, reply));
  gateway.crash('before-settle');
  const settling = settle(gateway, attempt, settlement);
  const settled = await atMost(gateway, settling, gateway.settings.settleWaitMs);
  if (passed) {
    walk.lastAnswer = () => finishAnswer(attempt, reply, settlement, settled);
    return false;
  }
  gateway.crash('before-end');
  finishAnswer(attempt, reply, settlement, settled);
  gateway.crash('after-end');
  return true;
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
    const traceparent = traced ? attempt.call.exchange.header('traceparent') : undefined;
    telemetry.settled(settlement.entry, traceparent, throughOf(attempt));
    alertExcess(gateway, attempt, settlement.postings.usd.amount, settled);
    return settled;
  } catch (error) {
    // The reply has been paid for: the client gets it, or its SDK would pay for another. The hold
    // stays, and is settled at its ceiling by recovery once this process has ended.
    return lost(error instanceof Error ? error.message : String(error));
  }
}

/** The door that an attempt came through, if any. */
function throughOf({ call: { door }, caller }: Attempt): Through | undefined {
  if (door === undefined) return undefined;
  return { door, tenant_id: caller.tenantId ?? caller.principal.org_id };
}

async function notSent(
  gateway: Gateway,
  attempt: Attempt,
  cause: string,
  finishRates: (used: number | null) => void,
): Promise<Refused> {
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
  return refused('ServiceUnavailableException', reason, message);
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
