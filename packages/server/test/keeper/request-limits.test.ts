/** How requests of a credential are counted, what they are told, and what a failing store means. */
import { describe, expect, test } from 'vitest';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryRates } from '../../src/adapters/memory/rates.ts';
import { rateTable } from '../../src/keeper/rate-table.ts';
import { limit, RequestLimits, type Limited } from '../../src/keeper/request-limits.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { RateStore } from '../../src/ports/rate-store.ts';

/** 2026-11-22T14:33:00Z, and the same in seconds. */
const NOON = Date.UTC(2026, 10, 22, 14, 33);
const NOON_SECONDS = 1_795_357_980;

function setUp(rates: RateStore = memoryRates()) {
  const clock = virtualClock(NOON);
  const logged: string[] = [];
  const log = (_level: string, message: string): void => void logged.push(message);
  const table = rateTable('default', { usage: 2, token: 2 });
  const limits = new RequestLimits({ rates, table, clock, log });
  return { clock, logged, limits };
}

/** A store that counts what it is asked, and fails while it is told to. */
function watched() {
  const store = memoryRates();
  const state = { asked: 0, failing: false };
  const rates: RateStore = {
    ...store,
    count: (...asked) => {
      state.asked += 1;
      if (state.failing) return Promise.reject(new StoreUnavailable('It does not answer.'));
      return store.count(...asked);
    },
  };
  return { rates, state };
}

async function refusals(times: number, take: () => Promise<Limited>): Promise<number> {
  let refused = 0;
  for (let i = 0; i < times; i++) if ((await take()).refused !== undefined) refused += 1;
  return refused;
}

describe('a request', () => {
  test('is told its limit, what is left, when the window ends and whom it counts for', async () => {
    const { limits } = setUp();
    expect(await limit({ limits }, 'usage', 'org-o-app-web')).toEqual({
      headers: {
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '1',
        'x-ratelimit-reset': String(NOON_SECONDS + 60),
        'x-ratelimit-clientid': 'org-o-app-web',
      },
    });
  });

  test('that is one too many is told in how many whole seconds to come back', async () => {
    const { clock, limits } = setUp();
    for (let i = 0; i < 2; i++) await limits.take('usage', 'c');
    clock.advance(18_500);
    const { headers, refused } = await limits.take('usage', 'c');
    expect(headers).toMatchObject({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(NOON_SECONDS + 60),
    });
    expect(refused).toEqual({
      message:
        'This credential has used up its limit of 2 requests per minute (usage). ' +
        'Try again in 42 s.',
      retryAfterSeconds: 42,
      details: { rate_class: 'usage', limit: 2, window_secs: 60 },
    });
  });

  test('that waits as long as it was told is admitted', async () => {
    const { clock, limits } = setUp();
    for (let i = 0; i < 2; i++) await limits.take('usage', 'c');
    const { refused } = await limits.take('usage', 'c');
    clock.advance((refused?.retryAfterSeconds ?? 0) * 1_000);
    expect((await limits.take('usage', 'c')).refused).toBeUndefined();
  });

  test('counts for its own credential and class alone', async () => {
    const { limits } = setUp();
    expect(await refusals(3, () => limits.take('usage', 'one'))).toBe(1);
    expect(await refusals(2, () => limits.take('usage', 'two'))).toBe(0);
    expect(await refusals(2, () => limits.take('revoke', 'one'))).toBe(0);
  });

  test('without a proven client counts for the address, too', async () => {
    const { limits } = setUp();
    expect(await refusals(9, () => limits.take('token', 'c', '192.0.2.1'))).toBe(7);
    expect(await refusals(2, () => limits.take('token', 'c', '192.0.2.2'))).toBe(0);
  });

  test('is told nothing where there is no limit', async () => {
    const off = { rates: memoryRates(), table: rateTable('off'), log: () => undefined };
    const limits = new RequestLimits({ ...off, clock: virtualClock(NOON) });
    expect(await limits.take('usage', 'c')).toEqual({ headers: {} });
  });

  test('puts nothing into a header that a header cannot hold', async () => {
    const { limits } = setUp();
    const { headers } = await limits.take('token', `a\r\nset-cookie: ä${'x'.repeat(999)}`, '::1');
    expect(headers['x-ratelimit-clientid']).toMatch(/^a\?\?set-cookie:\?\?x+$/);
    expect(headers['x-ratelimit-clientid']?.length).toBe(200);
  });
});

test('a flood beyond the limit does not reach the store', async () => {
  const { rates, state } = watched();
  const { clock, limits } = setUp(rates);
  expect(await refusals(1_000, () => limits.take('usage', 'c'))).toBe(998);
  expect(state.asked).toBe(3);
  clock.advance(60_000);
  expect(await refusals(3, () => limits.take('usage', 'c'))).toBe(1);
});

describe('while the store fails', () => {
  test('this process counts by itself, and says so once a minute', async () => {
    const { rates, state } = watched();
    const { clock, limits, logged } = setUp(rates);
    state.failing = true;
    expect(await refusals(5, () => limits.take('usage', 'c'))).toBe(3);
    expect(logged).toEqual([
      'The store of rate limits fails; this process counts requests by itself.',
    ]);
    clock.advance(60_000);
    expect(await refusals(5, () => limits.take('usage', 'c'))).toBe(3);
    expect(logged).toHaveLength(2);
  });

  test('the store counts again as soon as it answers', async () => {
    const { rates, state } = watched();
    const { limits } = setUp(rates);
    state.failing = true;
    expect(await refusals(5, () => limits.take('usage', 'c'))).toBe(3);
    state.failing = false;
    expect(await refusals(5, () => limits.take('usage', 'c'))).toBe(3);
  });
});

test('a defect is not taken for a failing store', async () => {
  const rates = { ...memoryRates(), count: () => Promise.reject(new TypeError('a defect')) };
  await expect(setUp(rates).limits.take('usage', 'c')).rejects.toThrow('a defect');
});
