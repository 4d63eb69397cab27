/**
 * Reserves the bound of a call on every budget in scope, all or none, together with the durable
 * intent. When only the holds of running calls are in the way, it waits for its turn.
 */
import { formatUsd, largestMaxTokens, type BudgetUnit, type Intent } from '@tollkeeper/core';
import { StoreUnavailable, type Blocking, type Reserved } from '../ports/ledger-store.ts';
import type { Attempt, Target } from './attempt.ts';
import { storeUnavailable } from './authenticate.ts';
import { refused, type Refused } from './call.ts';
import type { Gateway } from './gateway.ts';

export type Admitted =
  | {
      readonly kind: 'admitted';
      readonly attempt: Attempt;
      readonly finishRates: (used: number | null) => void;
    }
  /** The catalogue has changed since the caller was read: look again. */
  | { readonly kind: 'stale'; readonly revision: number }
  | { readonly kind: 'gone' }
  | Refused;

/**
 * Takes rate limits, then holds; waits for the holds of running calls at most `waitMs`. Every
 * answer but `admitted` leaves nothing taken.
 */
export async function admit(
  gateway: Gateway,
  target: Target,
  waitMs: number = gateway.settings.admissionWaitMs,
): Promise<Admitted> {
  const taking = gateway.limiter.take(target.caller, Number(target.amounts.tokens));
  const rates = taking instanceof Promise ? await taking : taking;
  if (rates.kind === 'unavailable') return ratesUnavailable();
  if (rates.kind === 'refused') {
    return refused('ThrottlingException', 'rate_limit', rates.message, rates.retryAfterSeconds);
  }
  let admitted: Admitted | undefined;
  try {
    // Whoever has left in the meantime costs nothing.
    if (target.call.exchange.gone) return { kind: 'gone' };
    admitted = await hold(gateway, target, waitMs, (used) => rates.finish(used));
    return admitted;
  } finally {
    if (admitted?.kind !== 'admitted') rates.takeBack();
  }
}

/** A limit that somebody has set is not lifted because it cannot be looked up. */
function ratesUnavailable(): Refused {
  return refused(
    'ServiceUnavailableException',
    'rates_unavailable',
    'The rate limits of this call cannot be checked at the moment, so it was not sent. Try again ' +
      'shortly.',
    1,
  );
}

async function hold(
  gateway: Gateway,
  target: Target,
  waitMs: number,
  finishRates: (used: number | null) => void,
): Promise<Admitted> {
  const line = lineOf(target);
  const { waiting } = gateway;
  let answer = waiting.hasLine(line) ? undefined : await tryReserve(gateway, target);
  if (answer === undefined || onlyHeld(answer)) {
    const { org_id: org } = target.caller.principal;
    const place = waitMs > 0 ? waiting.join(org, line, waitMs) : undefined;
    if (place === undefined) return throttled(answer);
    const { exchange } = target.call;
    exchange.whenGone(() => place.leave());
    try {
      do {
        const woken = await place.wait();
        if (woken === 'gone') return { kind: 'gone' };
        if (woken === 'timeout') return throttled(answer);
        answer = await tryReserve(gateway, target);
      } while (onlyHeld(answer));
    } finally {
      exchange.whenGone(undefined);
      place.done();
    }
  }
  return conclude(target, answer, finishRates);
}

type Tried =
  | { readonly kind: 'reserved'; readonly attempt: Attempt }
  | { readonly kind: 'other'; readonly answer: Exclude<Reserved, { kind: 'held' }> }
  | Refused;

async function tryReserve(gateway: Gateway, target: Target): Promise<Tried> {
  if (gateway.settlements.overwhelmed) return storeUnavailable();
  const intent = intentOf(gateway, target);
  gateway.crash('before-reserve');
  try {
    const answer = await gateway.ledger.reserve({
      instance_id: gateway.instanceId,
      intent,
      amounts: target.amounts,
      catalog_revision: target.revision,
    });
    if (answer.kind === 'duplicate') {
      // Attempt ids are made once, so this is what the store wrote before an answer of it was lost.
      giveUp(gateway, intent.attempt_id);
    }
    if (answer.kind !== 'held') return { kind: 'other', answer };
    gateway.crash('after-reserve');
    return { kind: 'reserved', attempt: { ...target, intent } };
  } catch (error) {
    // It may have been written all the same. Nothing was sent, so it must not stay.
    giveUp(gateway, intent.attempt_id);
    if (!(error instanceof StoreUnavailable)) throw error;
    return storeUnavailable();
  }
}

