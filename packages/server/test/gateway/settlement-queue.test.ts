/** What the store does not take is kept and repeated, and what is kept is bounded. */
import { NOON, budget, reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { SettlementQueue } from '../../src/gateway/settlement-queue.ts';
import { StoreUnavailable, type LedgerStore } from '../../src/ports/ledger-store.ts';

/** A ledger that fails as long as the test says so, and a queue before it. */
async function setUp() {
  const { ledger } = memoryStore();
  await ledger.putBudget({ budget: budget(), at: NOON });
  const store = { fails: false };
  const unlessFailing = <T>(run: () => Promise<T>): Promise<T> =>
    store.fails ? Promise.reject(new StoreUnavailable('disk full')) : run();
  const failing = {
    settle: (command) => unlessFailing(() => ledger.settle(command)),
    release: (attempt) => unlessFailing(() => ledger.release(attempt)),
  } as Pick<LedgerStore, 'settle' | 'release'> as LedgerStore;
  const clock = virtualClock(NOON);
  const logged: string[] = [];
  const queue = new SettlementQueue(failing, clock, {
    refused: () => expect.unreachable(),
    settled: () => expect.unreachable(),
    excess: () => expect.unreachable(),
    log: (level) => void logged.push(level),
  });
  /** Lets every promise that is due run, then the timers of the next two seconds. */
  const later = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(2_000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { ledger, store, queue, logged, later };
}

test('a settlement is repeated until the store takes it, and is then one entry', async () => {
  const { ledger, store, queue, logged, later } = await setUp();
  await ledger.reserve(reserve('a', 30n));
  store.fails = true;
  const settling = queue.settle(settle('a', 20n));
  for (let round = 0; round < 5; round++) await later();
  expect([queue.pending, logged]).toEqual([1, ['warn']]);
  store.fails = false;
  await later();
  expect((await settling).kind).toBe('settled');
  await queue.empty();
  expect(queue.pending).toBe(0);
  expect((await ledger.entries({ limit: 10 })).entries).toHaveLength(1);
  expect(await ledger.holds()).toEqual([]);
});

test('what is kept while the store fails is bounded, and goes when it works again', async () => {
  const { store, queue, later } = await setUp();
  store.fails = true;
  const releasing: Promise<void>[] = [];
  while (!queue.overwhelmed) {
    releasing.push(queue.release(`attempt-${releasing.length}`));
    await Promise.resolve();
    await Promise.resolve();
    expect(releasing.length).toBeLessThan(5_000);
  }
  await later();
  expect(queue.overwhelmed).toBe(true);
  store.fails = false;
  await later();
  await Promise.all(releasing);
  expect([queue.overwhelmed, queue.pending]).toEqual([false, 0]);
});
