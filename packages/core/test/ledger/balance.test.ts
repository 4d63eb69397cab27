/** Balances step by step, with figures written by hand. */
import { describe, expect, test } from 'vitest';
import {
  amountFor,
  changeLimit,
  EMPTY_BALANCE,
  hold,
  post,
  remaining,
  roomFor,
  settleHold,
  totalExcess,
  unhold,
} from '../../src/ledger/balance.ts';
import type { Balance } from '../../src/ledger/balance.ts';
import type { Budget, BudgetUnit } from '../../src/policy/budget.ts';

function budgetOf(
  amount: bigint,
  mode: Budget['mode'] = 'enforce',
  unit: BudgetUnit = 'usd',
): Budget {
  return {
    budget_id: 'budget',
    scope: { type: 'organization', org_id: 'org' },
    match: null,
    limit: { unit, amount },
    window: 'day',
    timezone: 'UTC',
    mode,
  };
}

const TEN = budgetOf(10n);
const known = (amount: bigint) => ({ amount, ceiling: 0n });
const balanceOf = (posted: bigint, held: bigint): Balance => ({ ...EMPTY_BALANCE, posted, held });

test.each([
  ['usd', 1n],
  ['tokens', 2n],
  ['requests', 3n],
] as const)('a budget in %s takes that part of an attempt', (unit, expected) => {
  const amounts = { usd: 1n, tokens: 2n, requests: 3n };
  expect(amountFor(budgetOf(10n, 'enforce', unit), amounts)).toBe(expected);
});

describe('room for a hold', () => {
  test.each([
    [0n, 0n, 10n, 'fits'],
    [4n, 3n, 3n, 'fits'],
    [4n, 3n, 4n, 'held'],
    [4n, 6n, 1n, 'held'],
    [4n, 0n, 7n, 'spent'],
    [10n, 0n, 1n, 'spent'],
    [10n, 0n, 0n, 'fits'],
    [12n, 0n, 0n, 'spent'],
  ] as const)('with %s posted and %s held, %s more: %s', (posted, held, amount, expected) => {
    expect(roomFor(TEN, balanceOf(posted, held), amount)).toBe(expected);
  });

  test('a budget that only warns always has it', () => {
    expect(roomFor(budgetOf(10n, 'warn'), balanceOf(50n, 50n), 50n)).toBe('fits');
  });

  test('what remains is never negative', () => {
    expect(remaining(TEN, balanceOf(4n, 3n))).toBe(3n);
    expect(remaining(TEN, balanceOf(9n, 3n))).toBe(0n);
  });
});

describe('a hold', () => {
  test('counts at once in the high-water mark, and ends without a trace in what is posted', () => {
    const held = hold(EMPTY_BALANCE, 7n);
    expect(held).toEqual({ ...EMPTY_BALANCE, held: 7n, high_water: 7n });
    expect(unhold(held, 7n)).toEqual({ ...EMPTY_BALANCE, high_water: 7n });
  });

  test('settled for less keeps the mark and names no excess', () => {
    const settled = settleHold(TEN, hold(EMPTY_BALANCE, 7n), 7n, known(5n));
    expect(settled).toEqual({ ...EMPTY_BALANCE, posted: 5n, high_water: 7n });
  });

  test('settled for more within the limit raises the mark and names no excess', () => {
    const settled = settleHold(TEN, hold(EMPTY_BALANCE, 7n), 7n, known(9n));
    expect(settled).toEqual({ ...EMPTY_BALANCE, posted: 9n, high_water: 9n });
  });

  test('settled for more than the limit names what lies above it', () => {
    const settled = settleHold(TEN, hold(EMPTY_BALANCE, 7n), 7n, known(12n));
    expect(settled.high_water).toBe(12n);
    expect(settled.excess).toEqual({ ...EMPTY_BALANCE.excess, over_bound: 2n });
  });

  test('settled with a ceiling posts all of it and counts the ceiling apart', () => {
    const settled = settleHold(TEN, hold(EMPTY_BALANCE, 7n), 7n, { amount: 7n, ceiling: 4n });
    expect(settled).toEqual({ ...EMPTY_BALANCE, posted: 7n, ceiling: 4n, high_water: 7n });
  });
});

describe('posting after the fact', () => {
  test.each(['submitted', 'correction', 'over_bound'] as const)('%s names its excess', (cause) => {
    const posted = post(TEN, balanceOf(8n, 1n), known(4n), cause);
    expect(posted.excess).toEqual({ ...EMPTY_BALANCE.excess, [cause]: 3n });
  });

  test('names only what this step adds above the limit', () => {
    const first = post(TEN, EMPTY_BALANCE, known(15n), 'submitted');
    const second = post(TEN, first, known(2n), 'correction');
    expect(second.excess).toEqual({ ...EMPTY_BALANCE.excess, submitted: 5n, correction: 2n });
    expect(totalExcess(second.excess)).toBe(7n);
  });

  test('a correction that lowers an entry takes its ceiling back and leaves the mark', () => {
    const ceiling = settleHold(TEN, hold(EMPTY_BALANCE, 7n), 7n, { amount: 7n, ceiling: 7n });
    const corrected = post(TEN, ceiling, { amount: -5n, ceiling: -7n }, 'correction');
    expect(corrected).toEqual({ ...EMPTY_BALANCE, posted: 2n, high_water: 7n });
  });

  test('a budget that only warns has a mark but no excess', () => {
    const posted = post(budgetOf(10n, 'warn'), EMPTY_BALANCE, known(15n), 'submitted');
    expect(posted).toEqual({ ...EMPTY_BALANCE, posted: 15n, high_water: 15n });
  });
});

describe('a changed limit', () => {
  const balance = balanceOf(8n, 4n);
  test.each([
    ['lowered below what is taken', budgetOf(20n), budgetOf(10n), 2n],
    ['lowered again', budgetOf(10n), budgetOf(9n), 1n],
    ['lowered above what is taken', budgetOf(20n), budgetOf(15n), 0n],
    ['raised', budgetOf(10n), budgetOf(11n), 0n],
    ['new and already passed', null, budgetOf(5n), 7n],
    ['enforced at last', budgetOf(5n, 'warn'), budgetOf(5n), 7n],
    ['no longer enforced', budgetOf(5n), budgetOf(5n, 'warn'), 0n],
  ])('%s names what it uncovers', (_, before, after, expected) => {
    const changed = changeLimit(before, after, balance);
    expect(changed).toEqual({
      ...balance,
      excess: { ...EMPTY_BALANCE.excess, limit_lowered: expected },
    });
  });
});
