/** What the end of an attempt guarantees, and what is appended without one. */
import { expect } from 'vitest';
import {
  allEntries,
  budget,
  DAY,
  entry,
  figures,
  NOON,
  postings,
  recovery,
  reserve,
  settle,
  submission,
  unknownUsage,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

export const settleCases: readonly StoreCase[] = [
  {
    name: 'a settlement ends the hold, posts the cost and appends the entry as given',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      const settled = await ledger.settle(settle('1', 25n));
      expect(settled).toMatchObject({
        kind: 'settled',
        sequence: 1,
        states: [{ balance: { held: 0n, posted: 25n, ceiling: 0n, high_water: 60n } }],
      });
      expect(await allEntries(ledger)).toEqual([
        { ...entry('1', 25n), writer_id: 'writer', sequence: 1 },
      ]);
      expect(await ledger.holds()).toEqual([]);
    },
  },
  {
    name: 'every member of an entry comes back as it went in',
    async run({ ledger }) {
      const full = {
        request_id: 'first-of-the-request',
        invocation_id: 'sdk-1',
        streamed: true,
        outcome: 'broken',
        usage: {
          input_tokens: 1,
          output_tokens: 2,
          cache_read_input_tokens: 3,
          cache_write_5m_input_tokens: 4,
          cache_write_1h_input_tokens: 5,
          cache_write_30m_input_tokens: 6,
          units: { image: 2, second: 30 },
        },
        usage_source: 'estimated',
        usage_reason: 'broken "after" output\n\u{1F4B8}',
        priced: 'partly',
        charges: [
          { class: 'image', quantity: 2, unit_price_usd: null, amount: null },
          { class: 'input', quantity: 1, unit_price_usd: '0.25', amount: 250_000_000_000n },
        ],
        ceiling: 9_007_199_254_740_993n,
        time_to_first_token_ms: 42,
        user_id: null,
        key_id: null,
        label: null,
        tags: { 'k\u00e9y': 'v"', empty: '' },
      } as const;
      await ledger.reserve(reserve('1', 1n));
      await ledger.settle(settle('1', 250_000_000_000n, full));
      await ledger.reserve(reserve('2', 1n));
      await ledger.settle(settle('2', 0n, { ...unknownUsage(7n), started_at: NOON + 1 }));
      const [first, second] = await allEntries(ledger);
      expect(first).toEqual({
        ...entry('1', 250_000_000_000n, full),
        writer_id: 'writer',
        sequence: 1,
      });
      expect(second?.usage).toBeNull();
      expect(second?.ceiling).toBe(7n);
    },
  },
  {
    name: 'unknown usage posts its ceiling, and says which part is one',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(settle('1', 0n, unknownUsage(60n)));
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 60n, ceiling: 60n });
    },
  },
  {
    name: 'a cost above the bound is posted in full and named',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 90n));
      await ledger.settle(settle('1', 130n));
      expect(await figures(ledger)).toMatchObject({
        posted: 130n,
        high_water: 130n,
        excess: { over_bound: 30n, submitted: 0n, correction: 0n, limit_lowered: 0n },
      });
    },
  },
  {
    name: 'settling again changes nothing',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(settle('1', 25n));
      expect(await ledger.settle(settle('1', 25n))).toEqual({ kind: 'already' });
      expect(await ledger.settle(settle('1', 70n, { correction: 'x' }))).toEqual({
        kind: 'already',
      });
      expect(await ledger.settle(recovery('1', 60n))).toEqual({ kind: 'already' });
      expect((await figures(ledger)).posted).toBe(25n);
      expect(await allEntries(ledger)).toHaveLength(1);
    },
  },
  {
    name: 'a settlement that nobody intended is told so',
    async run({ ledger }) {
      expect(await ledger.settle(settle('1', 25n))).toEqual({ kind: 'unknown_attempt' });
      expect(await ledger.settle(recovery('1', 25n))).toEqual({ kind: 'unknown_attempt' });
      expect(await ledger.writers()).toEqual([]);
    },
  },
  {
    name: 'a settlement after recovery becomes one correction of the recovered entry',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      expect(await ledger.settle(recovery('1', 60n))).toMatchObject({ kind: 'settled' });
      expect(await figures(ledger)).toMatchObject({ posted: 60n, ceiling: 60n, held: 0n });
      expect(await ledger.settle(settle('1', 25n))).toEqual({ kind: 'corrected', sequence: 1 });
      expect(await figures(ledger)).toMatchObject({ posted: 25n, ceiling: 0n, held: 0n });
      const [recovered, correction] = await allEntries(ledger);
      expect(recovered).toMatchObject({ entry_id: '1', writer_id: 'recoverer', ceiling: 60n });
      expect(correction).toEqual({
        ...entry('1', 25n),
        entry_id: 'c-1',
        entry_type: 'correction',
        corrects_entry_id: '1',
        ceiling: -60n,
        writer_id: 'writer',
        sequence: 1,
      });
      expect(await ledger.settle(settle('1', 25n))).toEqual({ kind: 'already' });
      expect(await ledger.settle(settle('1', 26n, { correction: 'c-2' }))).toEqual({
        kind: 'already',
      });
      expect(await allEntries(ledger)).toHaveLength(2);
    },
  },
  {
    name: 'a correction above the recovered ceiling is named as such',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 90n));
      await ledger.settle(recovery('1', 90n));
      await ledger.settle(settle('1', 140n));
      expect(await figures(ledger)).toMatchObject({
        posted: 140n,
        ceiling: 0n,
        excess: { over_bound: 0n, correction: 40n },
      });
    },
  },
  {
    name: 'a late settlement corrects the window of the dispatch, in the budgets there are by now',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ budget_id: 'gone' }), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(recovery('1', 60n));
      await ledger.removeBudget('gone');
      await ledger.putBudget({ budget: budget({ budget_id: 'new' }), at: NOON + 1 });
      expect((await figures(ledger, 'new')).posted).toBe(60n);
      await ledger.settle(settle('1', 25n, { ended_at: NOON + DAY }));
      expect(await figures(ledger, 'new')).toMatchObject({ posted: 25n, ceiling: 0n });
      expect((await figures(ledger, 'new', NOON + DAY)).posted).toBe(0n);
    },
  },
  {
    name: 'an entry and its correction count together when a budget is summed up later',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(recovery('1', 60n));
      await ledger.settle(settle('1', 25n, { started_at: NOON + DAY }));
      const { balance } = await ledger.putBudget({ budget: budget(), at: NOON });
      expect(balance).toMatchObject({ posted: 25n, ceiling: 0n });
      const tokens = { unit: 'tokens', amount: 100n } as const;
      const counted = await ledger.putBudget({ budget: budget({ limit: tokens }), at: NOON });
      expect(counted.balance).toMatchObject({ posted: 5n, ceiling: 0n });
    },
  },
  {
    name: 'a late settlement that does not know the usage either keeps the entry unknown',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(recovery('1', 60n));
      await ledger.settle(settle('1', 0n, unknownUsage(40n)));
      expect(await figures(ledger)).toMatchObject({ posted: 40n, ceiling: 40n });
      const { total } = await ledger.summary({ group_by: [] });
      expect(total).toMatchObject({ requests: 1, unknown_entries: 1, ceiling: 40n });
      expect(await ledger.settle(settle('1', 5n))).toEqual({ kind: 'already' });
    },
  },
  {
    name: 'what was corrected by hand stays: a late settlement finds it already settled',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(recovery('1', 60n));
      const byHand = entry('1', 20n, {
        entry_id: 'hand',
        entry_type: 'correction',
        corrects_entry_id: '1',
        ceiling: -60n,
      });
      const recorded = await ledger.record({
        instance_id: 'writer',
        entry: byHand,
        postings: { ...postings(byHand), usd: { amount: -40n, ceiling: -60n } },
        at: NOON,
        cause: 'correction',
      });
      expect(recorded.kind).toBe('recorded');
      expect(await ledger.settle(settle('1', 25n))).toEqual({ kind: 'already' });
      expect((await ledger.summary({ group_by: [] })).total).toMatchObject({
        requests: 1,
        cost: 20n,
        ceiling: 0n,
        unknown_entries: 0,
      });
    },
  },
  {
    name: 'a submission posts to the window of its time, once, and names what passes a limit',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      expect(await ledger.record(submission('s', 130n))).toMatchObject({
        kind: 'recorded',
        sequence: 1,
        states: [{ balance: { posted: 130n, excess: { submitted: 30n } } }],
      });
      expect((await ledger.record(submission('s', 130n))).kind).toBe('already');
      expect((await figures(ledger)).posted).toBe(130n);
      await ledger.record(submission('t', 10n, { at: NOON + DAY }));
      expect((await figures(ledger, 'budget', NOON + DAY)).posted).toBe(10n);
    },
  },
  {
    name: 'a submission with the id of an attempt takes nothing from that attempt',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 60n));
      const recorded = await ledger.record(submission('1', 5n, { upstream_request_id: 'aws-s' }));
      expect(recorded.kind).toBe('recorded');
      expect((await ledger.settle(settle('1', 25n))).kind).toBe('settled');
      expect(await allEntries(ledger)).toHaveLength(2);
    },
  },
  {
    name: 'every writer numbers its entries from one without gaps, across refusals and repetitions',
    async run({ ledger }) {
      for (const id of ['1', '2', '3', '4', '5']) await ledger.reserve(reserve(id, 1n));
      await ledger.settle(settle('1', 1n, { instance: 'a' }));
      await ledger.settle(settle('1', 1n, { instance: 'a' }));
      await ledger.settle(settle('9', 1n, { instance: 'a' }));
      await ledger.settle(settle('2', 1n, { instance: 'b' }));
      await ledger.release('3');
      await ledger.settle(settle('3', 1n, { instance: 'a' }));
      await ledger.settle(settle('4', 1n, { instance: 'a' }));
      await ledger.settle(settle('5', 1n, { instance: 'a' }));
      expect(await ledger.writers()).toEqual([
        { writer_id: 'a', last_sequence: 3 },
        { writer_id: 'b', last_sequence: 1 },
      ]);
      const read = await ledger.entriesOfWriter('a', 1, 10);
      expect(read.map((line) => [line.attempt_id, line.sequence])).toEqual([
        ['4', 2],
        ['5', 3],
      ]);
      expect(await ledger.entriesOfWriter('a', 0, 1)).toHaveLength(1);
      expect(await ledger.entriesOfWriter('a', 3, 10)).toEqual([]);
      expect(await ledger.entriesOfWriter('nobody', 0, 10)).toEqual([]);
    },
  },
];
