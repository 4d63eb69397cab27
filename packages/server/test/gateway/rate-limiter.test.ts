/**
 * Rate limits of key, application and organization, all of them at once, under a clock of the test.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_KEY_POLICY, type RateLimits } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import type { Caller } from '../../src/credentials/authority.ts';
import { RateLimiter, type RateDecision } from '../../src/gateway/rate-limiter.ts';

interface Limits {
  readonly key?: RateLimits;
  readonly application?: RateLimits;
  readonly organization?: RateLimits;
}

function caller(limits: Limits, ids: { key?: string; app?: string; org?: string } = {}): Caller {
  const { key = 'k', app = 'a', org = 'o' } = ids;
  return {
    principal: {
      org_id: org,
      app_id: app,
      key_id: key,
      user_id: null,
      scopes: ['invoke'],
      models: null,
      policy: DEFAULT_KEY_POLICY,
    },
    keyName: null,
    grants: [],
    rateLimits: { key: {}, application: {}, organization: {}, ...limits },
    orgTimezone: 'UTC',
    keeping: null,
  };
}

function setUp() {
  const clock = virtualClock();
  return { clock, limiter: new RateLimiter(clock) };
}

function refused(decision: RateDecision): Extract<RateDecision, { kind: 'refused' }> {
  if (decision.kind !== 'refused') throw new Error('it was admitted');
  return decision;
}

function admitted(decision: RateDecision): Extract<RateDecision, { kind: 'admitted' }> {
  if (decision.kind !== 'admitted') throw new Error(decision.message);
  return decision;
}

test('without limits everything is admitted', () => {
  const { limiter } = setUp();
  for (let i = 0; i < 1_000; i++) admitted(limiter.take(caller({}), 1_000_000));
});

describe('requests a minute', () => {
  const two = caller({ key: { requests_per_minute: 2 } });

  test('the third of two is refused with its reason and when it would fit', () => {
    const { limiter } = setUp();
    admitted(limiter.take(two, 1));
    admitted(limiter.take(two, 1));
    const { message, retryAfterSeconds } = refused(limiter.take(two, 1));
    expect(retryAfterSeconds).toBe(30);
    expect(message).toBe(
      'The API key has reached its limit of 2 requests per minute. Try again in 30 s.',
    );
  });

  test('it fits once that time has passed, and not a moment before', () => {
    const { clock, limiter } = setUp();
    admitted(limiter.take(two, 1));
    admitted(limiter.take(two, 1));
    clock.advance(29_999);
    refused(limiter.take(two, 1));
    clock.advance(1);
    admitted(limiter.take(two, 1));
  });

  test('a step of the wall clock gives no room', () => {
    const { clock, limiter } = setUp();
    admitted(limiter.take(two, 1));
    admitted(limiter.take(two, 1));
    clock.step(3_600_000);
    refused(limiter.take(two, 1));
  });
});

describe('tokens a minute', () => {
  const hundred = caller({ application: { tokens_per_minute: 100 } });

  test('what a call did not use comes back when it ends', () => {
    const { limiter } = setUp();
    const first = admitted(limiter.take(hundred, 90));
    expect(refused(limiter.take(hundred, 20)).message).toContain('100 tokens per minute');
    first.finish(10);
    admitted(limiter.take(hundred, 90));
  });

  test('what is not known to be unused does not come back', () => {
    const { limiter } = setUp();
    admitted(limiter.take(hundred, 90)).finish(null);
    refused(limiter.take(hundred, 20));
  });
});

describe('concurrent requests', () => {
  test('the next one is admitted when one has ended', () => {
    const { limiter } = setUp();
    const one = caller({ organization: { concurrent_requests: 1 } });
    const first = admitted(limiter.take(one, 1));
    expect(refused(limiter.take(one, 1)).message).toContain('The organization');
    first.finish(1);
    admitted(limiter.take(one, 1));
  });
});

describe('several levels', () => {
  test('a refusal by one level takes nothing from the others', () => {
    const { limiter } = setUp();
    const both = caller({
      key: { requests_per_minute: 3 },
      organization: { concurrent_requests: 1 },
    });
    const first = admitted(limiter.take(both, 1));
    for (let i = 0; i < 10; i++) refused(limiter.take(both, 1));
    first.finish(1);
    admitted(limiter.take(both, 1)).finish(1);
    admitted(limiter.take(both, 1)).finish(1);
    expect(refused(limiter.take(both, 1)).message).toContain('The API key');
  });

  test('keys of one organization share its limit and have their own each', () => {
    const { limiter } = setUp();
    const limits = { key: { requests_per_minute: 2 }, organization: { requests_per_minute: 3 } };
    const one = caller(limits, { key: 'one' });
    const two = caller(limits, { key: 'two' });
    admitted(limiter.take(one, 1));
    admitted(limiter.take(one, 1));
    expect(refused(limiter.take(one, 1)).message).toContain('The API key');
    admitted(limiter.take(two, 1));
    expect(refused(limiter.take(two, 1)).message).toContain('The organization');
  });

  test('applications of the same name in two organizations are two', () => {
    const { limiter } = setUp();
    const limits = { application: { concurrent_requests: 1 } };
    admitted(limiter.take(caller(limits, { org: 'one' }), 1));
    admitted(limiter.take(caller(limits, { org: 'two' }), 1));
    refused(limiter.take(caller(limits, { org: 'one' }), 1));
  });
});

test('a call that was turned away elsewhere counts against no limit', () => {
  const { limiter } = setUp();
  const one = caller({
    key: { requests_per_minute: 1 },
    application: { tokens_per_minute: 10 },
    organization: { concurrent_requests: 1 },
  });
  for (let turn = 0; turn < 3; turn++) admitted(limiter.take(one, 10)).takeBack();
  admitted(limiter.take(one, 10));
  refused(limiter.take(one, 10));
});
