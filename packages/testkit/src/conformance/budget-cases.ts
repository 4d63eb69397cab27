/** What new, changed and removed budgets guarantee, also under running holds. */
import { expect } from 'vitest';
import {
  budget,
  DAY,
  figures,
  HOUR,
  MINUTE,
  NOON,
  recovery,
  reserve,
  settle,
  SUBJECT,
  submission,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

export const budgetCases: readonly StoreCase[] = [
  {
    name: 'a new budget starts with what its window has already spent and is held there',
    async run({ ledger }) {
      await ledger.reserve(reserve('yesterday', 7n, { at: NOON - DAY }));
      await ledger.settle(settle('yesterday', 7n));
      await ledger.reserve(reserve('tomorrow', 900n, { at: NOON + DAY }));
      await ledger.settle(settle('tomorrow', 900n));
      await ledger.reserve(reserve('later', 900n, { at: NOON + DAY }));
      await ledger.reserve(reserve('settled', 60n));
      await ledger.settle(settle('settled', 25n));
      await ledger.reserve(reserve('unknown', 11n));
      await ledger.settle(recovery('unknown', 11n));
      await ledger.record(submission('submitted', 5n));
      await ledger.reserve(reserve('running', 30n));
      const other = { ...SUBJECT, org_id: 'other' };
      await ledger.reserve(reserve('foreign', 1_000n, { subject: other }));
      const state = await ledger.putBudget({ budget: budget(), at: NOON + HOUR });
      expect(state).toMatchObject({
        window_start: Date.UTC(2026, 2, 10),
        resets_at: Date.UTC(2026, 2, 11),
        balance: { posted: 41n, ceiling: 11n, held: 30n, high_water: 71n },
      });
      expect(await figures(ledger)).toEqual(state.balance);
      await ledger.settle(settle('running', 20n));
      expect(await figures(ledger)).toMatchObject({ posted: 61n, held: 0n });
    },
  },
  {
    name: 'a new budget counts only its own scope and match, in its own unit',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 10n));
      await ledger.settle(settle('1', 10n));
      const basic = { ...SUBJECT, label: 'basic', app_id: 'other' };
      await ledger.reserve(reserve('2', 20n, { subject: basic }));
      await ledger.settle(settle('2', 20n, basic));
      await ledger.reserve(reserve('3', 40n, { subject: basic }));
      const put = async (changes: Parameters<typeof budget>[0]): Promise<unknown> => {
        const { balance } = await ledger.putBudget({ budget: budget(changes), at: NOON });
        return [balance.posted, balance.held];
      };
      const app = { type: 'application', org_id: 'org', app_id: 'app' } as const;
      expect(await put({ budget_id: 'a', scope: app })).toEqual([10n, 0n]);
      expect(await put({ budget_id: 'b', match: { label: 'basic' } })).toEqual([20n, 40n]);
      expect(await put({ budget_id: 'c', match: { model_id: 'model' } })).toEqual([30n, 40n]);
      const tokens = { unit: 'tokens', amount: 1_000n } as const;
      expect(await put({ budget_id: 'd', limit: tokens })).toEqual([10n, 10n]);
      const requests = { unit: 'requests', amount: 10n } as const;
      expect(await put({ budget_id: 'e', limit: requests })).toEqual([2n, 1n]);
    },
  },
  {
    name: 'a budget on a model counts its cross-region forms, in holds, entries and when summed up',
    async run({ ledger }) {
      const match = { model_id: 'model' } as const;
      const across = { ...SUBJECT, model_id: 'us.model' };
      await ledger.reserve(reserve('1', 10n, { subject: across }));
      await ledger.settle(settle('1', 10n, across));
      await ledger.reserve(reserve('2', 20n, { subject: across }));
      const { balance } = await ledger.putBudget({ budget: budget({ match }), at: NOON });
      expect(balance).toMatchObject({ posted: 10n, held: 20n });
      await ledger.reserve(reserve('3', 30n, { subject: across }));
      await ledger.reserve(reserve('4', 7n, { subject: { ...SUBJECT, model_id: 'other' } }));
      expect(await figures(ledger)).toMatchObject({ posted: 10n, held: 50n });
    },
  },
  {
    name: 'a limit set below what is already spent and held is named as lowered',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 70n));
      await ledger.settle(settle('1', 70n));
      await ledger.reserve(reserve('2', 20n));
      const { balance } = await ledger.putBudget({ budget: budget({ amount: 50n }), at: NOON });
      expect(balance).toMatchObject({ posted: 70n, held: 20n, excess: { limit_lowered: 40n } });
      expect((await ledger.reserve(reserve('3', 1n))).kind).toBe('refused');
    },
  },
  {
    name: 'another limit keeps the figures; lowering it under holds names the difference once',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 80n));
      const raised = await ledger.putBudget({ budget: budget({ amount: 200n }), at: NOON });
      expect(raised.balance).toMatchObject({ held: 80n, high_water: 80n });
      const lowered = await ledger.putBudget({ budget: budget({ amount: 30n }), at: NOON });
      expect(lowered.balance.excess.limit_lowered).toBe(50n);
      const again = await ledger.putBudget({ budget: budget({ amount: 30n }), at: NOON });
      expect(again.balance.excess.limit_lowered).toBe(50n);
      await ledger.settle(settle('1', 60n));
      expect(await figures(ledger)).toMatchObject({
        posted: 60n,
        held: 0n,
        excess: { limit_lowered: 50n, over_bound: 0n },
      });
    },
  },
  {
    name: 'a budget that changes in kind is summed up anew from the ledger',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 10n, { at: NOON - 2 * HOUR }));
      await ledger.settle(settle('1', 10n));
      await ledger.reserve(reserve('2', 20n));
      await ledger.settle(settle('2', 20n));
      await ledger.reserve(reserve('3', 40n));
      const hourly = await ledger.putBudget({ budget: budget({ window: 'hour' }), at: NOON });
      expect(hourly).toMatchObject({
        window_start: NOON - 30 * MINUTE,
        balance: { posted: 20n, held: 40n, high_water: 60n },
      });
      const tokens = { unit: 'tokens', amount: 10n } as const;
      const counted = await ledger.putBudget({ budget: budget({ limit: tokens }), at: NOON });
      expect(counted.balance).toMatchObject({ posted: 10n, held: 10n });
      await ledger.settle(settle('3', 40n));
      expect(await figures(ledger)).toMatchObject({ posted: 15n, held: 0n });
    },
  },
  {
    name: 'the time zone of a budget says where its day begins',
    async run({ ledger }) {
      const before = Date.UTC(2026, 2, 10, 3, 59);
      await ledger.reserve(reserve('1', 10n, { at: before }));
      await ledger.reserve(reserve('2', 20n, { at: before + MINUTE }));
      const newYork = budget({ timezone: 'America/New_York' });
      const state = await ledger.putBudget({ budget: newYork, at: NOON });
      expect(state).toMatchObject({
        window_start: before + MINUTE,
        resets_at: before + MINUTE + DAY,
        balance: { held: 20n },
      });
    },
  },
  {
    name: 'a budget removed under holds lets them go on, and counts them again when it comes back',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.reserve(reserve('2', 30n));
      expect(await ledger.removeBudget('budget')).toBe(true);
      expect(await ledger.removeBudget('budget')).toBe(false);
      expect(await ledger.budgets(NOON)).toEqual([]);
      expect((await ledger.holds())[0]?.allocations).toEqual([]);
      expect(await ledger.settle(settle('1', 25n))).toMatchObject({ kind: 'settled', states: [] });
      const back = await ledger.putBudget({ budget: budget(), at: NOON });
      expect(back.balance).toMatchObject({ posted: 25n, held: 30n });
      await ledger.release('2');
      expect(await figures(ledger)).toMatchObject({ posted: 25n, held: 0n });
    },
  },
  {
    name: 'a hold of a window before the budget is not its business, and summed up when asked for',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n, { at: NOON - DAY }));
      await ledger.putBudget({ budget: budget(), at: NOON });
      expect((await figures(ledger)).held).toBe(0n);
      expect((await figures(ledger, 'budget', NOON - DAY)).held).toBe(60n);
      await ledger.settle(settle('1', 25n));
      expect((await figures(ledger)).posted).toBe(0n);
      expect(await figures(ledger, 'budget', NOON - DAY)).toMatchObject({ held: 0n, posted: 25n });
    },
  },
  {
    name: 'a clock that is behind meets the window before, with all that was spent in it',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n, { at: NOON - DAY }));
      await ledger.settle(settle('1', 60n));
      await ledger.putBudget({ budget: budget(), at: NOON });
      const late = await ledger.reserve(reserve('2', 50n, { at: NOON - DAY }));
      expect(late.kind).toBe('refused');
      expect((await ledger.reserve(reserve('3', 40n, { at: NOON - DAY }))).kind).toBe('held');
      await ledger.settle(settle('3', 35n));
      expect(await figures(ledger, 'budget', NOON - DAY)).toMatchObject({ posted: 95n, held: 0n });
    },
  },
  {
    name: 'a total budget never starts anew',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n, { at: NOON - 400 * DAY }));
      await ledger.settle(settle('1', 60n));
      const { balance, window_start, resets_at } = await ledger.putBudget({
        budget: budget({ window: 'total' }),
        at: NOON,
      });
      expect([balance.posted, window_start, resets_at]).toEqual([60n, 0, null]);
      expect((await ledger.reserve(reserve('2', 41n, { at: NOON + 400 * DAY }))).kind).toBe(
        'refused',
      );
    },
  },
  {
    name: 'a budget made just before its window ends has what came into the next one early',
    async run({ ledger }) {
      const midnight = Date.UTC(2026, 2, 11);
      // A caller's clock is ahead; a process whose clock is behind makes the budget.
      await ledger.record(submission('early', 5n, { at: midnight + 3_000 }));
      await ledger.reserve(reserve('running', 30n, { at: midnight + 10 }));
      await ledger.putBudget({ budget: budget(), at: midnight - 1_000 });
      const tomorrow = (): Promise<unknown> => figures(ledger, 'budget', midnight + MINUTE);
      expect(await tomorrow()).toMatchObject({ posted: 5n, held: 30n, high_water: 35n });
      // A change of kind reads everything anew, just as late.
      const moved = budget({ timezone: 'Atlantic/Reykjavik' });
      await ledger.putBudget({ budget: moved, at: midnight - 1 });
      await ledger.settle(settle('running', 20n));
      await ledger.record(submission('more', 7n, { at: midnight + MINUTE }));
      expect(await tomorrow()).toMatchObject({ posted: 32n, held: 0n });
      expect(await figures(ledger, 'budget', midnight - 1)).toMatchObject({ posted: 0n, held: 0n });
    },
  },
  {
    name: 'a budget has what came into any later window before it was made, and ends its holds',
    async run({ ledger }) {
      const later = NOON + 9 * HOUR;
      for (const id of ['1', '2']) await ledger.reserve(reserve(id, 30n, { at: later }));
      await ledger.reserve(reserve('nothing', 0n, { at: later }));
      await ledger.record(submission('s', 5n, { at: later + DAY }));
      await ledger.putBudget({ budget: budget({ window: 'hour' }), at: NOON });
      const at = (time: number): Promise<unknown> => figures(ledger, 'budget', time);
      expect(await at(later)).toMatchObject({ posted: 0n, held: 60n, high_water: 60n });
      expect(await at(later + DAY)).toMatchObject({ posted: 5n, held: 0n });
      expect(await at(later + HOUR)).toMatchObject({ posted: 0n, held: 0n, high_water: 0n });
      const holds = await ledger.holds();
      expect(holds.map(({ allocations }) => allocations.length)).toEqual([1, 1, 0]);
      await ledger.settle(settle('1', 20n));
      expect(await at(later)).toMatchObject({ posted: 20n, held: 30n });
      await ledger.release('2');
      expect(await at(later)).toMatchObject({ posted: 20n, held: 0n });
    },
  },
  {
    name: 'balances go beyond 64 bits',
    async run({ ledger }) {
      const amount = 2n ** 63n - 1n;
      await ledger.putBudget({ budget: budget({ amount: 2n ** 70n }), at: NOON });
      for (const id of ['1', '2', '3']) {
        await ledger.reserve(reserve(id, amount));
        await ledger.settle(settle(id, amount));
      }
      expect((await figures(ledger)).posted).toBe(3n * amount);
      expect((await ledger.summary({ group_by: [] })).total.cost).toBe(3n * amount);
      await ledger.removeBudget('budget');
      const seeded = await ledger.putBudget({ budget: budget({ amount: 1n }), at: NOON });
      expect(seeded.balance.posted).toBe(3n * amount);
    },
  },
  {
    name: 'budgets are listed by id, all or those of one organization',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'b' }), at: NOON });
      const scope = { type: 'user', org_id: 'other', user_id: 'u' } as const;
      await ledger.putBudget({ budget: budget({ budget_id: 'a', scope }), at: NOON });
      const all = await ledger.budgets(NOON);
      expect(all.map((state) => state.budget.budget_id)).toEqual(['a', 'b']);
      expect(all[0]?.budget).toEqual(budget({ budget_id: 'a', scope }));
      expect((await ledger.budgets(NOON, 'org')).map((s) => s.budget.budget_id)).toEqual(['b']);
      expect(await ledger.budgets(NOON, 'nobody')).toEqual([]);
    },
  },
];