/** Ends what may have been reserved, however long that takes; parts of leases go back with it. */
function giveUp(gateway: Gateway, attemptId: string): void {
  gateway.settlements.release(attemptId).catch((error: unknown) => {
    gateway.telemetry.log('error', 'A hold was not released: it stays until this process ends.', {
      attempt_id: attemptId,
      cause: error instanceof Error ? error.message : String(error),
    });
  });
}

function intentOf(gateway: Gateway, target: Target): Intent {
  const { principal } = target.caller;
  return {
    attempt_id: target.attemptId,
    request_id: target.call.requestId,
    invocation_id: target.call.invocationId,
    subject: {
      org_id: principal.org_id,
      app_id: principal.app_id,
      user_id: target.userId,
      key_id: principal.key_id,
      label: target.label,
      model_id: target.modelId,
    },
    region: gateway.settings.region,
    operation: target.operationName,
    tier: target.tier,
    streamed: target.streamed,
    price_version: target.book.version,
    priced: target.priced,
    tags: target.tags,
    at: gateway.clock.now(),
  };
}

function conclude(
  target: Target,
  tried: Tried,
  finishRates: (used: number | null) => void,
): Admitted {
  switch (tried.kind) {
    case 'refused':
      return tried;
    case 'reserved':
      return { kind: 'admitted', attempt: tried.attempt, finishRates };
    case 'other':
      switch (tried.answer.kind) {
        case 'stale':
          return { kind: 'stale', revision: tried.answer.catalog_revision };
        case 'duplicate':
          return refused('InternalServerException', 'duplicate_attempt', 'Please try again.');
        case 'refused':
          return spent(target, tried.answer.blocking);
      }
  }
}

function onlyHeld(tried: Tried): boolean {
  return (
    tried.kind === 'other' &&
    tried.answer.kind === 'refused' &&
    tried.answer.blocking.every((blocking) => blocking.reason === 'held')
  );
}

/** Calls that take from the same budgets in the same way wait in one line. */
function lineOf(target: Target): string {
  const { org_id, app_id, key_id } = target.caller.principal;
  const { userId, label, modelId } = target;
  return `${org_id} ${app_id} ${key_id} ${userId ?? ''} ${label ?? ''} ${modelId}`;
}

function throttled(tried: Tried | undefined): Refused {
  const blocking =
    tried?.kind === 'other' && tried.answer.kind === 'refused' ? tried.answer.blocking : [];
  const [first] = blocking;
  const detail = first === undefined ? '' : ` ${describe(first)}`;
  return refused(
    'ThrottlingException',
    'budget_held',
    `Running calls hold what is left of the budget at the moment.${detail} Try again shortly, or ` +
      'ask for fewer output tokens.',
    1,
  );
}

function spent(target: Target, blocking: readonly Blocking[]): Refused {
  const worst = blocking.find(({ reason }) => reason === 'spent') ?? blocking[0];
  if (worst === undefined) throw new Error('A refused reservation names no budget.');
  const fits = largestFit(target, worst);
  const unit = worst.budget.limit.unit;
  const small =
    fits > 0
      ? ` A call with maxTokens of at most ${fits} would fit now.`
      : ' No call of this size fits, whatever its maxTokens.';
  // Fewer tokens do not make fewer requests.
  const hint = unit === 'requests' ? '' : small;
  return refused(
    'ServiceQuotaExceededException',
    'budget_spent',
    `The budget ${worst.budget.budget_id} has no room for this call. ${describe(worst)}${hint}`,
  );
}

/** `,"inferenceConfig":{"maxTokens":1000000}` and room to spare: it counts as prompt. */
const STATED_MAXIMUM_BYTES = 64;

function largestFit(target: Target, { budget, balance }: Blocking): number {
  if (target.bound === null) return 0;
  const room = budget.limit.amount - balance.posted - balance.held;
  return largestMaxTokens(target.bound, room, budget.limit.unit, STATED_MAXIMUM_BYTES);
}

function describe({ budget, balance, amount, resets_at }: Blocking): string {
  const { unit, amount: limit } = budget.limit;
  const reset = resets_at === null ? 'It does not reset.' : `It resets at ${instant(resets_at)}.`;
  return (
    `Limit ${inUnit(unit, limit)}, spent ${inUnit(unit, balance.posted)}, held ` +
    `${inUnit(unit, balance.held)}, needed up to ${inUnit(unit, amount)}. ${reset}`
  );
}

function inUnit(unit: BudgetUnit, amount: bigint): string {
  return unit === 'usd' ? `${formatUsd(amount)} USD` : `${amount} ${unit}`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
