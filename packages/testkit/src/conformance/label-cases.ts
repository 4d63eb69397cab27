/** What is asked of labels and of single budgets: sums that agree with the balances. */
import { expect } from 'vitest';
import { NO_USAGE } from '@tollkeeper/core';
import type { LedgerStore } from '@tollkeeper/server';
import {
  budget,
  DAY,
  HOUR,
  NOON,
  recovery,
  reserve,
  settle,
  submission,
  unknownUsage,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

const MIDNIGHT = NOON - 12.5 * HOUR;
const TODAY = { org_id: 'org', from: MIDNIGHT, to: MIDNIGHT + DAY };

async function call(ledger: LedgerStore, ...given: Parameters<typeof settle>): Promise<void> {
  const [id, usd, changes = {}] = given;
  await ledger.reserve(reserve(id, usd, { at: changes.started_at ?? NOON }));
  await ledger.settle(settle(...given));
}

export const labelCases: readonly StoreCase[] = [
  {
    name: 'sums by label count every class of input, unknown usage and corrections',
    async run({ ledger }) {
      expect(await ledger.labelSums(TODAY)).toEqual([]);
      const usage = {
        input_tokens: 1,
        output_tokens: 20,
        cache_read_input_tokens: 300,
        cache_write_5m_input_tokens: 4_000,
        cache_write_1h_input_tokens: 50_000,
        cache_write_30m_input_tokens: 600_000,
        units: {},
      };
      await ledger.record(submission('a', 100n, { usage, at: NOON }));
      await ledger.record(submission('b', 1n, { model_id: 'newer', at: NOON + 1 }));
      await ledger.record(submission('c', 0n, { label: null, usage: NO_USAGE, at: NOON + 1 }));
      await ledger.reserve(reserve('1', 50n));
      await ledger.settle(recovery('1', 50n));
      expect(await ledger.labelSums(TODAY)).toMatchObject([
        { label: null, requests: 1, cost: 0n, posted: 0n, ceiling: 0n },
        { label: 'premium', requests: 3, cost: 101n, posted: 151n, ceiling: 50n },
      ]);
      await ledger.settle(settle('1', 7n, { usage }));
      expect(await ledger.labelSums(TODAY)).toEqual([
        {
          label: null,
          model_id: 'model',
          requests: 1,
          input_tokens: 0,
          output_tokens: 0,
          cost: 0n,
          posted: 0n,
          ceiling: 0n,
        },
        {
          label: 'premium',
          model_id: 'newer',
          requests: 3,
          input_tokens: 654_301 * 2 + 3,
          output_tokens: 42,
          cost: 108n,
          posted: 108n,
          ceiling: 0n,
        },
      ]);
    },
  },
  {
    name: 'sums by label are those of the dispatch, however far the start of an entry is from it',
    async run({ ledger }) {
      const at = MIDNIGHT + DAY - 1;
      await ledger.record(submission('late', 1n, { at, started_at: at + 2 * DAY }));
      await ledger.record(submission('near', 2n, { at, started_at: at + 2 }));
      await ledger.record(submission('next', 4n, { at: at + 1, started_at: at }));
      await ledger.record(submission('first', 8n, { at: MIDNIGHT, started_at: MIDNIGHT - DAY }));
      await ledger.record(submission('before', 16n, { at: MIDNIGHT - 1, started_at: MIDNIGHT }));
      expect(await ledger.labelSums(TODAY)).toMatchObject([{ label: 'premium', posted: 11n }]);
    },
  },
  {
    name: 'sums by label narrow to an organization and an application',
    async run({ ledger }) {
      await ledger.record(submission('a', 1n));
      await ledger.record(submission('b', 2n, { app_id: 'other' }));
      await ledger.record(submission('c', 4n, { org_id: 'other' }));
      const costs = async (query: object): Promise<bigint[]> =>
        (await ledger.labelSums({ ...TODAY, ...query })).map(({ cost }) => cost);
      expect(await costs({})).toEqual([3n]);
      expect(await costs({ app_id: 'other' })).toEqual([2n]);
      expect(await costs({ org_id: 'other' })).toEqual([4n]);
      expect(await costs({ org_id: 'nobody' })).toEqual([]);
    },
  },
  {
    name: 'of models dispatched at the same moment the greatest id stands for the label',
    async run({ ledger }) {
      await ledger.record(submission('a', 1n, { model_id: 'b' }));
      await ledger.record(submission('b', 1n, { model_id: 'c' }));
      await ledger.record(submission('c', 1n, { model_id: 'a' }));
      await ledger.record(submission('d', 1n, { model_id: 'z', at: NOON - 1 }));
      expect(await ledger.labelSums(TODAY)).toMatchObject([{ model_id: 'c', requests: 4 }]);
    },
  },
  {
    name: 'sums by label see what was recorded after they were asked for before',
    async run({ ledger }) {
      await ledger.record(submission('a', 1n));
      expect(await ledger.labelSums(TODAY)).toMatchObject([{ posted: 1n }]);
      await ledger.record(submission('b', 2n));
      await ledger.record({ ...submission('c', 4n), instance_id: 'other' });
      await ledger.record({ ...submission('d', 8n, { label: 'basic' }), instance_id: 'third' });
      expect(await ledger.labelSums(TODAY)).toMatchObject([
        { label: 'basic', posted: 8n },
        { label: 'premium', posted: 7n },
      ]);
      expect(await ledger.labelSums({ ...TODAY, app_id: 'app' })).toMatchObject([
        { posted: 8n },
        { posted: 7n },
      ]);
    },
  },
  {
    name: 'states of budgets come by their ids, in the order asked for',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'a' }), at: NOON });
      await ledger.putBudget({ budget: budget({ budget_id: 'b', window: 'total' }), at: NOON });
      await call(ledger, '1', 5n);
      const [b, none, a, again] = await ledger.budgetStates(['b', 'none', 'a', 'b'], NOON);
      expect(b).toMatchObject({ budget: { budget_id: 'b' }, balance: { posted: 5n } });
      expect(none).toBeUndefined();
      expect(a).toEqual((await ledger.budgets(NOON))[0]);
      expect(again).toEqual(b);
      const tomorrow = await ledger.budgetStates(['a', 'b'], NOON + DAY);
      expect(tomorrow.map((state) => state?.balance.posted)).toEqual([0n, 5n]);
      expect(await ledger.budgetStates([], NOON)).toEqual([]);
    },
  },
  {
    name: 'what was posted to a budget in a time is the sum of its entries, in its unit',
    async run({ ledger }) {
      await call(ledger, '1', 1n, { started_at: NOON });
      await call(ledger, '2', 2n, { started_at: NOON + 1 });
      await call(ledger, '3', 0n, { ...unknownUsage(4n), started_at: NOON + 2 });
      await ledger.record(submission('s', 8n, { app_id: 'other', at: NOON + 1 }));
      const posted = (changes: Parameters<typeof budget>[0], from = NOON): Promise<bigint> =>
        ledger.postedSince(budget(changes), from, NOON + 2);
      expect(await posted({})).toBe(11n);
      expect(await posted({}, NOON + 1)).toBe(10n);
      expect(await posted({ scope: { type: 'application', org_id: 'org', app_id: 'app' } })).toBe(
        3n,
      );
      expect(await posted({ limit: { unit: 'requests', amount: 0n } })).toBe(3n);
      expect(await posted({ match: { label: 'none' } })).toBe(0n);
      expect(await ledger.postedSince(budget(), NOON, NOON + 3)).toBe(15n);
    },
  },
];
