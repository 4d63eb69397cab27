/** Rate limits at their edges; the laws are in the property test beside this one. */
import { describe, expect, test } from 'vitest';
import {
  finish,
  takeBack,
  NO_TRAFFIC,
  tryTake,
  tryTakeJointly,
} from '../../src/policy/rate-limit.ts';
import type { RateState } from '../../src/policy/rate-limit.ts';
import type { RateLimits } from '../../src/identity.ts';

function admitted(state: RateState, limits: RateLimits, now: number, tokens: number): RateState {
  const decision = tryTake(state, limits, now, tokens);
  if (decision.kind === 'refused') throw new Error(`refused by ${decision.which}`);
  return decision.state;
}

test('without limits everything is admitted and nothing is charged', () => {
  expect(tryTake(NO_TRAFFIC, {}, 0, 1_000_000_000)).toMatchObject({ kind: 'admitted', charged: 0 });
});

describe('requests per minute', () => {
  const limits = { requests_per_minute: 2 };

  test('a full bucket admits a minute of requests at once, then one every half minute', () => {
    const spent = admitted(admitted(NO_TRAFFIC, limits, 0, 1), limits, 0, 1);
    expect(tryTake(spent, limits, 0, 1)).toEqual({
      kind: 'refused',
      which: 'requests_per_minute',
      retry_after_ms: 30_000,
    });
    expect(tryTake(spent, limits, 29_999, 1)).toMatchObject({ kind: 'refused', retry_after_ms: 1 });
    expect(tryTake(spent, limits, 30_000, 1).kind).toBe('admitted');
  });

  test('a clock that goes back refills nothing and loses nothing', () => {
    const spent = admitted(admitted(NO_TRAFFIC, limits, 60_000, 1), limits, 60_000, 1);
    expect(tryTake(spent, limits, 0, 1)).toMatchObject({ retry_after_ms: 30_000 });
    expect(tryTake(spent, limits, 90_000, 1).kind).toBe('admitted');
  });

  test('a clock that was set back by over a minute keeps nobody out: buckets begin anew', () => {
    const spent = admitted(admitted(NO_TRAFFIC, limits, 90_000, 1), limits, 90_000, 1);
    expect(tryTake(spent, limits, 30_000, 1).kind).toBe('refused');
    const anew = admitted(admitted(spent, limits, 29_999, 1), limits, 29_999, 1);
    expect(tryTake(anew, limits, 29_999, 1)).toMatchObject({ retry_after_ms: 30_000 });
  });

  test('a limit of zero refuses, and says that waiting does not help', () => {
    expect(tryTake(NO_TRAFFIC, { requests_per_minute: 0 }, 0, 1)).toEqual({
      kind: 'refused',
      which: 'requests_per_minute',
      retry_after_ms: null,
    });
  });

  test('a limit that is lowered empties what the bucket holds beyond it', () => {
    const state = admitted(NO_TRAFFIC, { requests_per_minute: 100 }, 0, 1);
    const lowered = { requests_per_minute: 1 };
    expect(tryTake(admitted(state, lowered, 0, 1), lowered, 0, 1).kind).toBe('refused');
  });
});

describe('tokens per minute', () => {
  const limits = { tokens_per_minute: 600 };

  test('the charge at admission is corrected to what was used', () => {
    const state = admitted(NO_TRAFFIC, limits, 0, 600);
    expect(tryTake(state, limits, 0, 100)).toEqual({
      kind: 'refused',
      which: 'tokens_per_minute',
      retry_after_ms: 10_000,
    });
    expect(tryTake(finish(state, limits, 0, 600, 500), limits, 0, 100).kind).toBe('admitted');
  });

  test('a charge stands when the use is not known', () => {
    const state = finish(admitted(NO_TRAFFIC, limits, 0, 600), limits, 0, 600, null);
    expect(tryTake(state, limits, 0, 1).kind).toBe('refused');
  });

  test('use beyond the charge is a debt that refills first', () => {
    const state = finish(admitted(NO_TRAFFIC, limits, 0, 600), limits, 0, 600, 660);
    expect(tryTake(state, limits, 0, 10)).toMatchObject({ retry_after_ms: 7_000 });
  });

  test('a request larger than the bucket is served from a full one, for all of it', () => {
    expect(tryTake(NO_TRAFFIC, limits, 0, 5_000)).toMatchObject({ kind: 'admitted', charged: 600 });
    const state = admitted(NO_TRAFFIC, limits, 0, 1);
    expect(tryTake(state, limits, 0, 5_000)).toMatchObject({
      kind: 'refused',
      retry_after_ms: 100,
    });
  });

  test('a request of no tokens still costs one', () => {
    expect(tryTake(NO_TRAFFIC, limits, 0, 0)).toMatchObject({ charged: 1 });
    expect(tryTake(NO_TRAFFIC, { tokens_per_minute: 0 }, 0, 0).kind).toBe('refused');
  });

  test('a limit that came while a call ran starts from a full bucket', () => {
    const state = finish(admitted(NO_TRAFFIC, {}, 0, 50), limits, 0, 0, 0);
    expect(tryTake(state, limits, 0, 600).kind).toBe('admitted');
  });
});

