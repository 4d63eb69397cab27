/** Days summed up from a ledger in memory, by jobs that run twice, at once and late. */
import { NO_USAGE, withdrawalOf, type EntryDraft } from '@tollkeeper/core';
import { beforeEach, expect, test } from 'vitest';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import type { DailyCostRecord } from '../../src/catalog/daily-records.ts';
import { DailyCosts, type DailyCostsParts } from '../../src/jobs/daily-costs.ts';
import { dailyCosts } from '../../src/keeper/daily-costs.ts';
import { anEntry, START, testClock } from '../admin/control-plane.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = '2026-11-22';
const YESTERDAY = '2026-11-21';

let clock: ReturnType<typeof testClock>;
let stores: ReturnType<typeof memoryStore>;
let tables: Map<string, string>;
let warnings: string[];

beforeEach(() => {
  clock = testClock();
  stores = memoryStore();
  tables = new Map();
  warnings = [];
});

function jobs(over: Partial<Pick<DailyCostsParts, 'ledger'>> = {}): DailyCosts {
  return new DailyCosts({
    ...{ catalog: stores.catalog, ledger: stores.ledger, clock, entryDays: 90, ...over },
    files: { write: async (day, text) => void tables.set(day, text) },
    log: (level, message) => void (level === 'warn' && warnings.push(message)),
  });
}

let made = 0;
async function record(over: Partial<EntryDraft> = {}, instance = 'one'): Promise<EntryDraft> {
  made += 1;
  const entry = anEntry({ entry_id: `entry-${made}`, org_id: 'org', ...over });
  const posting = { amount: entry.cost, ceiling: 0n };
  await stores.ledger.record({
    instance_id: instance,
    entry,
    postings: { usd: posting, tokens: posting, requests: posting },
    at: entry.started_at,
    cause: entry.entry_type === 'correction' ? 'correction' : 'submitted',
  });
  return entry;
}

async function days(): Promise<readonly DailyCostRecord[]> {
  const kept: DailyCostRecord[] = [];
  for await (const { value } of dailyCosts(stores.catalog, {})) kept.push(value);
  return kept;
}

const figures = (record: DailyCostRecord | undefined): unknown =>
  record && [record.day, record.invocations, record.input_tokens, record.input_cost];

test('twice is once: the second run changes nothing', async () => {
  await record();
  await record();
  await record({ org_id: 'other' });
  const job = jobs();
  expect(await job.run()).toEqual({ days: [YESTERDAY, TODAY], changed: 2 });
  const first = await days();
  const table = tables.get(TODAY);
  expect(await job.run()).toMatchObject({ changed: 0 });
  expect(await days()).toEqual(first);
  expect(tables.get(TODAY)).toBe(table);
  expect(first.map(figures)).toEqual([
    [TODAY, 2, 2_000, '0.0005'],
    [TODAY, 1, 1_000, '0.00025'],
  ]);
});

test('a day begins and ends at midnight of UTC', async () => {
  const midnight = Date.UTC(2026, 10, 22);
  await record({ started_at: midnight - 1 });
  await record({ started_at: midnight });
  await jobs().run();
  expect((await days()).map(({ day }) => day)).toEqual([YESTERDAY, TODAY]);
});

test('what comes late takes its day with it, however long ago that was', async () => {
  const job = jobs();
  await record({ started_at: START - 30 * DAY });
  expect((await job.run()).days).toEqual(['2026-10-23', YESTERDAY, TODAY]);
  expect((await job.run()).days).toEqual([YESTERDAY, TODAY]);
  await record({ started_at: START - 30 * DAY }, 'two');
  expect((await job.run()).days).toEqual(['2026-10-23', YESTERDAY, TODAY]);
  expect((await days()).map(figures)).toEqual([['2026-10-23', 2, 2_000, '0.0005']]);
});

test('a correction changes the cost of its day and is no invocation', async () => {
  const job = jobs();
  const { entry_id } = await record();
  await job.run();
  await record({
    entry_type: 'correction',
    corrects_entry_id: entry_id,
    source: 'job',
    usage: NO_USAGE,
    charges: [{ class: 'input', quantity: 0, unit_price_usd: '0', amount: -50_000_000n }],
    cost: -50_000_000n,
  });
  await job.run();
  expect((await days()).map(figures)).toEqual([[TODAY, 1, 1_000, '0.0002']]);
});

