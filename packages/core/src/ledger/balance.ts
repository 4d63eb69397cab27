/**
 * The running figures of one budget in one window, and how they may change. Every store keeps these
 * figures; the rules by which they move are here, so that all stores mean the same.
 *
 * `posted` is what entries have cost (the larger of charge and ceiling), `held` what running calls
 * may still cost. Admission keeps posted + held within an enforced limit. Posted can pass the limit
 * only by what `excess` names, so `high_water <= limit + sum(excess)` holds for every budget that
 * was enforced throughout its window, with the highest limit that it had there.
 */
import type { Amounts, Budget } from '../policy/budget.ts';

/** Why posted + held went above an enforced limit, with how much each cause added. */
export interface Excess {
  /** The upstream used more than the bound that was held. */
  readonly over_bound: bigint;
  /** Usage that was reported after the fact. */
  readonly submitted: bigint;
  /** A correction that raised an earlier entry. */
  readonly correction: bigint;
  /** The limit itself was lowered, or set below what its window had already spent. */
  readonly limit_lowered: bigint;
}

/** A cause by which posted may pass a limit. */
export type ExcessCause = keyof Excess;

/**
 * Figures of one (budget, window start). All in the budget's unit: pico-USD, tokens or requests.
 */
export interface Balance {
  readonly posted: bigint;
  /** The part of `posted` that is ceilings of unknown usage rather than charges. */
  readonly ceiling: bigint;
  readonly held: bigint;
  readonly high_water: bigint;
  readonly excess: Excess;
}

const NO_EXCESS: Excess = Object.freeze({
  over_bound: 0n,
  submitted: 0n,
  correction: 0n,
  limit_lowered: 0n,
});

/** A window in which nothing has happened yet. */
export const EMPTY_BALANCE: Balance = Object.freeze({
  posted: 0n,
  ceiling: 0n,
  held: 0n,
  high_water: 0n,
  excess: NO_EXCESS,
});

/** What an attempt takes from a budget of the given unit. */
export function amountFor(budget: Budget, amounts: Amounts): bigint {
  return amounts[budget.limit.unit];
}

/** Sum of all named causes. */
export function totalExcess(excess: Excess): bigint {
  return excess.over_bound + excess.submitted + excess.correction + excess.limit_lowered;
}

/** What is left for new holds; never negative. */
export function remaining(budget: Budget, balance: Balance): bigint {
  const left = budget.limit.amount - balance.posted - balance.held;
  return left > 0n ? left : 0n;
}

/**
 * Whether a hold fits: `fits`, `held` when only the holds of running calls are in the way (waiting
 * may help), `spent` when what is posted alone leaves no room (it will not). A `warn` budget always
 * fits.
 */
export function roomFor(
  budget: Budget,
  balance: Balance,
  amount: bigint,
): 'fits' | 'held' | 'spent' {
  if (budget.mode === 'warn') return 'fits';
  if (balance.posted + amount > budget.limit.amount) return 'spent';
  return balance.posted + balance.held + amount > budget.limit.amount ? 'held' : 'fits';
}

/** Adds a hold. The caller has asked `roomFor` first, in the same atomic step. */
export function hold(balance: Balance, amount: bigint): Balance {
  return raiseHighWater({ ...balance, held: balance.held + amount });
}

/** Ends a hold without cost. */
export function unhold(balance: Balance, amount: bigint): Balance {
  return { ...balance, held: balance.held - amount };
}

/** What a posting adds: `amount` counts in full, of which `ceiling` is not a known charge. */
export interface Posting {
  readonly amount: bigint;
  readonly ceiling: bigint;
}

/**
 * Posts an amount (negative in a correction that lowers an entry) and names the excess when this
 * step takes posted + held of an enforced budget further above its limit.
 */
export function post(
  budget: Budget,
  balance: Balance,
  posting: Posting,
  cause: ExcessCause,
): Balance {
  const posted = balance.posted + posting.amount;
  return nameExcess(
    budget,
    balance,
    { ...balance, posted, ceiling: balance.ceiling + posting.ceiling },
    cause,
  );
}

/**
 * Replaces a hold, or a part of a lease, by what was really taken: one step, so that no reader sees
 * both or neither. `cause` names what goes beyond it.
 */
export function settleHold(
  budget: Budget,
  balance: Balance,
  held: bigint,
  posting: Posting,
  cause: ExcessCause = 'over_bound',
): Balance {
  const next = {
    ...balance,
    held: balance.held - held,
    posted: balance.posted + posting.amount,
    ceiling: balance.ceiling + posting.ceiling,
  };
  return nameExcess(budget, balance, next, cause);
}

/**
 * Names what a new limit leaves uncovered. `before` is the budget as it was, or null for a new one.
 */
export function changeLimit(before: Budget | null, after: Budget, balance: Balance): Balance {
  const uncovered = (budget: Budget | null): bigint =>
    budget === null || budget.mode === 'warn' ? 0n : over(budget, balance);
  const added = uncovered(after) - uncovered(before);
  if (added <= 0n) return balance;
  return addExcess(balance, 'limit_lowered', added);
}

function nameExcess(budget: Budget, before: Balance, after: Balance, cause: ExcessCause): Balance {
  const raised = raiseHighWater(after);
  if (budget.mode === 'warn') return raised;
  const added = over(budget, after) - over(budget, before);
  return added > 0n ? addExcess(raised, cause, added) : raised;
}

function over(budget: Budget, balance: Balance): bigint {
  const above = balance.posted + balance.held - budget.limit.amount;
  return above > 0n ? above : 0n;
}

function addExcess(balance: Balance, cause: ExcessCause, added: bigint): Balance {
  const excess = { ...balance.excess, [cause]: balance.excess[cause] + added };
  return { ...balance, excess };
}

function raiseHighWater(balance: Balance): Balance {
  const now = balance.posted + balance.held;
  return now > balance.high_water ? { ...balance, high_water: now } : balance;
}
