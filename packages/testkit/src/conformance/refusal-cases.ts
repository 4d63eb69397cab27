/** What the store guarantees of refusals: kept once, found by whose they are, gone when old. */
import { expect } from 'vitest';
import type { RefusalRow, Stores } from '@tollkeeper/server';
import { NOON } from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

function row(id: string, changes: Partial<RefusalRow> = {}): RefusalRow {
  return {
    refusal_id: id,
    at: NOON,
    org_id: 'org',
    app_id: 'app',
    user_id: null,
    key_id: 'key',
    model_id: 'model',
    operation: 'Converse',
    error: 'ThrottlingException',
    reason: 'budget_spent',
    count: 1,
    ...changes,
  };
}

const NOBODY = { org_id: null, app_id: null, key_id: null } as const;

async function idsOf({ refusals }: Stores, query: object = {}): Promise<string[]> {
  const page = await refusals.refusals({ limit: 100, ...query });
  return page.refusals.map(({ refusal_id }) => refusal_id);
}

export const refusalCases: readonly StoreCase[] = [
  {
    name: 'a row comes back as it went in, oldest first, in pages',
    async run({ refusals }) {
      const a = row('a', { at: NOON + 1, ...NOBODY, model_id: null, operation: null, count: 7 });
      const [b, c, d] = [row('b'), row('c'), row('d', { at: NOON + 2 })];
      await refusals.recordRefusals([d, c]);
      await refusals.recordRefusals([b, a]);
      const first = await refusals.refusals({ limit: 3 });
      expect(first.refusals).toEqual([b, c, a]);
      const rest = await refusals.refusals({ limit: 3, cursor: first.next_cursor ?? '' });
      expect(rest).toEqual({ refusals: [d], next_cursor: null });
      const inside = await refusals.refusals({ limit: 1 });
      const next = await refusals.refusals({ limit: 1, cursor: inside.next_cursor ?? '' });
      expect(next.refusals).toEqual([c]);
    },
  },
  {
    name: 'a row that is kept again is one row, and its count only grows',
    async run({ refusals }) {
      await refusals.recordRefusals([row('a', { count: 5 }), row('b')]);
      await refusals.recordRefusals([row('a', { count: 9 }), row('b')]);
      await refusals.recordRefusals([row('a', { count: 5 })]);
      const page = await refusals.refusals({ limit: 9 });
      expect(page.refusals).toEqual([row('a', { count: 9 }), row('b')]);
    },
  },
  {
    name: 'rows are found by whose they are, by model, reason and time',
    async run(stores) {
      await stores.refusals.recordRefusals([
        row('1'),
        row('2', { at: NOON + 1, org_id: 'other', app_id: 'batch', key_id: 'k2' }),
        row('3', { at: NOON + 2, user_id: 'ann', model_id: 'm2' }),
        row('4', { at: NOON + 3, ...NOBODY, reason: 'key_unknown' }),
      ]);
      expect(await idsOf(stores, { org_id: 'org' })).toEqual(['1', '3']);
      expect(await idsOf(stores, { app_id: 'batch' })).toEqual(['2']);
      expect(await idsOf(stores, { user_id: 'ann' })).toEqual(['3']);
      expect(await idsOf(stores, { key_id: 'key' })).toEqual(['1', '3']);
      expect(await idsOf(stores, { model_id: 'm2' })).toEqual(['3']);
      expect(await idsOf(stores, { reason: 'key_unknown' })).toEqual(['4']);
      expect(await idsOf(stores, { from: NOON + 1, to: NOON + 3 })).toEqual(['2', '3']);
      expect(await idsOf(stores, { org_id: 'org', from: NOON + 3 })).toEqual([]);
    },
  },
  {
    name: 'the oldest rows are removed, no more at a time than was said, and no newer ones',
    async run(stores) {
      const rows = ['a', 'b', 'c', 'd'].map((id, index) => row(id, { at: NOON + index }));
      await stores.refusals.recordRefusals(rows);
      expect(await stores.refusals.forgetRefusals(NOON + 3, 2)).toBe(2);
      expect(await idsOf(stores)).toEqual(['c', 'd']);
      expect(await stores.refusals.forgetRefusals(NOON + 3, 2)).toBe(1);
      expect(await stores.refusals.forgetRefusals(NOON + 3, 2)).toBe(0);
      expect(await idsOf(stores)).toEqual(['d']);
    },
  },
  {
    name: 'a refusal is no entry, and moves no balance',
    async run({ refusals, ledger }) {
      await refusals.recordRefusals([row('a')]);
      expect((await ledger.entries({ limit: 9 })).entries).toEqual([]);
      expect(await ledger.writers()).toEqual([]);
    },
  },
];
