/** A process that was taken for dead, and recovers itself what it was before. */
import { expect, test } from 'vitest';
import { budget, figures, NOON, reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';
import type { Transacted } from '../../../src/adapters/dynamodb/items/items.ts';
import { openDynamoStore } from '../../../src/adapters/dynamodb/store.ts';
import { recoverDeadInstances } from '../../../src/jobs/recovery.ts';
import { LEASE_DEFAULTS } from '../../../src/leases/lease-settings.ts';
import { LeasedLedger } from '../../../src/leases/leased-ledger.ts';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import type { Telemetry } from '../../../src/ports/telemetry.ts';
import { countingIds, seeded } from './group-rig.ts';

const LEASE_MS = 9_000;
const nothing = (): void => undefined;
const telemetry: Telemetry = { refused: nothing, settled: nothing, excess: nothing, log: nothing };

/** A table that can be away for whoever uses it. */
class Away extends MemoryItems {
  readonly #table: MemoryItems;
  isAway = false;

  constructor(table: MemoryItems) {
    super();
    this.#table = table;
    this.get = (...asked) => table.get(...asked);
    this.query = (...asked) => table.query(...asked);
    this.writeEach = (...asked) => table.writeEach(...asked);
  }

  override async transact(...asked: Parameters<MemoryItems['transact']>): Promise<Transacted> {
    if (this.isAway) throw new StoreUnavailable('away');
    return this.#table.transact(...asked);
  }
}

/** A process with leases of 40 over a table. */
async function processOn(table: MemoryItems, seed: number, instanceId: string) {
  const clock = virtualClock(NOON);
  const random = seeded(seed);
  const ids = countingIds(random);
  const bounds = { leaseMs: LEASE_MS, freshnessMs: 5_000_000, laneCount: 2 };
  const { ledger: inner, join } = openDynamoStore({ items: table, clock, ids, random, ...bounds });
  const settings = { ...LEASE_DEFAULTS, size: () => 40n, strayMs: 5_000 };
  const ledger = new LeasedLedger({ inner, instanceId, clock, ids, settings });
  const locks = await join(instanceId);
  const recover = () => recoverDeadInstances({ instanceId, ledger, locks, clock, ids, telemetry });
  return { clock, ledger, locks, recover };
}

/** Lets time pass for some; the others stand still. */
async function pass(ms: number, ...clocks: readonly VirtualClock[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const clock of clocks) clock.advance(500);
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
    await new Promise(setImmediate);
  }
}

test('what it has leased since stays its own, and no limit is passed', async () => {
  const table = new MemoryItems();
  const paused = await processOn(table, 1, 'p');
  const other = await processOn(table, 2, 'q');
  await other.ledger.putBudget({ budget: budget({ amount: 100n }), at: NOON });
  await paused.ledger.reserve(reserve('1', 1n, { instance: 'p' }));
  await paused.ledger.reserve(reserve('2', 10n, { instance: 'p' }));
  await pass(2 * LEASE_MS, other.clock);
  expect(await other.locks.dead()).toEqual(['p']);
  // It goes on under another name, with a call that lasts.
  await expect(paused.ledger.reserve(reserve('3', 5n, { instance: 'p' }))).rejects.toThrow('dead');
  await paused.ledger.release('3');
  await paused.ledger.reserve(reserve('4', 30n, { instance: 'p' }));
  expect(paused.ledger.leases).toBe(1);
  expect(await paused.recover()).toBe(2);
  expect(paused.ledger.leases).toBe(1);
  await pass(4 * LEASE_MS, paused.clock, other.clock);
  expect(await figures(other.ledger)).toMatchObject({ posted: 11n, held: 30n });
  expect(await other.ledger.reserve(reserve('5', 60n, { instance: 'q' }))).toMatchObject({
    kind: 'refused',
  });
  await paused.ledger.settle(settle('4', 30n, { instance: 'p' }));
  await pass(LEASE_MS, paused.clock, other.clock);
  expect(await figures(other.ledger)).toMatchObject({ posted: 41n, held: 0n });
});

test('what it said of a call, unheard, does not take its hold out of its lease', async () => {
  const table = new MemoryItems();
  const way = new Away(table);
  const paused = await processOn(way, 1, 'p');
  const other = await processOn(table, 2, 'q');
  await other.ledger.putBudget({ budget: budget({ amount: 100n }), at: NOON });
  await paused.ledger.reserve(reserve('1', 1n, { instance: 'p' }));
  await paused.ledger.reserve(reserve('2', 30n, { instance: 'p' }));
  expect(paused.ledger.leases).toBe(1);
  await other.ledger.reserve(reserve('3', 55n, { instance: 'q' }));
  way.isAway = true;
  const unheard = paused.ledger.settle(settle('2', 0n, { instance: 'p' })).catch(() => 'unheard');
  await pass(2 * LEASE_MS, other.clock, paused.clock);
  expect(await unheard).toBe('unheard');
  way.isAway = false;
  expect(await other.locks.dead()).toEqual(['p']);
  expect(await paused.recover()).toBe(2);
  const { posted, held, excess } = await figures(other.ledger);
  expect({ posted, held }).toEqual({ posted: 31n, held: 55n });
  expect(excess.over_bound).toBe(0n);
  // Its late settlement is one correction.
  await paused.ledger.settle(settle('2', 0n, { instance: 'p' }));
  expect(await figures(other.ledger)).toMatchObject({ posted: 1n, held: 55n });
});
