/** Forecasts over a ledger: the rate is read once in a while, what is left is of the moment. */
import { EMPTY_BALANCE, type Budget } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, it } from 'vitest';
import { FORECAST_FRESH_MS, Forecasts } from '../../src/keeper/forecast.ts';
import type { BudgetState } from '../../src/ports/ledger-store.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const MIDNIGHT = Date.UTC(2026, 10, 23);
const HOUR = 3_600_000;

const BUDGET: Budget = {
  budget_id: 'b',
  scope: { type: 'organization', org_id: 'o' },
  match: null,
  limit: { unit: 'usd', amount: 100n },
  window: 'day',
  timezone: 'UTC',
  mode: 'enforce',
};

function stateOf(posted: bigint, window_start = Date.UTC(2026, 10, 22)): BudgetState {
  return {
    budget: BUDGET,
    balance: { ...EMPTY_BALANCE, posted },
    window_start,
    resets_at: MIDNIGHT,
  };
}

/** A ledger that has posted what `posted` says, and counts how often it is asked. */
function rig(posted: () => Promise<bigint>) {
  const clock = virtualClock(NOON);
  const asked: (readonly [number, number])[] = [];
  const ledger = {
    postedSince: (_budget: Budget, from: number, to: number) => {
      asked.push([from, to]);
      return posted();
    },
  };
  return { clock, asked, forecasts: new Forecasts({ ledger, clock }) };
}

it('goes by what the last hour posted, and by what is left of the moment', async () => {
  const { forecasts, asked } = rig(() => Promise.resolve(20n));
  expect(await forecasts.exhaustsAt(stateOf(40n))).toBe(NOON + 3 * HOUR);
  expect(asked).toEqual([[NOON - HOUR, NOON]]);
  expect(await forecasts.exhaustsAt(stateOf(80n))).toBe(NOON + HOUR);
  expect(asked).toHaveLength(1);
});

it('asks the ledger again when what it knows has grown old, or the window is another', async () => {
  const { forecasts, asked, clock } = rig(() => Promise.resolve(20n));
  await Promise.all([forecasts.exhaustsAt(stateOf(40n)), forecasts.exhaustsAt(stateOf(40n))]);
  clock.advance(FORECAST_FRESH_MS - 1);
  await forecasts.exhaustsAt(stateOf(40n));
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await forecasts.exhaustsAt(stateOf(40n));
  expect(asked).toHaveLength(2);
  const other = clock.now() - 2 * HOUR;
  await forecasts.exhaustsAt(stateOf(40n, other));
  expect(asked).toHaveLength(3);
});

it('does not ask about a window younger than an hour: its balance says it all', async () => {
  const { forecasts, asked } = rig(() => Promise.reject(new Error('Nobody should ask.')));
  expect(await forecasts.exhaustsAt(stateOf(40n, NOON - 60_000))).toBe(NOON + 90_000);
  expect(await forecasts.exhaustsAt(stateOf(40n, NOON))).toBeNull();
  expect(forecasts.latest(stateOf(50n, NOON - HOUR))).toBe(NOON + HOUR);
  expect(asked).toEqual([]);
});

it('reads the more rarely the longer it takes', async () => {
  let took = 100;
  const { forecasts, asked, clock } = rig(() => {
    clock.advance(took);
    return Promise.resolve(20n);
  });
  await forecasts.exhaustsAt(stateOf(40n));
  clock.advance(29_899);
  await forecasts.exhaustsAt(stateOf(40n));
  expect(asked).toHaveLength(1);
  took = HOUR;
  clock.advance(1);
  await forecasts.exhaustsAt(stateOf(40n));
  expect(asked).toHaveLength(2);
});

it('keeps nobody waiting who asks for the latest, once there is one', async () => {
  const { forecasts, asked, clock } = rig(() => Promise.resolve(20n));
  expect(await forecasts.latest(stateOf(40n))).toBe(NOON + 3 * HOUR);
  clock.advance(FORECAST_FRESH_MS);
  expect(forecasts.latest(stateOf(40n))).toBe(clock.now() + 3 * HOUR);
  expect(forecasts.latest(stateOf(40n))).toBe(clock.now() + 3 * HOUR);
  expect(asked).toHaveLength(2);
  // Nobody asked for so long that what is known says nothing of the present.
  for (let i = 0; i < 10; i++) await Promise.resolve();
  clock.advance(2 * FORECAST_FRESH_MS);
  expect(await forecasts.latest(stateOf(40n))).toBe(clock.now() + 3 * HOUR);
  expect(asked.at(-1)).toEqual([clock.now() - HOUR, clock.now()]);
});

it('does not ask at all about what is spent', async () => {
  const { forecasts, asked } = rig(() => Promise.resolve(1n));
  expect(await forecasts.exhaustsAt(stateOf(100n))).toBe(NOON);
  expect(asked).toEqual([]);
});

it('asks again after a failure', async () => {
  let works = false;
  const { forecasts } = rig(() =>
    works ? Promise.resolve(20n) : Promise.reject(new Error('disk full')),
  );
  await expect(forecasts.exhaustsAt(stateOf(40n))).rejects.toThrow('disk full');
  works = true;
  expect(await forecasts.exhaustsAt(stateOf(40n))).toBe(NOON + 3 * HOUR);
});
