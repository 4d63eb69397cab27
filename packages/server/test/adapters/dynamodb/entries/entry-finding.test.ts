/** Entries by ids that nothing leads to any more. */
import { expect, test } from 'vitest';
import { DAY, entry, HOUR, NOON, postings } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { linesOfRequest } from '../../../../src/adapters/dynamodb/entries/entry-finding.ts';
import { entryKey, lineAttributes } from '../../../../src/adapters/dynamodb/entries/entry-item.ts';
import {
  dayOf,
  DAYS_PARTITION,
  daysOfOrgPartition,
  daySort,
  orgsOfDayPartition,
} from '../../../../src/adapters/dynamodb/items/keys.ts';

/** Made at `NOON`, as RFC 9562 has it. */
const REQUEST = `${NOON.toString(16)
  .padStart(12, '0')
  .replace(/^(.{8})/, '$1-')}-7abc-8000-000000000000`;

/** A table with an attempt of the request, and no mark of it: those have gone with time. */
async function withOldAttempt(startedAt = NOON + HOUR / 2): Promise<MemoryItems> {
  const items = new MemoryItems();
  const draft = entry('1', 1n, { request_id: REQUEST, started_at: startedAt });
  const numbered = { ...draft, writer_id: 'w', sequence: 1 };
  const day = dayOf(startedAt);
  const line = {
    entry: numbered,
    at: startedAt,
    postings: postings(draft),
    ...{ recovered: false, unknown: 0, unpriced: 0, rev: 0 },
  };
  await items.writeEach(
    [
      { ...entryKey(numbered), ...lineAttributes(line) },
      { pk: daysOfOrgPartition('org'), sk: daySort(startedAt, startedAt) },
      { pk: orgsOfDayPartition(day), sk: 'org' },
      { pk: DAYS_PARTITION, sk: day },
    ].map((item) => ({ op: 'put', item: { ...item, v: 1 } })),
  );
  return items;
}

async function found(items: MemoryItems, filter: object, now: number): Promise<string[]> {
  const lines = await linesOfRequest(items, REQUEST, filter, now);
  return lines.map(({ line }) => line.entry.entry_id);
}

test('an attempt is found by the time in its request id when its marks have gone', async () => {
  const items = await withOldAttempt();
  expect(await found(items, {}, NOON + 400 * DAY)).toEqual(['1']);
  expect(await found(items, { org_id: 'org' }, NOON + 400 * DAY)).toEqual(['1']);
  expect(await found(items, { org_id: 'other' }, NOON + 400 * DAY)).toEqual([]);
  expect(await found(items, { to: NOON }, NOON + 400 * DAY)).toEqual([]);
});

test('as long as there are marks they alone are asked, and later only that time is', async () => {
  expect(await found(await withOldAttempt(), {}, NOON + DAY)).toEqual([]);
  expect(await found(await withOldAttempt(NOON + 2 * HOUR), {}, NOON + 400 * DAY)).toEqual([]);
});
