/** How entries leave: only what was copied, the oldest first, and no budget notices. */
import { expect } from 'vitest';
import type { LedgerStore } from '@tollkeeper/server';
import {
  allEntries,
  budget,
  DAY,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
  submission,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

const LATER = { before: NOON + DAY, limit: 100 };

/** Submissions of one writer, the first of them the oldest. */
async function submit(ledger: LedgerStore, ids: readonly string[], writer = 'writer') {
  for (const [index, id] of ids.entries()) {
    const times = { at: NOON + index, started_at: NOON + index };
    await ledger.record({ ...submission(id, 10n, times), instance_id: writer });
  }
}

const idsOf = async (ledger: LedgerStore): Promise<string[]> =>
  (await allEntries(ledger)).map((line) => line.entry_id);

export const archiveCases: readonly StoreCase[] = [
  {
    name: 'what was copied is noted by place and writer, and never moves back',
    async run({ ledger }) {
      expect(await ledger.copied('export')).toEqual([]);
      await ledger.markCopied('export', { writer_id: 'b', sequence: 3 });
      await ledger.markCopied('export', { writer_id: 'a', sequence: 5 });
      await ledger.markCopied('lake', { writer_id: 'a', sequence: 9 });
      await ledger.markCopied('export', { writer_id: 'b', sequence: 2 });
      expect(await ledger.copied('export')).toEqual([
        { writer_id: 'a', sequence: 5 },
        { writer_id: 'b', sequence: 3 },
      ]);
      expect(await ledger.copied('lake')).toEqual([{ writer_id: 'a', sequence: 9 }]);
    },
  },
  {
    name: 'only what was copied anywhere goes, however old the rest is',
    async run({ ledger }) {
      await submit(ledger, ['1', '2', '3']);
      await submit(ledger, ['4', '5'], 'other');
      expect(await ledger.forgetEntries(LATER)).toEqual({ removed: 0, kept: 5 });
      await ledger.markCopied('export', { writer_id: 'writer', sequence: 2 });
      await ledger.markCopied('lake', { writer_id: 'other', sequence: 1 });
      await ledger.markCopied('lake', { writer_id: 'writer', sequence: 1 });
      expect(await ledger.forgetEntries(LATER)).toEqual({ removed: 3, kept: 2 });
      expect(await idsOf(ledger)).toEqual(['5', '3']);
      expect(await ledger.forgetEntries(LATER)).toEqual({ removed: 0, kept: 2 });
      expect((await ledger.summary({ group_by: [] })).total).toMatchObject({
        requests: 2,
        cost: 20n,
      });
    },
  },
  {
    name: 'the oldest go first, no more than asked for, and none that started or was sent later',
    async run({ ledger }) {
      await submit(ledger, ['1', '2', '3', '4']);
      await ledger.record(submission('drifted', 1n, { started_at: NOON - 1, at: NOON + DAY }));
      await ledger.markCopied('export', { writer_id: 'writer', sequence: 5 });
      expect(await ledger.forgetEntries({ before: NOON + 3, limit: 2 })).toEqual({
        removed: 1,
        kept: 1,
      });
      expect(await ledger.forgetEntries({ before: NOON + 3, limit: 9 })).toEqual({
        removed: 2,
        kept: 1,
      });
      expect(await idsOf(ledger)).toEqual(['drifted', '4']);
      expect(await ledger.forgetEntries({ before: NOON - 9, limit: 9 })).toEqual({
        removed: 0,
        kept: 0,
      });
    },
  },
  {
    name: 'a budget without an end starts with what was removed too, in every unit and scope',
    async run({ ledger }) {
      const total = (id: string, changes: Parameters<typeof budget>[0] = {}) =>
        ledger.putBudget({
          budget: budget({ budget_id: id, window: 'total', amount: 1_000n, ...changes }),
          at: NOON,
        });
      await total('before');
      await ledger.reserve(reserve('1', 60n));
      await ledger.settle(recovery('1', 60n));
      await ledger.record(submission('s', 10n, { app_id: 'other' }));
      await ledger.record(submission('kept', 3n, { started_at: NOON + 2 * DAY }));
      await ledger.record(submission('theirs', 500n, { org_id: 'org2' }));
      const before = await figures(ledger, 'before');
      for (const { writer_id, last_sequence: sequence } of await ledger.writers()) {
        await ledger.markCopied('export', { writer_id, sequence });
      }
      expect(await ledger.forgetEntries({ ...LATER, limit: 1 })).toMatchObject({ removed: 1 });
      expect(await ledger.forgetEntries(LATER)).toMatchObject({ removed: 2 });
      expect(await idsOf(ledger)).toEqual(['kept']);
      expect(await figures(ledger, 'before')).toEqual(before);
      await total('after');
      expect(await figures(ledger, 'after')).toMatchObject({ posted: 73n, ceiling: 60n });
      await total('label', { match: { label: 'none' } });
      await total('app', { scope: { type: 'application', org_id: 'org', app_id: 'other' } });
      await total('tokens', { limit: { unit: 'tokens', amount: 1n } });
      await total('user', {
        scope: { type: 'user', org_id: 'org', user_id: 'user' },
        limit: { unit: 'requests', amount: 1n },
      });
      expect(await figures(ledger, 'label')).toMatchObject({ posted: 0n });
      expect(await figures(ledger, 'app')).toMatchObject({ posted: 10n });
      expect(await figures(ledger, 'tokens')).toMatchObject({ posted: 20n });
      expect(await figures(ledger, 'user')).toMatchObject({ posted: 3n });
      await ledger.putBudget({ budget: budget({ budget_id: 'day' }), at: NOON });
      expect(await figures(ledger, 'day')).toMatchObject({ posted: 3n });
    },
  },
  {
    name: 'what was removed is found by none of its ids, and the writer numbers on',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.settle(settle('1', 4n));
      await submit(ledger, ['s']);
      const known = { ...submission('t', 1n), known_as: ['1', 'aws-1'] };
      expect((await ledger.record(known)).kind).toBe('already');
      await ledger.markCopied('export', { writer_id: 'writer', sequence: 2 });
      expect(await ledger.forgetEntries(LATER)).toEqual({ removed: 2, kept: 0 });
      expect(await ledger.record(known)).toMatchObject({ kind: 'recorded', sequence: 3 });
      expect(await ledger.record(submission('s', 10n))).toMatchObject({
        kind: 'recorded',
        sequence: 4,
      });
      expect((await ledger.entriesOfWriter('writer', 0, 9)).map((e) => e.sequence)).toEqual([3, 4]);
      expect(await ledger.writers()).toEqual([{ writer_id: 'writer', last_sequence: 4 }]);
    },
  },
  {
    name: 'sums of what was removed go beyond 64 bits',
    async run({ ledger }) {
      const most = 2n ** 63n - 1n;
      for (const id of ['1', '2', '3']) await ledger.record(submission(id, most));
      await ledger.markCopied('export', { writer_id: 'writer', sequence: 3 });
      await ledger.forgetEntries({ ...LATER, limit: 2 });
      await ledger.forgetEntries(LATER);
      const { balance } = await ledger.putBudget({
        budget: budget({ window: 'total' }),
        at: NOON,
      });
      expect(balance.posted).toBe(3n * most);
    },
  },
];
