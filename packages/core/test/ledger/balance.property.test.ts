/**
 * The laws of balances under random operations. The figures are checked against sums that the test
 * keeps on its own; holds are only made where `roomFor` allowed them, as every store does.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  changeLimit,
  EMPTY_BALANCE,
  hold,
  post,
  roomFor,
  settleHold,
  totalExcess,
  unhold,
} from '../../src/ledger/balance.ts';
import type { Balance } from '../../src/ledger/balance.ts';
import type { Budget } from '../../src/policy/budget.ts';

const TIME_BOX = { numRuns: 2_000, interruptAfterTimeLimit: 1_500 } as const;

const small = fc.bigInt({ min: 0n, max: 40n });
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hold' as const), amount: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('settle' as const), part: fc.nat(100), over: small }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('submit' as const), amount: small }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('correct' as const),
      amount: fc.bigInt({ min: -20n, max: 20n }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      amount: fc.bigInt({ min: 0n, max: 150n }),
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

interface Run {
  budget: Budget;
  balance: Balance;
  holds: bigint[];
  posted: bigint;
  ceiling: bigint;
  /** The largest limit there was: the mark is of all time, and a limit may be lowered below it. */
  limitMax: bigint;
}

function start(mode: Budget['mode']): Run {
  const budget: Budget = {
    budget_id: 'budget',
    scope: { type: 'organization', org_id: 'org' },
    match: null,
    limit: { unit: 'usd', amount: 100n },
    window: 'total',
    timezone: 'UTC',
    mode,
  };
  return { budget, balance: EMPTY_BALANCE, holds: [], posted: 0n, ceiling: 0n, limitMax: 100n };
}

function apply(run: Run, step: Operation): void {
  switch (step.do) {
    case 'hold':
      if (roomFor(run.budget, run.balance, step.amount) !== 'fits') return;
      run.balance = hold(run.balance, step.amount);
      run.holds.push(step.amount);
      return;
    case 'release':
      run.balance = unhold(run.balance, run.holds.shift() ?? 0n);
      return;
    case 'settle': {
      const held = run.holds.shift();
      if (held === undefined) return;
      // Mostly within the hold; a part of 100 stands for an upstream that used more than its bound.
      const amount = step.part === 100 ? held + step.over : (held * BigInt(step.part)) / 100n;
      const ceiling = step.part % 3 === 0 ? amount : 0n;
      run.balance = settleHold(run.budget, run.balance, held, { amount, ceiling });
      run.posted += amount;
      run.ceiling += ceiling;
      return;
    }
    case 'submit':
    case 'correct': {
      const cause = step.do === 'submit' ? 'submitted' : 'correction';
      run.balance = post(run.budget, run.balance, { amount: step.amount, ceiling: 0n }, cause);
      run.posted += step.amount;
      return;
    }
    case 'limit': {
      const after: Budget = { ...run.budget, limit: { unit: 'usd', amount: step.amount } };
      run.balance = changeLimit(run.budget, after, run.balance);
      run.budget = after;
      if (step.amount > run.limitMax) run.limitMax = step.amount;
      return;
    }
  }
}

const operations = fc.array(operation, { maxLength: 80 });

test('posted, ceiling and held are what the operations add up to', () => {
  fc.assert(
    fc.property(operations, fc.constantFrom('enforce', 'warn'), (steps, mode) => {
      const run = start(mode);
      for (const step of steps) {
        apply(run, step);
        expect(run.balance.posted).toBe(run.posted);
        expect(run.balance.ceiling).toBe(run.ceiling);
        expect(run.balance.held).toBe(run.holds.reduce((sum, amount) => sum + amount, 0n));
        expect(run.balance.high_water).toBeGreaterThanOrEqual(run.posted + run.balance.held);
      }
    }),
    TIME_BOX,
  );
});

test('an enforced limit is passed by no more than the excess that is named', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const run = start('enforce');
      for (const step of steps) {
        apply(run, step);
        const { posted, held, high_water, excess } = run.balance;
        expect(posted + held - run.budget.limit.amount <= totalExcess(excess)).toBe(true);
        expect(high_water <= run.limitMax + totalExcess(excess)).toBe(true);
      }
    }),
    TIME_BOX,
  );
});

test('holding first and settling within the hold neither passes the limit nor adds excess', () => {
  const calls = fc.array(fc.record({ bound: small, part: fc.nat(100), late: fc.boolean() }));
  fc.assert(
    fc.property(calls, (steps) => {
      const run = start('enforce');
      for (const { bound, part, late } of steps) {
        apply(run, { do: 'hold', amount: bound });
        if (!late) apply(run, { do: 'settle', part: Math.min(part, 99), over: 0n });
      }
      while (run.holds.length > 0) apply(run, { do: 'settle', part: 99, over: 0n });
      expect(totalExcess(run.balance.excess)).toBe(0n);
      expect(run.balance.high_water).toBeLessThanOrEqual(100n);
    }),
    TIME_BOX,
  );
});

test('a budget that only warns refuses nothing and names no excess', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const run = start('warn');
      for (const step of steps) apply(run, step);
      expect(totalExcess(run.balance.excess)).toBe(0n);
    }),
    TIME_BOX,
  );
});
