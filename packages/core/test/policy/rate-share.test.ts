/** Shares of limits: what is in them is nowhere else, and they are small where little is left. */
import { expect, test } from 'vitest';
import {
  exchangeRates,
  exchangeWindow,
  NO_SHARED_TRAFFIC,
  type RateExchange,
  type RateReturn,
  shareCalls,
  type SharedRates,
} from '../../src/index.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const RULE = { parts: 8 };
const NOTHING: RateReturn = {
  ...{ share: null, requests: 0, tokens: 0, since: 0, turn: 0, slots: 0, running: 0 },
};

interface Asked {
  readonly at?: number;
  readonly calls?: number;
  readonly busy?: number;
  readonly returned?: Partial<RateReturn>;
}

/** An exchange of requests under a limit of 80 a minute. */
function requests(shared: SharedRates, asked: Asked): RateExchange {
  const { at = 0, calls = 0, busy = 0, returned = {} } = asked;
  const ask = {
    limits: { requests_per_minute: 80 },
    now: NOON + at,
    returned: { ...NOTHING, ...returned },
    calls: Array.from({ length: calls }, () => 1),
    demand: { calls: busy, tokens: busy },
  };
  return exchangeRates(shared, ask, RULE);
}

const admitted = ({ decisions }: RateExchange): number =>
  decisions.filter(({ kind }) => kind === 'admitted').length;

test('a share follows what came lately and is a part of what is free', () => {
  expect(shareCalls(5, 1_000, RULE)).toBe(5);
  expect(shareCalls(500, 1_000, RULE)).toBe(125);
  expect(shareCalls(500, 16, RULE)).toBe(2);
  expect(shareCalls(500, 15, RULE)).toBe(0);
  expect(shareCalls(1, 1_000, RULE)).toBe(0);
  expect(shareCalls(500, 1_000, { parts: 0 })).toBe(0);
});

test('what is in a share has left the limit, and comes back with the next exchange', () => {
  const one = requests(NO_SHARED_TRAFFIC, { calls: 8, busy: 8 });
  expect(admitted(one)).toBe(8);
  expect(one.share.requests).toEqual({ taken: 8, left: 8 });
  const other = requests(one.shared, { calls: 80 });
  expect(admitted(other)).toBe(64);
  const used = { ...one.share, requests: { taken: 8, left: 3 } };
  const back = requests(other.shared, { calls: 80, returned: { share: used } });
  expect(admitted(back)).toBe(3);
});

test('nothing refills into the place of a share that may still be used', () => {
  const one = requests(NO_SHARED_TRAFFIC, { calls: 1, busy: 8 });
  // Two seconds refill 2.7 requests; one was used and eight are still away.
  const other = requests(one.shared, { at: 2_000, calls: 80 });
  expect(admitted(other)).toBe(72);
  // The same where its process says at last that it has used them, at a moment that nobody knows.
  const used = { ...one.share, requests: { taken: 8, left: 0 } };
  const back = requests(one.shared, { at: 2_000, calls: 80, returned: { share: used } });
  expect(admitted(back)).toBe(72);
});

test('a share that nobody accounts for lapses', () => {
  const one = requests(NO_SHARED_TRAFFIC, { calls: 1, busy: 8 });
  expect(admitted(requests(one.shared, { at: 60_000, calls: 80 }))).toBe(72);
  const later = requests(one.shared, { at: 80_000 });
  expect(admitted(requests(later.shared, { at: 140_000, calls: 80 }))).toBe(80);
});

test('what comes back late does not come back into a limit that was full meanwhile', () => {
  // Taken back at once it would have been the one that overflows.
  const one = requests(NO_SHARED_TRAFFIC, { calls: 80 });
  const full = requests(one.shared, { at: 60_000 });
  const drained = requests(full.shared, { at: 60_000, calls: 80 });
  const back = { requests: 40, since: NOON + 59_500, turn: one.shared.turn };
  expect(admitted(requests(drained.shared, { at: 60_000, calls: 80, returned: back }))).toBe(0);
  // Of one that was never full, all of it comes.
  const half = requests(one.shared, { at: 30_000, calls: 40 });
  const late = { requests: 40, since: NOON + 30_000, turn: half.shared.turn };
  expect(admitted(requests(half.shared, { at: 30_000, calls: 80, returned: late }))).toBe(40);
});

test('slots of a process are counted whether a call runs in them or not', () => {
  const exchange = (shared: SharedRates, calls: number, returned: Partial<RateReturn>) =>
    exchangeRates(
      shared,
      {
        limits: { concurrent_requests: 24 },
        now: NOON,
        returned: { ...NOTHING, ...returned },
        calls: Array.from({ length: calls }, () => 1),
        demand: { calls, tokens: calls },
      },
      RULE,
    );
  const one = exchange(NO_SHARED_TRAFFIC, 8, {});
  expect(one.slots).toBe(10);
  expect(admitted(exchange(one.shared, 24, {}))).toBe(14);
  // Five of its calls have ended, and it takes one more: the idle slots go to whoever asks.
  const ended = exchange(one.shared, 1, { slots: 10, running: 3 });
  expect(ended.slots).toBe(4);
  expect(admitted(exchange(ended.shared, 24, {}))).toBe(20);
});

test('a share of a window that has ended is gone, and is not given back to the next one', () => {
  const rule = { limit: 100, length_ms: 60_000 };
  const one = exchangeWindow(null, rule, null, { times: [NOON], recent: 9 }, RULE);
  expect(one.share).toEqual({ began: NOON, ends_at: NOON + 60_000, left: 9, elsewhere: 90 });
  const later = { times: [NOON + 60_000], recent: 0 };
  const next = exchangeWindow(one.window, rule, one.share, later, RULE);
  expect(next.window).toEqual({ began: NOON + 60_000, count: 1 });
  const stale = exchangeWindow(next.window, rule, one.share, { times: [], recent: 0 }, RULE);
  expect(stale.window).toEqual(next.window);
});
