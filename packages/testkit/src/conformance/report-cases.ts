/** What lists and sums of entries say. */
import { expect } from 'vitest';
import { NO_USAGE } from '@tollkeeper/core';
import type { LedgerStore } from '@tollkeeper/server';
import {
  allEntries,
  DAY,
  HOUR,
  NOON,
  recovery,
  reserve,
  settle,
  SUBJECT,
  submission,
  unknownUsage,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

async function call(ledger: LedgerStore, ...given: Parameters<typeof settle>): Promise<void> {
  await ledger.reserve(reserve(given[0], given[1]));
  await ledger.settle(settle(...given));
}

export const reportCases: readonly StoreCase[] = [
  {
    name: 'entries come oldest first, by start, writer and number, the same in pages of any size',
    async run({ ledger }) {
      await call(ledger, '1', 1n, { started_at: NOON + 5, instance: 'b' });
      await call(ledger, '2', 1n, { started_at: NOON, instance: 'b' });
      await call(ledger, '3', 1n, { started_at: NOON + 5, instance: 'a' });
      await call(ledger, '4', 1n, { started_at: NOON + 5, instance: 'b' });
      await call(ledger, '5', 1n, { started_at: NOON + 9, instance: 'a' });
      for (const size of [1, 2, 3, 5, 6]) {
        const ids = (await allEntries(ledger, size)).map((line) => line.attempt_id);
        expect(ids).toEqual(['2', '3', '1', '4', '5']);
      }
    },
  },
  {
    name: 'entries narrow by every member of the query, from inclusive and to exclusive',
    async run({ ledger }) {
      await call(ledger, '1', 1n);
      await call(ledger, '2', 1n, { org_id: 'o2', app_id: 'a2', user_id: 'u2' });
      await call(ledger, '3', 1n, { key_id: 'k2', model_id: 'm2', started_at: NOON + DAY });
      await call(ledger, '4', 1n, { user_id: null, request_id: '1' });
      const ids = async (query: object): Promise<string[]> =>
        (await ledger.entries({ limit: 10, ...query })).entries.map((line) => line.attempt_id);
      expect(await ids({ org_id: 'o2' })).toEqual(['2']);
      expect(await ids({ app_id: 'a2' })).toEqual(['2']);
      expect(await ids({ org_id: 'org', user_id: 'user' })).toEqual(['1', '3']);
      expect(await ids({ key_id: 'k2' })).toEqual(['3']);
      expect(await ids({ model_id: 'm2' })).toEqual(['3']);
      expect(await ids({ from: NOON + 1 })).toEqual(['3']);
      expect(await ids({ from: NOON, to: NOON + DAY })).toEqual(['1', '2', '4']);
      expect(await ids({ org_id: 'org', to: NOON })).toEqual([]);
    },
  },
  {
    name: 'all entries of a request are found by its id: first attempt, retries, corrections',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.settle(recovery('1', 9n));
      await ledger.settle(settle('1', 4n, { started_at: NOON + 1 }));
      await call(ledger, '2', 1n, { request_id: '1', started_at: NOON + 2 });
      await call(ledger, '3', 1n);
      const { entries } = await ledger.entries({ request_id: '1', limit: 10 });
      expect(entries.map((line) => line.entry_id)).toEqual(['1', 'c-1', '2']);
      expect(entries.every((line) => line.request_id === '1')).toBe(true);
    },
  },
  {
    name: 'a summary sums every class, with corrections and without counting them as requests',
    async run({ ledger }) {
      const usage = {
        input_tokens: 1,
        output_tokens: 20,
        cache_read_input_tokens: 300,
        cache_write_5m_input_tokens: 4_000,
        cache_write_1h_input_tokens: 50_000,
        cache_write_30m_input_tokens: 600_000,
        units: { image: 2 },
      };
      await call(ledger, '1', 100n, { usage, priced: 'partly', ceiling: 130n });
      await call(ledger, '2', 10n, { usage: { ...NO_USAGE, units: { image: 1, page: 3 } } });
      await call(ledger, '3', 0n, unknownUsage(7n));
      await ledger.reserve(reserve('4', 50n));
      await ledger.settle(recovery('4', 50n));
      await ledger.settle(settle('4', 5n, { usage }));
      await ledger.record(submission('s', 3n, { usage: NO_USAGE, priced: 'no' }));
      const { groups, total } = await ledger.summary({ group_by: [] });
      expect(groups).toEqual([]);
      expect(total).toEqual({
        keys: {},
        requests: 5,
        input_tokens: 2,
        output_tokens: 40,
        cache_read_input_tokens: 600,
        cache_write_5m_input_tokens: 8_000,
        cache_write_1h_input_tokens: 100_000,
        cache_write_30m_input_tokens: 1_200_000,
        units: { image: 5, page: 3 },
        cost: 118n,
        unknown_entries: 1,
        ceiling: 137n,
        unpriced_entries: 2,
      });
    },
  },
  {
    name: 'a summary groups by any keys, in their order, nulls first and days and hours in UTC',
    async run({ ledger }) {
      await call(ledger, '1', 1n);
      await call(ledger, '2', 2n, { user_id: null });
      await call(ledger, '3', 4n, { started_at: NOON + HOUR });
      await call(ledger, '4', 8n, { started_at: NOON + DAY });
      const costs = async (query: Parameters<LedgerStore['summary']>[0]): Promise<unknown> =>
        (await ledger.summary(query)).groups.map(({ keys, cost }) => [keys, cost]);
      expect(await costs({ group_by: ['user_id'] })).toEqual([
        [{ user_id: null }, 2n],
        [{ user_id: 'user' }, 13n],
      ]);
      expect(await costs({ group_by: ['org_id', 'day'] })).toEqual([
        [{ org_id: 'org', day: '2026-03-10T00:00:00.000Z' }, 7n],
        [{ org_id: 'org', day: '2026-03-11T00:00:00.000Z' }, 8n],
      ]);
      expect(await costs({ group_by: ['hour'], to: NOON + DAY, user_id: 'user' })).toEqual([
        [{ hour: '2026-03-10T12:00:00.000Z' }, 1n],
        [{ hour: '2026-03-10T13:00:00.000Z' }, 4n],
      ]);
      expect(await costs({ group_by: ['model_id'], org_id: 'nobody' })).toEqual([]);
    },
  },
  {
    name: 'a summary groups by what is not a column: region and tier',
    async run({ ledger }) {
      await call(ledger, '1', 1n);
      await call(ledger, '2', 2n, { tier: 'flex' });
      await call(ledger, '3', 4n, { region: 'eu-west-1', usage: { ...NO_USAGE, units: { a: 3 } } });
      const { groups } = await ledger.summary({ group_by: ['region', 'tier'] });
      expect(groups.map(({ keys, cost, units }) => [keys, cost, units])).toEqual([
        [{ region: 'eu-west-1', tier: 'standard' }, 4n, { a: 3 }],
        [{ region: 'us-east-1', tier: 'flex' }, 2n, {}],
        [{ region: 'us-east-1', tier: 'standard' }, 1n, {}],
      ]);
    },
  },
  {
    name: 'corrections are found by the entries that they correct, in their order',
    async run({ ledger }) {
      for (const id of ['1', '2', '3']) await call(ledger, id, 1n);
      const correct = (id: string, corrects: string, usd: bigint): Promise<unknown> =>
        ledger.record(
          submission(id, usd, {
            entry_type: 'correction',
            corrects_entry_id: corrects,
            source: 'job',
            cause: 'correction',
          }),
        );
      await correct('c-b', '1', 5n);
      await correct('c-a', '1', -2n);
      await correct('c-c', '2', 7n);
      const found = await ledger.correctionsOf(['1', '3', 'none']);
      expect(found.map((line) => [line.entry_id, line.corrects_entry_id, line.cost])).toEqual([
        ['c-b', '1', 5n],
        ['c-a', '1', -2n],
      ]);
      expect(await ledger.correctionsOf([])).toEqual([]);
    },
  },
  {
    name: 'the groups of a summary add up to its total, and an empty one is zero',
    async run({ ledger }) {
      const empty = await ledger.summary({ group_by: ['app_id'] });
      expect(empty.groups).toEqual([]);
      expect(empty.total).toMatchObject({ requests: 0, cost: 0n, ceiling: 0n, units: {} });
      const subjects = [SUBJECT, { ...SUBJECT, app_id: 'b' }, { ...SUBJECT, app_id: 'c' }];
      for (const [index, subject] of subjects.entries()) {
        await call(ledger, `${index}`, BigInt(index + 1), subject);
      }
      const { groups, total } = await ledger.summary({ group_by: ['app_id'] });
      expect(groups.reduce((sum, group) => sum + group.cost, 0n)).toBe(total.cost);
      expect(total.cost).toBe(6n);
    },
  },
];
