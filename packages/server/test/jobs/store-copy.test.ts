/** A store in a file is copied into a table, whatever fails on the way and whatever was removed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  budget,
  entry,
  NOON,
  postings,
  reserve,
  settle,
  submission,
} from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDynamoStore, type Write } from '../../src/adapters/dynamodb/index.ts';
import { DynamoImport } from '../../src/adapters/dynamodb/store-import.ts';
import { assertNotBeingCopied } from '../../src/adapters/dynamodb/items/table.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { openSqliteSource } from '../../src/adapters/sqlite/store-source.ts';
import { copyStore, CopyRefused, type CopyReport } from '../../src/jobs/store-copy.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { countingIds, hastyClock, seeded } from '../adapters/dynamodb/group-rig.ts';

let dir: string;
let file: Stores;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-copy-'));
  file = await openSqliteStore({ path: join(dir, 'a.db'), onFatal: () => undefined });
});

afterEach(async () => {
  await file.ledger.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A table that takes only so many more writes. */
class FailingItems extends MemoryItems {
  left = Number.POSITIVE_INFINITY;

  override async writeEach(writes: readonly Write[]): Promise<void> {
    const taken = writes.slice(0, Math.max(0, this.left));
    this.left -= taken.length;
    await super.writeEach(taken);
    if (taken.length < writes.length) throw new StoreUnavailable('The table is away.');
  }
}

function storesOn(items: MemoryItems) {
  const parts = { items, clock: hastyClock(), random: seeded(1), ids: countingIds(seeded(2)) };
  const stores = openDynamoStore({ ...parts, leaseMs: 10_000, freshnessMs: 0, laneCount: 1 });
  return { stores, imports: new DynamoImport(parts), clock: parts.clock };
}

async function copyTo(items: MemoryItems, isServed = false): Promise<CopyReport> {
  const source = openSqliteSource(join(dir, 'a.db'));
  try {
    const { stores, imports, clock } = storesOn(items);
    return await copyStore({
      ...{ source, from: file.ledger, target: imports, to: stores.ledger, clock },
      isServed: () => isServed,
    });
  } finally {
    await source.close();
  }
}

async function fill(): Promise<void> {
  const { ledger, catalog } = file;
  const total = { window: 'total' as const, amount: 10n ** 9n };
  await ledger.putBudget({ budget: budget(total), at: NOON });
  await catalog.put({ kind: 'organization', id: 'org', parent: '', value: {} });
  await catalog.put({ kind: 'organization', id: 'org', parent: '', value: { again: true } });
  for (let day = 0; day < 3; day++) {
    for (let number = 0; number < 50; number++) {
      const started_at = NOON + day * 86_400_000 + number;
      const times = { started_at, ended_at: started_at, at: started_at };
      await ledger.record(submission(`s${day}/${number}`, 3n, times));
    }
  }
  await ledger.reserve(reserve('call', 20n));
  await ledger.settle(settle('call', 7n));
  const draft = entry('c', 2n, {
    ...{ entry_type: 'correction', corrects_entry_id: 'call', attempt_id: 'call' },
  });
  const cause = 'correction';
  await ledger.record({
    ...{ instance_id: 'other', entry: draft, postings: postings(draft), at: NOON, cause },
  });
}

test('a copy that fails again and again comes to its end, with nothing there twice', async () => {
  await fill();
  const items = new FailingItems();
  let failures = 0;
  let report: CopyReport | undefined;
  for (let tries = 0; tries < 200 && report === undefined; tries++) {
    items.left = 150 + tries;
    try {
      report = await copyTo(items);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      failures += 1;
    }
  }
  expect(failures).toBeGreaterThan(1);
  expect(report).toMatchObject({ kind: 'copied', resumed: true, proof: { agrees: true } });
  expect(report?.proof.organizations).toEqual([
    {
      org_id: 'org',
      requests: { from: 151, to: 151 },
      cost: { from: 459n, to: 459n },
      ceiling: { from: 0n, to: 0n },
    },
  ]);
  items.left = Number.POSITIVE_INFINITY;
  const size = [...items.all()].length;
  expect(await copyTo(items)).toMatchObject({ kind: 'already', proof: { agrees: true } });
  expect([...items.all()]).toHaveLength(size);
});

test('no server starts on a table before a copy into it has ended', async () => {
  await fill();
  const items = new FailingItems();
  await assertNotBeingCopied(items, 'table');
  items.left = 200;
  await expect(copyTo(items)).rejects.toThrow('The table is away.');
  await expect(assertNotBeingCopied(items, 'table')).rejects.toThrow(/begun and has not ended/);
  items.left = Number.POSITIVE_INFINITY;
  await copyTo(items);
  await assertNotBeingCopied(items, 'table');
});

test('what was removed stays removed, and counts in budgets without an end', async () => {
  await fill();
  const { ledger } = file;
  for (const writer of await ledger.writers()) {
    await ledger.markCopied('export', { ...writer, sequence: writer.last_sequence });
  }
  const forgotten = await ledger.forgetEntries({ before: NOON + 2 * 86_400_000, limit: 1_000 });
  expect(forgotten.removed).toBe(102);
  const items = new MemoryItems();
  const report = await copyTo(items);
  expect(report.proof.agrees).toBe(true);
  const { ledger: copied, catalog } = storesOn(items).stores;
  expect(await copied.writers()).toEqual(await ledger.writers());
  expect(await copied.copied('export')).toEqual(await ledger.copied('export'));
  expect(report.proof.budgets).toMatchObject([{ posted: { from: 459n, to: 459n } }]);
  expect(await catalog.get('organization', 'org')).toMatchObject({ revision: 2 });
  expect(await catalog.revision()).toBeGreaterThanOrEqual(await file.catalog.revision());
});

test('an attempt that was copied is sent and settled no second time', async () => {
  const { ledger } = file;
  const now = hastyClock().now();
  await ledger.reserve(reserve('call', 20n, { at: now }));
  await ledger.settle(settle('call', 7n, { started_at: now, ended_at: now }));
  const items = new MemoryItems();
  await copyTo(items);
  const { stores } = storesOn(items);
  const locks = await stores.join('later');
  const again = reserve('call', 20n, { at: now, instance: 'later' });
  expect(await stores.ledger.reserve(again)).toEqual({ kind: 'duplicate' });
  const late = settle('call', 7n, { started_at: now, ended_at: now, instance: 'later' });
  expect(await stores.ledger.settle(late)).toEqual({ kind: 'already' });
  locks.release();
});

test('nothing is copied out of or into what is in use', async () => {
  await fill();
  await expect(copyTo(new MemoryItems(), true)).rejects.toThrow(CopyRefused);
  await file.ledger.reserve(reserve('open', 20n));
  await expect(copyTo(new MemoryItems())).rejects.toThrow(/1 calls in the source/);
  await file.ledger.release('open');
  const used = new MemoryItems();
  const put = { kind: 'organization', id: 'own', parent: '', value: {} } as const;
  await storesOn(used).stores.catalog.put(put);
  await expect(copyTo(used)).rejects.toThrow(/no copy has brought/);
});
