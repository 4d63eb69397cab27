/**
 * Re-rating a month after its prices have changed: what is appended is what an independent oracle
 * says, to the pico; again it adds nothing; and a process that is killed in the middle of it costs
 * nothing but time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatUsd, parseUsd } from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { Rerates, type RerateOrder, type RerateRecord } from '../../src/jobs/rerate.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Stores } from '../../src/ports/stores.ts';
import type { PriceHome } from '../../src/prices/price-home.ts';
import {
  aMonth,
  correctionsOf,
  FROM,
  openPrices,
  ORGS,
  seed,
  takeNews,
  TO,
} from './rerate-world.ts';

const clock = systemClock();
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-rerate-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function reratesOver(stores: Stores, prices: PriceHome, time: Clock = clock): Rerates {
  const ids = systemIds(time);
  return new Rerates({
    ...stores,
    instanceId: 'job',
    clock: time,
    ids,
    log: () => undefined,
    prices,
  });
}

async function ended(rerates: Rerates, rerateId: string): Promise<RerateRecord> {
  for (;;) {
    const record = await rerates.get(rerateId);
    if (record !== undefined && record.status !== 'running') return record;
    await new Promise((resolve) => clock.after(5, () => resolve(undefined)));
  }
}

async function runToEnd(rerates: Rerates, order: Partial<RerateOrder>): Promise<RerateRecord> {
  const started = await rerates.start({
    from: FROM,
    to: TO,
    org_id: null,
    price_version: '',
    dry_run: false,
    ...order,
  });
  if (started === undefined) throw new Error('Another re-rating is running.');
  return ended(rerates, started.rerate_id);
}

function total(record: RerateRecord): string {
  const pico = (usd: string): bigint => parseUsd(usd) ?? 0n;
  return formatUsd(
    record.groups.reduce((sum, group) => sum + pico(group.after_usd) - pico(group.before_usd), 0n),
  );
}

test('the corrections of a month are the difference that the oracle computes', async () => {
  const stores = memoryStore();
  const month = aMonth(450);
  await seed(stores.ledger, month.entries);
  const prices = await openPrices(stores, clock);
  const price_version = await takeNews(prices);
  const rerates = reratesOver(stores, prices);

  const tried = await runToEnd(rerates, { price_version, dry_run: true });
  expect(total(tried)).toBe(month.difference);
  expect(await correctionsOf(stores.ledger)).toMatchObject({ count: 0 });

  const done = await runToEnd(rerates, { price_version });
  expect(done).toMatchObject({ status: 'done', scanned_entries: 450, total_entries: 450 });
  expect(total(done)).toBe(month.difference);
  const appended = await correctionsOf(stores.ledger);
  expect(appended).toMatchObject({ usd: month.difference, linesUsd: month.difference });
  expect(appended.count).toBe(done.corrected_entries);
  for (const { org_id, model_id, before_usd, after_usd } of done.groups) {
    const difference = formatUsd((parseUsd(after_usd) ?? 0n) - (parseUsd(before_usd) ?? 0n));
    expect(difference).toBe(month.differenceOf(org_id, model_id));
  }
});

test('a second time adds nothing, and the way back takes all of it back', async () => {
  const stores = memoryStore();
  const month = aMonth(120);
  await seed(stores.ledger, month.entries);
  const prices = await openPrices(stores, clock);
  const price_version = await takeNews(prices);
  const rerates = reratesOver(stores, prices);
  await runToEnd(rerates, { price_version });
  const once = await correctionsOf(stores.ledger);
  const again = await runToEnd(rerates, { price_version });
  expect(again).toMatchObject({ status: 'done', groups: [], corrected_entries: 0 });
  expect(await correctionsOf(stores.ledger)).toEqual(once);

  await runToEnd(rerates, { price_version: '2026-01-01.1' });
  expect(await correctionsOf(stores.ledger)).toMatchObject({ usd: '0', linesUsd: '0' });
  await runToEnd(rerates, { price_version });
  expect(await correctionsOf(stores.ledger)).toMatchObject({ usd: month.difference });
});

test('sums, budgets and requests say after it what new prices would have said', async () => {
  const stores = memoryStore();
  const { ledger } = stores;
  const month = aMonth(90);
  await ledger.putBudget({
    budget: {
      budget_id: 'b',
      scope: { type: 'organization', org_id: ORGS[0] },
      match: null,
      limit: { unit: 'usd', amount: 10n ** 15n },
      window: 'month',
      timezone: 'UTC',
      mode: 'enforce',
    },
    at: FROM,
  });
  await seed(ledger, month.entries);
  const prices = await openPrices(stores, clock);
  const price_version = await takeNews(prices);
  const before = await ledger.summary({ group_by: [] });
  await runToEnd(reratesOver(stores, prices), { price_version });
  const after = await ledger.summary({ group_by: [] });
  expect(formatUsd(after.total.cost - before.total.cost)).toBe(month.difference);
  expect({ ...after.total, cost: 0n }).toEqual({ ...before.total, cost: 0n });
  const [state] = await ledger.budgets(FROM);
  const spent = await ledger.summary({ group_by: [], org_id: ORGS[0] });
  expect(state?.balance.posted).toBe(spent.total.cost);
});

test('what a killed process has left another takes up, and it ends the same', async () => {
  const path = join(dir, 'store.db');
  const onFatal = (error: Error): never => {
    throw error;
  };
  const stores = await openSqliteStore({ path, onFatal });
  try {
    const month = aMonth(900);
    await seed(stores.ledger, month.entries);
    const prices = await openPrices(stores, clock);
    const price_version = await takeNews(prices);
    const order = { from: FROM, to: TO, org_id: null, price_version, dry_run: false };
    // Noted down, and left at once: the lease is over long ago.
    const stopped = reratesOver(stores, prices);
    stopped.stop();
    const started = await stopped.start(order);
    const rerate_id = started?.rerate_id ?? '';
    const item = await stores.catalog.get<RerateRecord>('rerate', rerate_id);
    const value = { ...item?.value, lease_until: 0 };
    await stores.catalog.put({ kind: 'rerate', id: rerate_id, parent: 'running', value });

    expect(await killAfter(path, 250)).toBe('SIGKILL');
    const left = await correctionsOf(stores.ledger);
    expect(left.count).toBeGreaterThanOrEqual(250);
    expect(left.count).toBeLessThan(900);

    // A minute later, when nobody believes any more that the dead one works at it.
    const later = { ...clock, now: () => clock.now() + 60_000 };
    const rerates = reratesOver(stores, prices, later);
    await rerates.takeUp();
    const done = await ended(rerates, rerate_id);
    expect(done).toMatchObject({ status: 'done', scanned_entries: 900 });
    expect(total(done)).toBe(month.difference);
    const appended = await correctionsOf(stores.ledger);
    expect(appended).toMatchObject({ usd: month.difference, count: done.corrected_entries });
  } finally {
    await stores.ledger.close();
  }
}, 60_000);

/** Runs the job in a process of its own and kills it after so many corrections. */
async function killAfter(path: string, corrections: number): Promise<NodeJS.Signals | null> {
  const program = fileURLToPath(new URL('rerate-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'recorded') seen += 1;
    if (seen === corrections) child.kill('SIGKILL');
  }
  await exited;
  return child.signalCode;
}

test('what cannot be priced is left, and counted by the reason', async () => {
  const stores = memoryStore();
  const [known, unknown, elsewhere, owned] = aMonth(4).entries;
  if (
    known === undefined ||
    unknown === undefined ||
    elsewhere === undefined ||
    owned === undefined
  ) {
    throw new Error('A month has four entries.');
  }
  await seed(stores.ledger, [
    known,
    { ...unknown, usage: null, usage_source: 'unknown', charges: [], cost: 0n, ceiling: 9n },
    { ...elsewhere, region: 'eu-west-1' },
    { ...owned, charges: [], price_basis: null, priced: 'no', cost: 0n, ceiling: 0n },
  ]);
  const prices = await openPrices(stores, clock);
  const price_version = await takeNews(prices);
  const done = await runToEnd(reratesOver(stores, prices), { price_version });
  expect(done).toMatchObject({
    unknown_entries: 1,
    unlisted_entries: 1,
    unpriced_entries: 1,
    scanned_entries: 4,
  });
});

test('one that appends runs alone; a cancelled one stops', async () => {
  const stores = memoryStore();
  const prices = await openPrices(stores, clock);
  const rerates = reratesOver(stores, prices);
  const order = { from: FROM, to: TO, org_id: null, price_version: 'x', dry_run: false };
  rerates.stop();
  const first = await rerates.start({ ...order, price_version: '2026-01-01.1' });
  expect(await rerates.start(order)).toBeUndefined();
  expect(await rerates.cancel(first?.rerate_id ?? '')).toBe(true);
  expect(await rerates.cancel(first?.rerate_id ?? '')).toBe(false);
  expect(await rerates.get(first?.rerate_id ?? '')).toMatchObject({ status: 'cancelled' });
});

test('of two that begin at once only one appends', async () => {
  const stores = memoryStore();
  const prices = await openPrices(stores, clock);
  const order = { from: FROM, to: TO, org_id: null, dry_run: false };
  const both = await Promise.all(
    ['2026-01-01.1', 'x'].map((price_version) =>
      reratesOver(stores, prices).start({ ...order, price_version }),
    ),
  );
  expect(both.filter((started) => started !== undefined)).toHaveLength(1);
});

test('a version that there never was is told as a failure', async () => {
  const stores = memoryStore();
  const rerates = reratesOver(stores, await openPrices(stores, clock));
  const done = await runToEnd(rerates, { price_version: '1999-01-01.1' });
  expect(done.status).toBe('failed');
  expect(done.error).toContain('1999-01-01.1');
});
