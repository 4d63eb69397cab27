/** Refusals are written in their own time, within bounds, and whatever fails, no call notices. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { MemoryRefusals } from '../../src/adapters/memory/refusals.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { GATHER_MS, RefusalLog, RETRY_MS, WAITING_MAX } from '../../src/gateway/refusal-log.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { Refusal } from '../../src/ports/telemetry.ts';

const HALF_PAST = Date.UTC(2026, 10, 22, 14, 30);
const HOUR_MS = 3_600_000;
const ALL = { limit: 100_000 };

function setUp(rowsMax: number) {
  const store = new MemoryRefusals();
  const writes: number[] = [];
  const failure: { with: Error | undefined } = { with: undefined };
  const clock = virtualClock(HALF_PAST);
  const logged: string[] = [];
  const log = new RefusalLog({
    store: {
      refusals: (query) => store.refusals(query),
      forgetRefusals: () => expect.unreachable(),
      recordRefusals(rows) {
        if (failure.with !== undefined) return Promise.reject(failure.with);
        writes.push(rows.length);
        return store.recordRefusals(rows);
      },
    },
    clock,
    ids: systemIds(clock),
    log: (level) => void logged.push(level),
    rowsMax,
  });
  let made = 0;
  const refuse = (times: number, changes: Partial<Refusal> = {}): void => {
    for (let i = 0; i < times; i++) {
      const refusal: Refusal = {
        at: clock.now(),
        request_id: `request-${made++}`,
        org_id: 'org',
        app_id: 'app',
        user_id: 'user',
        key_id: 'key',
        model_id: 'model',
        error: 'ThrottlingException',
        reason: 'budget_spent',
        ...changes,
      };
      log.add(refusal, 'Converse');
    }
  };
  const later = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 2_000; turn++) await Promise.resolve();
  };
  const kept = async () => (await store.refusals(ALL)).refusals;
  return { log, clock, failure, logged, writes, refuse, later, kept };
}

test('nothing is written on the path of the call, all of it in a few writes after', async () => {
  const { log, writes, refuse, later, kept } = setUp(1_000);
  refuse(300);
  expect([writes, log.waiting]).toEqual([[], 300]);
  await later(GATHER_MS);
  expect(writes).toEqual([128, 128, 44]);
  expect(log.waiting).toBe(0);
  expect((await kept())[0]).toEqual({
    refusal_id: 'request-0',
    at: HALF_PAST,
    org_id: 'org',
    app_id: 'app',
    user_id: 'user',
    key_id: 'key',
    model_id: 'model',
    operation: 'Converse',
    error: 'ThrottlingException',
    reason: 'budget_spent',
    count: 1,
  });
});

test('of a flood so many rows are kept, and one more that counts the rest exactly', async () => {
  const { refuse, later, kept } = setUp(3);
  refuse(10);
  await later(GATHER_MS);
  refuse(90, { key_id: 'other' });
  await later(GATHER_MS);
  const rows = await kept();
  expect(rows.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 97]);
  expect(rows.find(({ count }) => count === 97)).toMatchObject({
    ...{ org_id: 'org', app_id: null, user_id: null, key_id: null, model_id: null },
    ...{ operation: null, reason: 'budget_spent', error: 'ThrottlingException', at: HALF_PAST },
  });
});

test('organizations, reasons and hours have bounds of their own', async () => {
  const { clock, refuse, later, kept } = setUp(2);
  refuse(2);
  refuse(2, { org_id: 'other' });
  refuse(2, { org_id: null, reason: 'key_unknown' });
  refuse(2, { reason: 'rate_limit' });
  clock.advance(HOUR_MS);
  refuse(2);
  await later(GATHER_MS);
  const rows = await kept();
  expect(rows).toHaveLength(10);
  expect(rows.every(({ count }) => count === 1)).toBe(true);
});

test('a failing store is told of once and tried again; nothing is lost or kept twice', async () => {
  const { log, failure, logged, refuse, later, kept } = setUp(5);
  failure.with = new StoreUnavailable('disk full');
  refuse(20);
  await later(GATHER_MS);
  await later(RETRY_MS);
  await later(RETRY_MS);
  expect([log.waiting, logged]).toEqual([6, ['warn']]);
  refuse(1);
  failure.with = undefined;
  await later(RETRY_MS);
  const rows = await kept();
  expect([rows.length, rows.reduce((sum, { count }) => sum + count, 0)]).toEqual([6, 21]);
  expect([log.waiting, log.notKept]).toEqual([0, 0]);
});

test('what waits for a store that fails is bounded, and counted beyond', async () => {
  const { log, failure, refuse, later, kept } = setUp(1_000_000);
  failure.with = new StoreUnavailable('disk full');
  refuse(WAITING_MAX + 50);
  await later(GATHER_MS);
  expect(log.waiting).toBe(WAITING_MAX + 1);
  failure.with = undefined;
  await later(RETRY_MS);
  const rows = await kept();
  expect(rows).toHaveLength(WAITING_MAX + 1);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(WAITING_MAX + 50);
});

test('the end writes what is left; what the store does not take is counted and told', async () => {
  const ended = setUp(5);
  ended.refuse(9);
  await ended.log.close();
  expect(await ended.kept()).toHaveLength(6);
  expect(ended.log.notKept).toBe(0);

  const failing = setUp(5);
  failing.failure.with = new StoreUnavailable('disk full');
  failing.refuse(4);
  await failing.log.close();
  expect([failing.log.waiting, failing.log.notKept]).toEqual([0, 4]);
  expect(failing.logged).toContain('warn');
});

test('rows that cannot be written at all do not hold up those after them', async () => {
  const { log, failure, refuse, later, kept } = setUp(5);
  failure.with = new Error('It cannot be carried out.');
  refuse(3);
  await later(GATHER_MS);
  expect([log.waiting, log.notKept]).toEqual([0, 3]);
  failure.with = undefined;
  refuse(1);
  await later(GATHER_MS);
  expect(await kept()).toHaveLength(1);
});

test("an overlong name of a model is cut: it is the caller's text", async () => {
  const { refuse, later, kept } = setUp(5);
  refuse(1, { model_id: 'm'.repeat(60_000) });
  await later(GATHER_MS);
  expect((await kept())[0]?.model_id).toHaveLength(512);
});
