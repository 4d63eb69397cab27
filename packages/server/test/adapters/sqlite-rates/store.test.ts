/** The store of rate limits in a file: every promise of the port, and what can go wrong with it. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteRates } from '../../../src/adapters/sqlite-rates/store.ts';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import type { RateStore } from '../../../src/ports/rate-store.ts';
import { aTake, NOON, party, rateConformance } from '../rate-conformance.ts';

const RULE = { limit: 3, length_ms: 60_000 };
const opened: RateStore[] = [];
let dir = '';
let path = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-rates-'));
  path = join(dir, 'rates.db');
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  rmSync(dir, { recursive: true });
});

/** Long enough for any machine. */
const PATIENT = { answerMsMax: 60_000, busyTimeoutMs: 30_000 };

function openAt(at: string, times = PATIENT): Promise<RateStore> {
  return openSqliteRates({
    path: at,
    ...times,
    onFatal: (error) => {
      throw error;
    },
  });
}

async function open(times = PATIENT): Promise<RateStore> {
  const store = await openAt(path, times);
  opened.push(store);
  return store;
}

describe('the promises of the port', () => {
  const suiteDir = mkdtempSync(join(tmpdir(), 'tollkeeper-rates-'));
  const file = join(suiteDir, 'rates.db');
  let store: RateStore | undefined;

  beforeAll(async () => {
    store = await openAt(file);
  });

  afterAll(async () => {
    await store?.close();
    rmSync(suiteDir, { recursive: true });
  });

  // One thread for all: each time it is emptied from outside.
  rateConformance(() => {
    using other = new DatabaseSync(file, { timeout: PATIENT.busyTimeoutMs });
    other.exec('DELETE FROM windows; DELETE FROM buckets; DELETE FROM running');
    if (store === undefined) throw new Error('The store was not opened.');
    return store;
  });
});

/** Somebody who keeps the file to himself until he is told to let go. */
function occupy(): () => void {
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

describe('the file', () => {
  test('is for its owner alone', async () => {
    await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('outlives who wrote it', async () => {
    const first = await open();
    await first.count('k', RULE, NOON);
    await first.close();
    expect(await (await open()).count('k', RULE, NOON)).toMatchObject({ remaining: 1 });
  });

  test('is made anew when it is broken', async () => {
    const first = await open();
    await first.count('k', RULE, NOON);
    await first.close();
    writeFileSync(
      path,
      'This is no database, but it is long enough to be looked at as one. '.repeat(99),
    );
    expect(await (await open()).count('k', RULE, NOON)).toMatchObject({ remaining: 2 });
  });

  test('of another release is not touched', async () => {
    using other = new DatabaseSync(path);
    other.exec('PRAGMA user_version = 2');
    await expect(open()).rejects.toThrow(/another release.*remove it/);
  });

  test('holds no window for longer than it lasts', async () => {
    const store = await open();
    for (let key = 0; key < 20; key++) await store.count(`k${key}`, RULE, NOON);
    await store.count('late', RULE, NOON + 120_000);
    using other = new DatabaseSync(path);
    expect(other.prepare('SELECT key FROM windows').all()).toEqual([{ key: 'late' }]);
  });
});

describe('while another process keeps the file to itself', () => {
  const LONG = { answerMsMax: 60_000, busyTimeoutMs: 20 };
  const SHORT = { answerMsMax: 20, busyTimeoutMs: 60_000 };
  const parties = [party('org', { requests_per_minute: 2, concurrent_requests: 1 })];

  test('requests are told that the store fails, and nothing of them stays', async () => {
    const store = await open(LONG);
    const letGo = occupy();
    await expect(store.count('k', RULE, NOON)).rejects.toThrow(StoreUnavailable);
    await expect(store.take(aTake(parties))).rejects.toThrow(StoreUnavailable);
    letGo();
    expect(await store.count('k', RULE, NOON)).toMatchObject({ remaining: 2 });
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'admitted' });
  });

  test('nobody waits longer than an answer may take; what comes late is given back', async () => {
    const store = await open(SHORT);
    const letGo = occupy();
    await expect(store.take(aTake(parties))).rejects.toThrow('does not answer');
    await expect(store.take(aTake(parties))).rejects.toThrow('does not answer');
    letGo();
    await expect.poll(() => store.instances().catch(String)).toEqual([]);
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'admitted' });
  });

  test('the end of a request is carried out once the file is free again', async () => {
    const store = await open(LONG);
    await store.take(aTake(parties));
    const letGo = occupy();
    store.finish({ instance_id: 'one', parties, charged: [0], used: 1, at: NOON });
    await expect(store.instances()).rejects.toThrow(StoreUnavailable);
    letGo();
    expect(await store.instances()).toEqual([]);
    expect(await store.take(aTake(parties))).toMatchObject({ kind: 'admitted' });
  });
});

test('what was asked before it is closed is carried out; what comes after is refused', async () => {
  const store = await open();
  const parties = [party('org', { concurrent_requests: 1 })];
  await store.take(aTake(parties));
  store.finish({ instance_id: 'one', parties, charged: [0], used: 1, at: NOON });
  await store.close();
  await expect(store.count('k', RULE, NOON)).rejects.toThrow(StoreUnavailable);
  expect(await (await open()).instances()).toEqual([]);
});
