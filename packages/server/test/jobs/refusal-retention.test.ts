/** Old refusals go, all of them, and only they. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { MemoryRefusals } from '../../src/adapters/memory/refusals.ts';
import { PART_MAX, refusalRetention } from '../../src/jobs/refusal-retention.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { RefusalRow } from '../../src/ports/refusal-store.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function row(id: string, at: number): RefusalRow {
  const nobody = { org_id: null, app_id: null, user_id: null, key_id: null, model_id: null };
  const why = { operation: null, error: 'E', reason: 'r', count: 1 };
  return { refusal_id: id, at, ...nobody, ...why };
}

const left = async (store: MemoryRefusals) =>
  (await store.refusals({ limit: 10_000 })).refusals.map(({ refusal_id }) => refusal_id);

test('everything older is removed, however much it is, and what is younger stays', async () => {
  const refusals = new MemoryRefusals();
  const old = Array.from({ length: PART_MAX + 7 }, (_, i) => row(`old-${i}`, NOW - 3 * DAY_MS));
  await refusals.recordRefusals([...old, row('young', NOW - 2 * DAY_MS)]);
  await refusalRetention({ refusals, clock: virtualClock(NOW), days: 2 })();
  expect(await left(refusals)).toEqual(['young']);
});

test('it works once an hour, and again at once when it failed', async () => {
  const refusals = new MemoryRefusals();
  const clock = virtualClock(NOW);
  const store = { fails: true };
  const round = refusalRetention({
    refusals: {
      recordRefusals: (rows) => refusals.recordRefusals(rows),
      refusals: (query) => refusals.refusals(query),
      forgetRefusals: (before, limit) =>
        store.fails
          ? Promise.reject(new StoreUnavailable('disk full'))
          : refusals.forgetRefusals(before, limit),
    },
    clock,
    days: 1,
  });
  await refusals.recordRefusals([row('a', NOW - 2 * DAY_MS)]);
  await expect(round()).rejects.toThrow('disk full');
  store.fails = false;
  await round();
  expect(await left(refusals)).toEqual([]);
  await refusals.recordRefusals([row('b', NOW - 2 * DAY_MS)]);
  await round();
  expect(await left(refusals)).toEqual(['b']);
  clock.advance(HOUR_MS);
  await round();
  expect(await left(refusals)).toEqual([]);
});
