/** What a hold guarantees. */
import { expect } from 'vitest';
import { budget, DAY, figures, NOON, reserve, settle, SUBJECT } from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

export const reserveCases: readonly StoreCase[] = [
  {
    name: 'a hold takes its bound from every covering budget and says what they are then',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'a' }), at: NOON });
      const requests = { unit: 'requests', amount: 5n } as const;
      await ledger.putBudget({ budget: budget({ budget_id: 'b', limit: requests }), at: NOON });
      const reserved = await ledger.reserve(reserve('1', 60n));
      expect(reserved.kind).toBe('held');
      const states = reserved.kind === 'held' ? reserved.states : [];
      expect(states.map((state) => [state.budget.budget_id, state.balance.held])).toEqual([
        ['a', 60n],
        ['b', 1n],
      ]);
      expect(states[0]?.window_start).toBe(Date.UTC(2026, 2, 10));
      expect(states[0]?.resets_at).toBe(Date.UTC(2026, 2, 11));
      expect((await figures(ledger, 'a')).high_water).toBe(60n);
    },
  },
  {
    name: 'a budget without room refuses the hold on all budgets',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'a', amount: 1_000n }), at: NOON });
      await ledger.putBudget({ budget: budget({ budget_id: 'b', amount: 50n }), at: NOON });
      const reserved = await ledger.reserve(reserve('1', 60n));
      expect(reserved).toMatchObject({
        kind: 'refused',
        blocking: [
          {
            budget: { budget_id: 'b' },
            amount: 60n,
            reason: 'spent',
            resets_at: Date.UTC(2026, 2, 11),
          },
        ],
      });
      expect((await figures(ledger, 'a')).held).toBe(0n);
      expect(await ledger.holds()).toEqual([]);
    },
  },
  {
    name: 'a refusal tells what is spent from what is only held, for every budget in the way',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'held' }), at: NOON });
      await ledger.putBudget({ budget: budget({ budget_id: 'spent', amount: 120n }), at: NOON });
      await ledger.reserve(reserve('1', 30n));
      await ledger.settle(settle('1', 30n));
      await ledger.reserve(reserve('2', 50n));
      const refused = await ledger.reserve(reserve('3', 60n));
      const reasons = refused.kind === 'refused' ? refused.blocking : [];
      expect(reasons.map(({ budget: { budget_id }, reason }) => [budget_id, reason])).toEqual([
        ['held', 'held'],
        ['spent', 'held'],
      ]);
      const spent = await ledger.reserve(reserve('4', 75n));
      const causes = spent.kind === 'refused' ? spent.blocking : [];
      expect(causes.map(({ budget: { budget_id }, reason }) => [budget_id, reason])).toEqual([
        ['held', 'spent'],
        ['spent', 'held'],
      ]);
    },
  },
  {
    name: 'a budget that only warns is counted and never refuses',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ mode: 'warn', amount: 10n }), at: NOON });
      expect((await ledger.reserve(reserve('1', 60n))).kind).toBe('held');
      expect(await figures(ledger)).toMatchObject({ held: 60n, high_water: 60n });
    },
  },
  {
    name: 'without a covering budget a hold is held all the same: it is the intent',
    async run({ ledger }) {
      const scope = { type: 'organization', org_id: 'other' } as const;
      await ledger.putBudget({ budget: budget({ scope }), at: NOON });
      expect(await ledger.reserve(reserve('1', 60n))).toEqual({ kind: 'held', states: [] });
      const { intent, amounts } = reserve('1', 60n);
      expect(await ledger.holds()).toEqual([
        { intent, amounts, instance_id: 'writer', allocations: [] },
      ]);
    },
  },
  {
    name: 'only budgets of the scope and match count a subject',
    async run({ ledger }) {
      const scopes = [
        { type: 'application', org_id: 'org', app_id: 'app' },
        { type: 'application', org_id: 'org', app_id: 'other' },
        { type: 'user', org_id: 'org', user_id: 'user' },
        { type: 'key', org_id: 'org', key_id: 'other' },
      ] as const;
      for (const [index, scope] of scopes.entries()) {
        await ledger.putBudget({ budget: budget({ budget_id: `${index}`, scope }), at: NOON });
      }
      const matches = [{ label: 'premium' }, { label: 'basic' }, { model_id: 'model' }] as const;
      for (const [index, match] of matches.entries()) {
        await ledger.putBudget({ budget: budget({ budget_id: `m${index}`, match }), at: NOON });
      }
      const reserved = await ledger.reserve(reserve('1', 1n));
      const ids = reserved.kind === 'held' ? reserved.states.map((s) => s.budget.budget_id) : [];
      expect(ids).toEqual(['0', '2', 'm0', 'm2']);
      const anonymous = { ...SUBJECT, user_id: null, key_id: null, label: null };
      const second = await ledger.reserve(reserve('2', 1n, { subject: anonymous }));
      const rest = second.kind === 'held' ? second.states.map((s) => s.budget.budget_id) : [];
      expect(rest).toEqual(['0', 'm2']);
    },
  },
  {
    name: 'an attempt id is reserved once, whether its hold is open or settled',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      expect(await ledger.reserve(reserve('1', 10n))).toEqual({ kind: 'duplicate' });
      expect(await ledger.reserve(reserve('1', 60n))).toEqual({ kind: 'duplicate' });
      await ledger.settle(settle('1', 20n));
      expect(await ledger.reserve(reserve('1', 10n))).toEqual({ kind: 'duplicate' });
      expect(await ledger.reserve(reserve('1', 90n))).toEqual({ kind: 'duplicate' });
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 20n });
    },
  },
  {
    name: 'a caller that knows an older catalogue is told, and holds nothing',
    async run({ ledger, catalog }) {
      const before = await catalog.revision();
      await catalog.put({ kind: 'api_key', id: 'key', parent: 'app', value: {} });
      const stale = await ledger.reserve({ ...reserve('1', 1n), catalog_revision: before });
      expect(stale).toEqual({ kind: 'stale', catalog_revision: before + 1 });
      expect(await ledger.holds()).toEqual([]);
      const fresh = await ledger.reserve({ ...reserve('1', 1n), catalog_revision: before + 1 });
      expect(fresh.kind).toBe('held');
      await catalog.remove('api_key', 'key');
      const removed = await ledger.reserve({ ...reserve('2', 1n), catalog_revision: before + 1 });
      expect(removed).toEqual({ kind: 'stale', catalog_revision: before + 2 });
    },
  },
  {
    name: 'the window of a hold is that of its dispatch, each window with its own figures',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.reserve(reserve('2', 70n, { at: NOON + DAY }));
      expect((await figures(ledger)).held).toBe(60n);
      expect((await figures(ledger, 'budget', NOON + DAY)).held).toBe(70n);
      await ledger.settle(settle('1', 50n));
      expect((await figures(ledger)).posted).toBe(50n);
      expect((await figures(ledger, 'budget', NOON + DAY)).posted).toBe(0n);
    },
  },
  {
    name: 'a released hold leaves room and no entry; releasing again changes nothing',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.release('1');
      await ledger.release('1');
      await ledger.release('never');
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 0n, high_water: 60n });
      expect(await ledger.holds()).toEqual([]);
      expect(await ledger.writers()).toEqual([]);
      expect(await ledger.settle(settle('1', 5n))).toEqual({ kind: 'unknown_attempt' });
    },
  },
  {
    name: 'open holds are told with what recovery needs, by instance or all',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      const mine = reserve('1', 10n, { instance: 'mine', invocation_id: 'i', streamed: true });
      await ledger.reserve(mine);
      await ledger.reserve(reserve('2', 20n, { instance: 'other' }));
      const day = { budget_id: 'budget', window_start: Date.UTC(2026, 2, 10) };
      const first = {
        intent: mine.intent,
        instance_id: 'mine',
        amounts: mine.amounts,
        allocations: [{ ...day, amount: 10n }],
      };
      expect(await ledger.holds('mine')).toEqual([first]);
      expect((await ledger.holds()).map((hold) => hold.intent.attempt_id)).toEqual(['1', '2']);
      expect(await ledger.holds('nobody')).toEqual([]);
    },
  },
];