test('a submission that was withdrawn is nothing of its day', async () => {
  const entry = await record({ entry_type: 'submission' });
  const posting = { amount: 0n, ceiling: 0n };
  const postings = { usd: posting, tokens: posting, requests: posting };
  const submitted = { entry: { ...entry, writer_id: 'one', sequence: 1 }, at: 0, postings };
  await record(withdrawalOf(submitted, [], { upstream_request_id: 'aws' }).entry);
  await jobs().run();
  expect(await days()).toEqual([]);
});

test('refused and failed calls and counted tokens are no invocations', async () => {
  const nothing = { usage: NO_USAGE, charges: [], cost: 0n };
  await record({ ...nothing, outcome: 'refused' });
  await record({ ...nothing, operation: 'CountTokens', model_id: 'other' });
  await jobs().run();
  expect(await days()).toEqual([]);
  expect(tables.size).toBe(0);
  await record({ ...nothing, usage: null, usage_source: 'unknown', outcome: 'interrupted' });
  await jobs().run();
  expect(await days()).toMatchObject([{ invocations: 1, unknown_invocations: 1 }]);
});

test('while calls arrive and processes sum up at once, nothing is doubled or lost', async () => {
  const [one, two] = [jobs(), jobs()];
  const runs: Promise<unknown>[] = [];
  const calls: Promise<unknown>[] = [];
  for (let at = 0; at < 200; at += 1) {
    calls.push(record({ started_at: START - (at % 3) * 20 * HOUR }, at % 2 === 0 ? 'one' : 'two'));
    if (at % 10 === 0) runs.push(one.run(), two.run());
    await Promise.resolve();
  }
  await Promise.all([...calls, ...runs]);
  await Promise.all([one.run(), two.run()]);
  const kept = await days();
  expect(kept.reduce((sum, { invocations }) => sum + invocations, 0)).toBe(200);
  const { total } = await stores.ledger.summary({ group_by: [] });
  const tokens = kept.reduce((sum, { input_tokens }) => sum + input_tokens, 0);
  expect(tokens).toBe(total.input_tokens);
});

test('figures that another process has put meanwhile are read anew, not written over', async () => {
  await record();
  let meddled = false;
  const { ledger } = stores;
  const slow: DailyCostsParts['ledger'] = {
    writers: () => ledger.writers(),
    entriesOfWriter: (...of) => ledger.entriesOfWriter(...of),
    entries: async (query) => {
      const page = await stores.ledger.entries(query);
      // After this process has read today's entries, one more comes and another process sums up.
      if (!meddled && page.entries.length > 0) {
        meddled = true;
        await record();
        await jobs().run();
      }
      return page;
    },
  };
  await jobs({ ledger: slow }).run();
  expect((await days()).map(figures)).toEqual([[TODAY, 2, 2_000, '0.0005']]);
});

test('whoever asks during a run shares the next one, which sees what came before it', async () => {
  const job = jobs();
  const running = job.run();
  await record();
  const [second, third] = [job.run(), job.run()];
  expect(second).toBe(third);
  await Promise.all([running, second]);
  expect(await days()).toHaveLength(1);
});

test('a day whose entries may have been removed keeps its figures', async () => {
  const job = jobs();
  await record();
  await job.run();
  const before = await days();
  clock.advance(100 * DAY);
  await record({ started_at: START });
  await job.run();
  expect(await days()).toEqual(before);
  expect(warnings).toHaveLength(1);
});

test('it runs at once, and when a UTC day has ended', async () => {
  await record();
  const stop = jobs().keep();
  await quiet();
  expect(await days()).toHaveLength(1);
  await record();
  clock.advance(HOUR);
  await quiet();
  expect((await days()).map(figures)).toEqual([[TODAY, 1, 1_000, '0.00025']]);
  // 00:00 UTC is 9 hours and 27 minutes after the start.
  clock.advance(8 * HOUR + 27 * 60_000);
  await quiet();
  expect((await days()).map(figures)).toEqual([[TODAY, 2, 2_000, '0.0005']]);
  stop();
});

/** Lets everything that waits for nothing but promises come to its end. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((done) => setImmediate(done));
}
