/**
 * What the port promises of every store of rate limits, at times of the test: run by each of them.
 */
import { expect, test } from 'vitest';
import type { RateParty, RateStore, TakeRates } from '../../src/ports/rate-store.ts';

/** 2026-11-22T14:33:00Z. */
export const NOON = Date.UTC(2026, 10, 22, 14, 33);
const RULE = { limit: 3, length_ms: 60_000 };

export function party(id: string, limits: RateParty['limits']): RateParty {
  return { id, limits };
}

export function aTake(parties: readonly RateParty[], over: Partial<TakeRates> = {}): TakeRates {
  return { instance_id: 'one', parties, tokens: 1, at: NOON, ...over };
}

type Open = () => RateStore | Promise<RateStore>;

/** Declares the suite. `open` gives an empty store each time, and who gives it closes it. */
export function rateConformance(open: Open): void {
  windows(open);
  buckets(open);
  slots(open);
}

function windows(open: Open): void {
  test('a window admits its limit, and says what is left and when it ends', async () => {
    const store = await open();
    const answers = await Promise.all([0, 1, 2, 3].map((ms) => store.count('k', RULE, NOON + ms)));
    expect(answers).toEqual([
      { admitted: true, remaining: 2, ends_at: NOON + 60_000 },
      { admitted: true, remaining: 1, ends_at: NOON + 60_000 },
      { admitted: true, remaining: 0, ends_at: NOON + 60_000 },
      { admitted: false, remaining: 0, ends_at: NOON + 60_000 },
    ]);
    const next = await store.count('k', RULE, NOON + 60_000);
    expect(next).toEqual({ admitted: true, remaining: 2, ends_at: NOON + 120_000 });
  });

  test('keys have a window each, whatever is in their names', async () => {
    const store = await open();
    const keys = ['', 'a', 'A', "a'; DROP TABLE windows; --", 'ä\u0000b', 'x'.repeat(5_000)];
    const once = { limit: 1, length_ms: 60_000 };
    for (const key of keys) expect((await store.count(key, once, NOON)).admitted).toBe(true);
    for (const key of keys) expect((await store.count(key, once, NOON)).admitted).toBe(false);
  });

  test('of many requests at once exactly the limit is admitted', async () => {
    const store = await open();
    const rule = { limit: 137, length_ms: 60_000 };
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => store.count('k', rule, NOON)),
    );
    expect(answers.filter(({ admitted }) => admitted)).toHaveLength(137);
  });
}

function buckets(open: Open): void {
  test('a request is taken from all parties or from none', async () => {
    const store = await open();
    const key = party('key', { requests_per_minute: 2 });
    const org = party('org', { tokens_per_minute: 100 });
    expect(await store.take(aTake([key, org], { tokens: 100 }))).toEqual({
      kind: 'admitted',
      charged: [0, 100],
    });
    for (let again = 0; again < 3; again++) {
      expect(await store.take(aTake([key, org], { tokens: 50 }))).toEqual({
        kind: 'refused',
        party: 1,
        which: 'tokens_per_minute',
        retry_after_ms: 30_000,
      });
    }
    // The key was not charged for those: one of its two is left.
    expect(await store.take(aTake([key]))).toMatchObject({ kind: 'admitted' });
    expect(await store.take(aTake([key]))).toMatchObject({ kind: 'refused', party: 0 });
  });

  test('buckets refill as time goes on', async () => {
    const store = await open();
    const key = party('key', { requests_per_minute: 2 });
    for (const at of [NOON, NOON]) await store.take(aTake([key], { at }));
    expect(await store.take(aTake([key], { at: NOON + 29_999 }))).toMatchObject({
      kind: 'refused',
      retry_after_ms: 1,
    });
    expect(await store.take(aTake([key], { at: NOON + 30_000 }))).toMatchObject({
      kind: 'admitted',
    });
  });

  test('what was not used comes back at the end, and what came beyond is owed', async () => {
    const store = await open();
    const parties = [party('org', { tokens_per_minute: 600 })];
    const end = { instance_id: 'one', parties, charged: [600], at: NOON };
    await store.take(aTake(parties, { tokens: 600 }));
    store.finish({ ...end, used: 500 });
    expect(await store.take(aTake(parties, { tokens: 101 }))).toMatchObject({ kind: 'refused' });
    expect(await store.take(aTake(parties, { tokens: 100 }))).toMatchObject({ kind: 'admitted' });
    store.finish({ ...end, charged: [100], used: 160 });
    expect(await store.take(aTake(parties, { tokens: 10 }))).toMatchObject({
      retry_after_ms: 7_000,
    });
  });

  test('what is not known to be unused does not come back', async () => {
    const store = await open();
    const parties = [party('org', { tokens_per_minute: 600 })];
    await store.take(aTake(parties, { tokens: 600 }));
    store.finish({ instance_id: 'one', parties, charged: [600], used: null, at: NOON });
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'refused' });
  });

  test('a request that is taken back was never there', async () => {
    const store = await open();
    const limits = { requests_per_minute: 1, tokens_per_minute: 60, concurrent_requests: 1 };
    const parties = [party('key', limits)];
    for (let turn = 0; turn < 3; turn++) {
      expect(await store.take(aTake(parties, { tokens: 60 }))).toMatchObject({ charged: [60] });
      store.finish({ instance_id: 'one', parties, charged: [60], used: 'none', at: NOON });
    }
  });
}

function slots(open: Open): void {
  test('slots count over all instances, and come back one by one', async () => {
    const store = await open();
    const parties = [party('org', { concurrent_requests: 3 })];
    const by = (instance_id: string) => store.take(aTake(parties, { instance_id }));
    for (const instance of ['one', 'two', 'two']) await by(instance);
    expect(await by('three')).toMatchObject({
      which: 'concurrent_requests',
      retry_after_ms: null,
    });
    store.finish({ instance_id: 'two', parties, charged: [0], used: 1, at: NOON });
    expect(await by('three')).toMatchObject({ kind: 'admitted' });
    expect(await by('one')).toMatchObject({ kind: 'refused' });
    expect([...(await store.instances())].sort()).toEqual(['one', 'three', 'two']);
  });

  test('an instance that has ended holds no slots, and the others keep theirs', async () => {
    const store = await open();
    const parties = [party('org', { concurrent_requests: 3 })];
    const by = (instance_id: string) => store.take(aTake(parties, { instance_id }));
    for (const instance of ['dead', 'dead', 'alive']) await by(instance);
    await store.endInstance('dead');
    await store.endInstance('dead');
    expect(await store.instances()).toEqual(['alive']);
    expect(await by('alive')).toMatchObject({ kind: 'admitted' });
    expect(await by('alive')).toMatchObject({ kind: 'admitted' });
    expect(await by('alive')).toMatchObject({ kind: 'refused' });
  });

  test('an end that comes twice frees one slot', async () => {
    const store = await open();
    const parties = [party('org', { concurrent_requests: 1 })];
    const end = { instance_id: 'one', parties, charged: [0], used: 1, at: NOON } as const;
    await store.take(aTake(parties));
    store.finish(end);
    store.finish(end);
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'admitted' });
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'refused' });
  });
}
