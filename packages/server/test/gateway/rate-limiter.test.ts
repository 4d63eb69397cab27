/**
 * Rate limits of key, application and organization, all of them at once, under a clock of the test.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_KEY_POLICY, type RateLimits } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryRates } from '../../src/adapters/memory/rates.ts';
import type { Caller } from '../../src/credentials/authority.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { RateStore } from '../../src/ports/rate-store.ts';
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
    tenantId: null,
    orgTimezone: 'UTC',
    keeping: null,
  };
}

function setUp() {
  const clock = virtualClock();
  return { clock, limiter: new RateLimiter({ rates: memoryRates(), clock, instanceId: 'i' }) };
}

type Decision = RateDecision | Promise<RateDecision>;

async function refused(taking: Decision): Promise<Extract<RateDecision, { kind: 'refused' }>> {
  const decision = await taking;
  if (decision.kind !== 'refused') throw new Error(`it was ${decision.kind}`);
  return decision;
}

async function admitted(taking: Decision): Promise<Extract<RateDecision, { kind: 'admitted' }>> {
  const decision = await taking;
  if (decision.kind !== 'admitted') throw new Error(`it was ${decision.kind}`);
  return decision;
}

test('without limits everything is admitted', async () => {
  const { limiter } = setUp();
  for (let i = 0; i < 1_000; i++) await admitted(limiter.take(caller({}), 1_000_000));
});

describe('requests a minute', () => {
  const two = caller({ key: { requests_per_minute: 2 } });

  test('the third of two is refused with its reason and when it would fit', async () => {
    const { limiter } = setUp();
    await admitted(limiter.take(two, 1));
    await admitted(limiter.take(two, 1));
    const { message, retryAfterSeconds } = await refused(limiter.take(two, 1));
    expect(retryAfterSeconds).toBe(30);
    expect(message).toBe(
      'The API key has reached its limit of 2 requests per minute. Try again in 30 s.',
    );
  });

  test('it fits once that time has passed, and not a moment before', async () => {
    const { clock, limiter } = setUp();
    await admitted(limiter.take(two, 1));
    await admitted(limiter.take(two, 1));
    clock.advance(29_999);
    await refused(limiter.take(two, 1));
    clock.advance(1);
    await admitted(limiter.take(two, 1));
  });

  test('a clock that goes back gives no room; one that is set back keeps nobody out', async () => {
    const { clock, limiter } = setUp();
    await admitted(limiter.take(two, 1));
    await admitted(limiter.take(two, 1));
    clock.step(-60_000);
    expect((await refused(limiter.take(two, 1))).retryAfterSeconds).toBe(30);
    clock.step(-3_600_000);
    await admitted(limiter.take(two, 1));
    await admitted(limiter.take(two, 1));
    await refused(limiter.take(two, 1));
  });
});

describe('tokens a minute', () => {
  const hundred = caller({ application: { tokens_per_minute: 100 } });

  test('what a call did not use comes back when it ends', async () => {
    const { limiter } = setUp();
    const first = await admitted(limiter.take(hundred, 90));
    expect((await refused(limiter.take(hundred, 20))).message).toContain('100 tokens per minute');
    first.finish(10);
    await admitted(limiter.take(hundred, 90));
  });

  test('what is not known to be unused does not come back', async () => {
    const { limiter } = setUp();
    (await admitted(limiter.take(hundred, 90))).finish(null);
    await refused(limiter.take(hundred, 20));
  });
});

describe('concurrent requests', () => {
  test('the next one is admitted when one has ended', async () => {
    const { limiter } = setUp();
    const one = caller({ organization: { concurrent_requests: 1 } });
    const first = await admitted(limiter.take(one, 1));
    expect((await refused(limiter.take(one, 1))).message).toContain('The organization');
    first.finish(1);
    await admitted(limiter.take(one, 1));
  });
});

describe('several levels', () => {
  test('a refusal by one level takes nothing from the others', async () => {
    const { limiter } = setUp();
    const both = caller({
      key: { requests_per_minute: 3 },
      organization: { concurrent_requests: 1 },
    });
    const first = await admitted(limiter.take(both, 1));
    for (let i = 0; i < 10; i++) await refused(limiter.take(both, 1));
    first.finish(1);
    (await admitted(limiter.take(both, 1))).finish(1);
    (await admitted(limiter.take(both, 1))).finish(1);
    expect((await refused(limiter.take(both, 1))).message).toContain('The API key');
  });

  test('keys of one organization share its limit and have their own each', async () => {
    const { limiter } = setUp();
    const limits = { key: { requests_per_minute: 2 }, organization: { requests_per_minute: 3 } };
    const one = caller(limits, { key: 'one' });
    const two = caller(limits, { key: 'two' });
    await admitted(limiter.take(one, 1));
    await admitted(limiter.take(one, 1));
    expect((await refused(limiter.take(one, 1))).message).toContain('The API key');
    await admitted(limiter.take(two, 1));
    expect((await refused(limiter.take(two, 1))).message).toContain('The organization');
  });

  test('applications of the same name in two organizations are two', async () => {
    const { limiter } = setUp();
    const limits = { application: { concurrent_requests: 1 } };
    await admitted(limiter.take(caller(limits, { org: 'one' }), 1));
    await admitted(limiter.take(caller(limits, { org: 'two' }), 1));
    await refused(limiter.take(caller(limits, { org: 'one' }), 1));
  });
});

test('a call that was turned away elsewhere counts against no limit', async () => {
  const { limiter } = setUp();
  const one = caller({
    key: { requests_per_minute: 1 },
    application: { tokens_per_minute: 10 },
    organization: { concurrent_requests: 1 },
  });
  for (let turn = 0; turn < 3; turn++) (await admitted(limiter.take(one, 10))).takeBack();
  await admitted(limiter.take(one, 10));
  await refused(limiter.take(one, 10));
});

describe('while the store of rates does not answer', () => {
  const failing: RateStore = {
    ...memoryRates(),
    take: () => Promise.reject(new StoreUnavailable('It does not answer.')),
  };
  const limiter = new RateLimiter({ rates: failing, clock: virtualClock(), instanceId: 'i' });

  test('whoever has a limit is not admitted', async () => {
    const limited = caller({ organization: { requests_per_minute: 1_000 } });
    expect(await limiter.take(limited, 1)).toEqual({ kind: 'unavailable' });
  });

  test('whoever has none does not come to it', async () => {
    await admitted(limiter.take(caller({}), 1));
  });
});