describe('a request under the limits of several parties', () => {
  const key = { state: NO_TRAFFIC, limits: { requests_per_minute: 1 } };
  const organization = { state: NO_TRAFFIC, limits: { tokens_per_minute: 60 } };

  test('is taken from each, and each says what it was charged', () => {
    const decision = tryTakeJointly([key, organization], 0, 20);
    if (decision.kind !== 'admitted') throw new Error('it was refused');
    expect(decision.taken.map(({ charged }) => charged)).toEqual([0, 20]);
    expect(decision.taken.map(({ state }) => state.running)).toEqual([1, 1]);
  });

  test('is refused by the first that has no room, with its wait', () => {
    const spent = { ...organization, state: admitted(NO_TRAFFIC, organization.limits, 0, 60) };
    expect(tryTakeJointly([key, spent], 0, 30)).toEqual({
      kind: 'refused',
      party: 1,
      which: 'tokens_per_minute',
      retry_after_ms: 30_000,
    });
  });
});

describe('a request that is taken back', () => {
  const limits = { requests_per_minute: 1, tokens_per_minute: 60, concurrent_requests: 1 };

  test('was never there: its request, its tokens and its slot are free again', () => {
    const taken = tryTake(NO_TRAFFIC, limits, 0, 60);
    if (taken.kind !== 'admitted') throw new Error('it was refused');
    expect(tryTake(taken.state, limits, 0, 60).kind).toBe('refused');
    const state = takeBack(taken.state, limits, 0, taken.charged);
    expect(tryTake(state, limits, 0, 60).kind).toBe('admitted');
  });

  test('never fills a bucket beyond its limit', () => {
    const taken = tryTake(NO_TRAFFIC, limits, 0, 60);
    if (taken.kind !== 'admitted') throw new Error('it was refused');
    const state = takeBack(taken.state, limits, 60_000, taken.charged);
    const once = tryTake(state, limits, 60_000, 60);
    if (once.kind !== 'admitted') throw new Error('it was refused');
    const ended = finish(once.state, limits, 60_000, once.charged, null);
    expect(tryTake(ended, limits, 60_000, 1).kind).toBe('refused');
  });
});

describe('concurrent requests', () => {
  const limits = { concurrent_requests: 1 };

  test('a slot is free again when its request has finished', () => {
    const state = admitted(NO_TRAFFIC, limits, 0, 1);
    expect(tryTake(state, limits, 60_000, 1)).toEqual({
      kind: 'refused',
      which: 'concurrent_requests',
      retry_after_ms: null,
    });
    expect(tryTake(finish(state, limits, 0, 0, null), limits, 0, 1).kind).toBe('admitted');
  });

  test('finishing more often than was admitted makes no slots', () => {
    const state = finish(NO_TRAFFIC, limits, 0, 0, null);
    expect(tryTake(admitted(state, limits, 0, 1), limits, 0, 1).kind).toBe('refused');
  });
});

test('a refusal by one limit takes nothing from the others, and names the longest wait', () => {
  const limits = { requests_per_minute: 60, tokens_per_minute: 60 };
  const state = admitted(NO_TRAFFIC, limits, 0, 60);
  expect(tryTake(state, limits, 0, 30)).toEqual({
    kind: 'refused',
    which: 'tokens_per_minute',
    retry_after_ms: 30_000,
  });
  expect(tryTake(state, { requests_per_minute: 60 }, 0, 0)).toMatchObject({ kind: 'admitted' });
});
