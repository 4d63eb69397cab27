/** The sweep: finds alerts of what was posted by processes that died before they noticed. */
import { beforeEach, expect, it } from 'vitest';
import type { Budget } from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { AlertSweep } from '../../src/jobs/alert-sweep.ts';
import { AlertWatch } from '../../src/keeper/alerts/alert-watch.ts';
import { AlertBook } from '../../src/keeper/alerts/alert-book.ts';
import { Outbox } from '../../src/keeper/alerts/outbox.ts';
import { anEntry } from '../admin/control-plane.ts';
import { alertWorld, BUDGET, NOON, ORG, type AlertWorld } from '../keeper/alerts/world.ts';

const EVERY_MS = 30_000;
const HOUR = 3_600_000;

let world: AlertWorld;
let stores: ReturnType<typeof memoryStore>;
let reads: number;

beforeEach(async () => {
  world = alertWorld();
  stores = memoryStore();
  reads = 0;
});

/** A process that sweeps and has noticed nothing itself. */
function process(): AlertSweep {
  const { clock, ids, log } = world;
  const { catalog, ledger } = stores;
  const outbox = new Outbox(catalog);
  const book = new AlertBook({ catalog, outbox, clock, ids, log, onQueued: () => undefined });
  const watch = new AlertWatch({ book, log });
  const counted = {
    budgets: (at: number) => {
      reads += 1;
      return ledger.budgets(at);
    },
    budgetStates: ledger.budgetStates.bind(ledger),
  };
  const parts = { catalog, outbox, clock, log, book, watch };
  return new AlertSweep({ ...parts, ledger: counted, everyMs: EVERY_MS, historyDays: 30 });
}

/** Posts to the ledger itself, as a process that dies right after it. */
async function post(amount: bigint, at: number, id = `${at} ${amount}`): Promise<void> {
  const posting = { amount, ceiling: 0n };
  await stores.ledger.record({
    instance_id: 'dead',
    entry: anEntry({ entry_id: id, org_id: ORG, cost: amount, started_at: at }),
    postings: { usd: posting, tokens: posting, requests: posting },
    at,
    cause: 'submitted',
  });
}

const put = (over: Partial<Budget> = {}) =>
  stores.ledger.putBudget({ budget: { ...BUDGET, ...over }, at: world.clock.now() });

/** Alerts in the order in which they were told: budget, percent and start of the window. */
const raised = (): string[] =>
  world.logged.map(({ fields }) => {
    const { budget_id, threshold_pct, window_start } = fields as Record<string, string>;
    return `${budget_id} ${threshold_pct} ${window_start?.slice(5, 16)}`;
  });

it('raises what a process that died has posted, once, by however many processes', async () => {
  await put();
  await post(850n, NOON);
  await Promise.all([process().sweep(), process().sweep()]);
  expect(raised().sort()).toEqual(['daily 50 11-22T00:00', 'daily 80 11-22T00:00']);
  world.clock.advance(EVERY_MS);
  await process().sweep();
  expect(raised()).toHaveLength(2);
});

it('looks back at windows that ended since the last sweep of anybody', async () => {
  await put({ budget_id: 'hourly', window: 'hour' });
  await process().sweep();
  await post(500n, NOON + 1);
  await post(800n, NOON + HOUR);
  // Everybody was down for three hours.
  world.clock.advance(3 * HOUR);
  await process().sweep();
  expect(raised().sort()).toEqual([
    'hourly 50 11-22T12:00',
    'hourly 50 11-22T13:00',
    'hourly 80 11-22T13:00',
  ]);
});

it('finds in the middle of its life what was posted just before a window ended', async () => {
  await put();
  const sweep = process();
  await sweep.sweep();
  world.clock.advance(12 * HOUR - EVERY_MS);
  await sweep.sweep();
  await post(1000n, world.clock.now() + EVERY_MS - 1);
  world.clock.advance(EVERY_MS);
  await sweep.sweep();
  expect(raised().sort()).toEqual([
    'daily 100 11-22T00:00',
    'daily 50 11-22T00:00',
    'daily 80 11-22T00:00',
    'daily 95 11-22T00:00',
  ]);
});

it('does not look back at windows from before a budget was made', async () => {
  const sweep = process();
  await post(1000n, NOON - 1);
  world.clock.step(-1);
  await sweep.sweep();
  world.clock.step(1);
  await put({ budget_id: 'hourly', window: 'hour' });
  world.clock.advance(EVERY_MS);
  await sweep.sweep();
  expect(raised()).toEqual([]);
});

it('leaves the rest of the processes little to do', async () => {
  await put();
  const [one, other] = [process(), process()];
  await one.sweep();
  await other.sweep();
  expect(reads).toBe(2);
  for (let i = 0; i < 3; i++) {
    world.clock.advance(EVERY_MS);
    await one.sweep();
    await other.sweep();
  }
  expect(reads).toBe(5);
});

it('goes on until it is stopped, also after it failed', async () => {
  await put();
  const { budgets } = stores.ledger;
  stores.ledger.budgets = () => Promise.reject(new Error('disk full'));
  const sweep = process();
  sweep.start();
  await passing(0);
  expect(world.logged).toMatchObject([{ level: 'warn', fields: { cause: 'disk full' } }]);
  stores.ledger.budgets = budgets;
  await post(500n, NOON);
  await passing(EVERY_MS);
  expect(world.logged).toHaveLength(2);
  sweep.stop();
  await post(400n, NOON, 'more');
  await passing(10 * EVERY_MS);
  expect(world.logged).toHaveLength(2);
});

async function passing(ms: number): Promise<void> {
  world.clock.advance(ms);
  for (let i = 0; i < 200; i++) await Promise.resolve();
}
