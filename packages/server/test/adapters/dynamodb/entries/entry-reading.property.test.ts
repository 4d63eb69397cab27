/**
 * Lists over many partitions: whatever was written where, a list is what sorting and narrowing
 * everything gives, and what is read for a page is bounded by the page.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inEntryOrder, isAsked, type EntryFilter } from '@tollkeeper/core';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { DAY, entry, HOUR, NOON, postings } from '@tollkeeper/testkit/conformance/fixtures';
import {
  entryKey,
  lineAttributes,
  type StoredLine,
} from '../../../../src/adapters/dynamodb/entries/entry-item.ts';
import {
  eachDispatched,
  eachStarted,
  firstLines,
} from '../../../../src/adapters/dynamodb/entries/entry-reading.ts';
import type { Item, ItemQuery } from '../../../../src/adapters/dynamodb/items/items.ts';
import {
  dayOf,
  DAYS_PARTITION,
  daysOfOrgPartition,
  daySort,
  orgsOfDayPartition,
} from '../../../../src/adapters/dynamodb/items/keys.ts';

const RUNS = { numRuns: 2_000, interruptAfterTimeLimit: 700, markInterruptAsFailure: false };

/** Counts what is read of entries. */
class CountingItems extends MemoryItems {
  read = 0;

  override async query(query: ItemQuery): Promise<readonly Item[]> {
    const found = await super.query(query);
    if (query.pk.startsWith('E#')) this.read += found.length;
    return found;
  }
}

const ORGS = ['o1', 'o2', 'o3'];
const written = fc.record({
  org_id: fc.constantFrom(...ORGS),
  app_id: fc.constantFrom('a1', 'a2'),
  writer: fc.constantFrom('w1', 'w2'),
  started_at: fc.integer({ min: -2 * DAY, max: 2 * DAY }).map((step) => NOON + step),
  drift: fc.constantFrom(0, 0, 1, -HOUR, HOUR, HOUR + 1, -6 * HOUR, -DAY, 3 * DAY),
});

type Written = typeof written extends fc.Arbitrary<infer T> ? T : never;

function lineOf(one: Written, index: number): StoredLine {
  const { org_id, app_id, started_at, drift } = one;
  const draft = entry(`e${index}`, 1n, { org_id, app_id, started_at });
  return {
    entry: { ...draft, writer_id: one.writer, sequence: index + 1 },
    at: started_at + drift,
    postings: postings(draft),
    recovered: false,
    unknown: 0,
    unpriced: 0,
    rev: 0,
  };
}

async function tableOf(lines: readonly StoredLine[]): Promise<CountingItems> {
  const items = new CountingItems();
  const put = async (key: { pk: string; sk: string }, attributes: object = {}): Promise<void> =>
    items.writeEach([{ op: 'put', item: { ...key, v: 1, ...attributes } }]);
  for (const line of lines) {
    const { org_id, started_at } = line.entry;
    const day = dayOf(started_at);
    await put(entryKey(line.entry), lineAttributes(line));
    await put({ pk: daysOfOrgPartition(org_id), sk: daySort(line.at, started_at) });
    await put({ pk: orgsOfDayPartition(day), sk: org_id });
    await put({ pk: DAYS_PARTITION, sk: day });
  }
  return items;
}

const filters: fc.Arbitrary<EntryFilter> = fc.record(
  {
    org_id: fc.constantFrom(...ORGS, 'nobody'),
    app_id: fc.constantFrom('a1', 'a2'),
    from: fc.integer({ min: NOON - 2 * DAY, max: NOON + 2 * DAY }),
    to: fc.integer({ min: NOON - 2 * DAY, max: NOON + 2 * DAY }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const idsOf = (lines: readonly StoredLine[]): string[] => lines.map(({ entry: e }) => e.entry_id);

test('a list is everything that is asked for, in order, from behind any entry', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(written, { maxLength: 60 }),
      filters,
      fc.nat(12),
      fc.nat(60),
      async (many, filter, limit, cursor) => {
        const lines = many.map(lineOf);
        const sorted = lines.toSorted((a, b) => inEntryOrder(a.entry, b.entry));
        const before = sorted[cursor];
        const expected = sorted
          .filter((line) => isAsked(line.entry, filter))
          .filter((line) => before === undefined || inEntryOrder(line.entry, before.entry) > 0);
        const after = before === undefined ? {} : { after: entryKey(before.entry).sk };
        const found = await firstLines(await tableOf(lines), { filter, ...after }, limit);
        expect(found.map(({ line }) => line)).toEqual(expected.slice(0, limit));
        expect(found.map(({ key }) => key)).toEqual(
          expected.slice(0, limit).map((line) => entryKey(line.entry)),
        );
      },
    ),
    RUNS,
  );
});

test('everything that started, or was dispatched, in a time is handed over once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(written, { maxLength: 40 }),
      filters,
      async (many, { org_id = 'o1', ...filter }) => {
        const lines = many.map(lineOf);
        const items = await tableOf(lines);
        const { from = -Infinity, to = Infinity } = filter;
        const started: StoredLine[] = [];
        await eachStarted(items, filter, (line) => started.push(line));
        expect(idsOf(started).sort()).toEqual(
          idsOf(lines.filter((line) => isAsked(line.entry, filter))).sort(),
        );
        const dispatched: StoredLine[] = [];
        await eachDispatched(items, org_id, filter, (line) => dispatched.push(line));
        const inTime = lines.filter(({ at }) => at >= from && at < to);
        expect(idsOf(dispatched).sort()).toEqual(
          idsOf(inTime.filter(({ entry: e }) => e.org_id === org_id)).sort(),
        );
      },
    ),
    RUNS,
  );
});

test('a page reads little more than itself, however long the day is', async () => {
  const many = Array.from({ length: 2_000 }, (_, index) =>
    lineOf({ org_id: 'o1', app_id: 'a1', writer: 'w1', started_at: NOON + index, drift: 0 }, index),
  );
  const items = await tableOf(many);
  const found = await firstLines(items, { filter: { org_id: 'o1' } }, 100);
  expect(found).toHaveLength(100);
  expect(items.read).toBeLessThan(300);
});

test('to sum up the last hours no whole day is read', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => {
    const started_at = NOON - 12 * HOUR + index * 60_000;
    return lineOf({ org_id: 'o', app_id: 'a1', writer: 'w1', started_at, drift: 0 }, index);
  });
  const items = await tableOf(many);
  let lines = 0;
  const time = { from: NOON - HOUR, to: NOON };
  await eachDispatched(items, 'o', time, () => void (lines += 1));
  expect(lines).toBe(60);
  expect(items.read).toBeLessThan(250);
});

test('a page over many organizations reads of each no more than a few entries', async () => {
  const many = Array.from({ length: 3_000 }, (_, index) => ({
    ...lineOf(
      { org_id: 'o', app_id: 'a1', writer: 'w1', started_at: NOON + index, drift: 0 },
      index,
    ),
  })).map((line, index) => ({
    ...line,
    entry: { ...line.entry, org_id: `org${index % 100}` },
  }));
  const items = await tableOf(many);
  const found = await firstLines(items, { filter: {} }, 10);
  expect(idsOf(found.map(({ line }) => line))).toEqual(idsOf(many.slice(0, 10)));
  // Four partitions of each of a hundred organizations have thirty entries.
  expect(items.read).toBeLessThan(1_500);
});
