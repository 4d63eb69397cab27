/**
 * Calls that are submitted by the upstream's id while they run: their settlement withdraws what was
 * submitted, so that they count once, whatever comes first.
 */
import { expect } from 'vitest';
import { NO_USAGE } from '@tollkeeper/core';
import type { LedgerStore, RecordEntry } from '@tollkeeper/server';
import {
  allEntries,
  budget,
  DAY,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
  SUBJECT,
  submission,
  unknownUsage,
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

/** A submission of the call that the upstream knows as `aws`, as the cost keeper records it. */
function submitted(
  id: string,
  usd: bigint,
  aws: string | null,
  changes: Parameters<typeof submission>[2] = {},
): RecordEntry {
  const known_as = aws === null ? [id] : [id, aws];
  const given = { entry_id: `${id}/org`, attempt_id: `${id}/org`, request_id: id };
  return {
    ...submission(id, usd, { ...given, upstream_request_id: aws, ...changes }),
    known_as,
  };
}

/** What all entries come to. */
async function sums(ledger: LedgerStore): Promise<object> {
  const { total } = await ledger.summary({ group_by: [] });
  const { requests, input_tokens, cost, ceiling, unknown_entries, unpriced_entries } = total;
  return { requests, input_tokens, cost, ceiling, unknown_entries, unpriced_entries };
}

const ONCE = { requests: 1, input_tokens: 3, cost: 4n, ceiling: 0n };

/** Budgets in every unit. */
async function putBudgets(ledger: LedgerStore): Promise<void> {
  for (const unit of ['usd', 'tokens', 'requests'] as const) {
    await ledger.putBudget({
      budget: budget({ budget_id: unit, limit: { unit, amount: 100n } }),
      at: NOON,
    });
  }
}

async function posted(ledger: LedgerStore): Promise<bigint[]> {
  const states = await ledger.budgetStates(['usd', 'tokens', 'requests'], NOON);
  return states.map((state) => state?.balance.posted ?? -1n);
}

export const withdrawalCases: readonly StoreCase[] = [
  {
    name: 'a call that is submitted while it runs is charged once: as it was measured',
    async run({ ledger }) {
      await putBudgets(ledger);
      await ledger.reserve(reserve('1', 9n));
      expect(await ledger.record(submitted('s', 7n, 'aws-1'))).toMatchObject({ kind: 'recorded' });
      expect(await posted(ledger)).toEqual([7n, 5n, 1n]);
      const settled = await ledger.settle(settle('1', 4n));
      expect(settled).toMatchObject({ kind: 'settled', withdrew: SUBJECT });
      expect(await sums(ledger)).toMatchObject(ONCE);
      expect(await posted(ledger)).toEqual([4n, 5n, 1n]);
      expect(await figures(ledger, 'usd')).toMatchObject({ held: 0n, ceiling: 0n });
      const [label] = await ledger.labelSums({ org_id: 'org', from: NOON, to: NOON + 1 });
      expect(label).toMatchObject({ requests: 1, input_tokens: 3, output_tokens: 2, cost: 4n });

      const lines = (await allEntries(ledger)).map((entry) => [
        entry.entry_type,
        entry.entry_id,
        entry.corrects_entry_id,
        entry.upstream_request_id,
        entry.cost,
      ]);
      expect(lines).toHaveLength(3);
      expect(lines).toContainEqual(['attempt', '1', null, 'aws-1', 4n]);
      expect(lines).toContainEqual(['submission', 's/org', null, 'aws-1', 7n]);
      expect(lines).toContainEqual(['correction', 's/org/withdrawn', 's/org', 'aws-1', -7n]);
    },
  },
  {
    name: 'so is one whose upstream id was given as the request id of the submission',
    async run({ ledger }) {
      await putBudgets(ledger);
      await ledger.reserve(reserve('1', 9n));
      await ledger.record(submitted('aws-1', 7n, null));
      await ledger.settle(settle('1', 4n));
      expect(await sums(ledger)).toMatchObject(ONCE);
      expect(await posted(ledger)).toEqual([4n, 5n, 1n]);
    },
  },
  {
    name: 'whatever is told again of a call whose submission was withdrawn changes nothing',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.record(submitted('s', 7n, 'aws-1'));
      await ledger.settle(settle('1', 4n));
      expect(await ledger.settle(settle('1', 4n))).toEqual({ kind: 'already' });
      const again = await ledger.record(submitted('s', 7n, 'aws-1'));
      expect(again).toMatchObject({ kind: 'already', entry: { entry_id: 's/org' } });
      const other = await ledger.record(submitted('t', 7n, 'aws-1'));
      expect(other).toMatchObject({ kind: 'already', entry: { entry_id: '1' } });
      expect(await allEntries(ledger)).toHaveLength(3);
      // Numbers of the writer have no gap, and none is given twice.
      await ledger.record(submitted('u', 1n, null));
      const log = await ledger.entriesOfWriter('writer', 0, 10);
      expect(log.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
      expect(await ledger.writers()).toEqual([{ writer_id: 'writer', last_sequence: 4 }]);
    },
  },
  {
    name: 'of two submissions that name the same call one is recorded',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.record(submitted('s', 7n, 'aws-1'));
      for (const [id, aws] of [
        ['t', 'aws-1'],
        ['aws-1', null],
        ['aws-1', 'aws-9'],
      ] as const) {
        const other = await ledger.record(submitted(id, 5n, aws));
        expect(other).toMatchObject({ kind: 'already', entry: { entry_id: 's/org' } });
      }
      await ledger.settle(settle('1', 4n));
      expect(await sums(ledger)).toMatchObject(ONCE);
    },
  },
  {
    name: 'of who never called, two submissions that name the same call are one too',
    async run({ ledger }) {
      await ledger.record(submitted('aws-1', 7n, null));
      const other = await ledger.record(submitted('s', 7n, 'aws-1'));
      expect(other).toMatchObject({ kind: 'already', entry: { entry_id: 'aws-1/org' } });
      await ledger.record(submitted('t', 5n, 'aws-2'));
      const last = await ledger.record(submitted('aws-2', 5n, null));
      expect(last).toMatchObject({ kind: 'already', entry: { entry_id: 't/org' } });
      expect(await sums(ledger)).toMatchObject({ requests: 2, cost: 12n });
    },
  },
  {
    name: 'a call that was recovered and submitted meanwhile counts as its late settlement says',
    async run({ ledger }) {
      await putBudgets(ledger);
      await ledger.reserve(reserve('1', 9n));
      await ledger.settle(recovery('1', 9n, { upstream_request_id: null }));
      await ledger.record(submitted('s', 7n, 'aws-1'));
      expect(await posted(ledger)).toEqual([16n, 15n, 2n]);
      const late = await ledger.settle(settle('1', 4n));
      expect(late).toMatchObject({ kind: 'corrected', withdrew: SUBJECT });
      expect(await sums(ledger)).toMatchObject({ ...ONCE, unknown_entries: 0 });
      expect(await posted(ledger)).toEqual([4n, 5n, 1n]);
      expect(await ledger.settle(settle('1', 4n))).toEqual({ kind: 'already' });
    },
  },
  {
    name: 'a recovered call is known by the upstream id of its late settlement',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.settle(recovery('1', 9n, { upstream_request_id: null }));
      await ledger.settle(settle('1', 4n));
      const recorded = await ledger.record(submitted('s', 7n, 'aws-1'));
      expect(recorded).toMatchObject({ kind: 'already', entry: { entry_id: '1' } });
      expect(await sums(ledger)).toMatchObject(ONCE);
    },
  },
  {
    name: 'a withdrawal counts where the submission did: in its own budgets and its own window',
    async run({ ledger }) {
      const scope = (app_id: string) => ({ type: 'application', org_id: 'org', app_id }) as const;
      await ledger.putBudget({ budget: budget({ budget_id: 'a', scope: scope('app') }), at: NOON });
      await ledger.putBudget({
        budget: budget({ budget_id: 'b', scope: scope('b'), match: { label: 'economy' } }),
        at: NOON - DAY,
      });
      await ledger.reserve(reserve('1', 9n));
      const theirs = { app_id: 'b', label: 'economy', user_id: null, key_id: null };
      const at = NOON - DAY;
      await ledger.record(submitted('s', 7n, 'aws-1', { ...theirs, at, started_at: at }));
      expect(await figures(ledger, 'b', at)).toMatchObject({ posted: 7n });
      const settled = await ledger.settle(settle('1', 4n));
      expect(settled).toMatchObject({ withdrew: theirs });
      expect(await figures(ledger, 'a')).toMatchObject({ posted: 4n });
      expect(await figures(ledger, 'b', at)).toMatchObject({ posted: 0n });
      const day = { group_by: ['app_id', 'day'] } as const;
      const { groups } = await ledger.summary(day);
      expect(groups.map(({ keys, requests, cost }) => [keys.app_id, requests, cost])).toEqual([
        ['app', 1, 4n],
        ['b', 0, 0n],
      ]);
      // A budget that is made later sums up the same.
      await ledger.putBudget({ budget: budget({ budget_id: 'later', window: 'total' }), at: NOON });
      expect(await figures(ledger, 'later')).toMatchObject({ posted: 4n });
    },
  },
  {
    name: 'a submission beyond the limit leaves its excess named, and room again once withdrawn',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ amount: 10n }), at: NOON });
      await ledger.reserve(reserve('1', 9n));
      await ledger.record(submitted('s', 7n, 'aws-1'));
      expect(await figures(ledger)).toMatchObject({ posted: 7n, held: 9n });
      // What goes beyond the hold finds the room of what is withdrawn in the same write.
      await ledger.settle(settle('1', 10n));
      const after = await figures(ledger);
      expect(after).toMatchObject({ posted: 10n, held: 0n });
      expect(after.excess).toMatchObject({ submitted: 6n, over_bound: 0n, correction: 0n });
      expect(after.high_water).toBe(16n);
    },
  },
  {
    name: 'what had corrected a submission is withdrawn with it, and it is corrected no more',
    async run({ ledger }) {
      await putBudgets(ledger);
      await ledger.reserve(reserve('1', 9n));
      const uncertain = { ...unknownUsage(20n), priced: 'no' } as const;
      await ledger.record(submitted('s', 0n, 'aws-1', uncertain));
      const correction = (id: string, usd: bigint): RecordEntry =>
        submission(id, usd, {
          ...{ entry_type: 'correction', corrects_entry_id: 's/org', cause: 'correction' },
          ...{ source: 'job', usage: NO_USAGE, ceiling: -20n },
        });
      await ledger.record(correction('c1', 6n));
      await ledger.settle(settle('1', 4n));
      const unsettled = { unknown_entries: 0, unpriced_entries: 0 };
      expect(await sums(ledger)).toMatchObject({ ...ONCE, ...unsettled });
      expect((await posted(ledger))[0]).toBe(4n);
      const late = await ledger.record(correction('c2', 3n));
      expect(late).toMatchObject({ kind: 'already', entry: { entry_id: 's/org/withdrawn' } });
      expect(await ledger.record(correction('c1', 6n))).toMatchObject({
        kind: 'already',
        entry: { entry_id: 'c1' },
      });
      expect(await sums(ledger)).toMatchObject(ONCE);
    },
  },
  {
    name: 'a submission is withdrawn once, and never by a call of another organization',
    async run({ ledger }) {
      const theirs = { ...SUBJECT, org_id: 'other' };
      await ledger.reserve(reserve('x', 9n, { subject: theirs }));
      for (const id of ['1', '2']) await ledger.reserve(reserve(id, 9n));
      await ledger.record(submitted('s', 7n, 'aws'));
      const foreign = settle('x', 4n, { org_id: 'other', upstream_request_id: 'aws' });
      expect(await ledger.settle(foreign)).not.toHaveProperty('withdrew');
      const first = await ledger.settle(settle('1', 4n, { upstream_request_id: 'aws' }));
      expect(first).toHaveProperty('withdrew');
      const second = await ledger.settle(settle('2', 4n, { upstream_request_id: 'aws' }));
      expect(second).not.toHaveProperty('withdrew');
      expect(await sums(ledger)).toMatchObject({ requests: 3, cost: 12n });
    },
  },
  {
    name: 'settled and submitted in the same moment, a call counts once, in whatever order',
    async run({ ledger }) {
      await putBudgets(ledger);
      const ids = Array.from({ length: 8 }, (_, index) => `${index}`);
      await Promise.all(ids.map((id) => ledger.reserve(reserve(id, 4n))));
      const told = ids.map((id) => {
        const settlement = () => ledger.settle(settle(id, 4n));
        const report = () => ledger.record(submitted(`s${id}`, 3n, `aws-${id}`));
        const again = () => ledger.record(submitted(`t${id}`, 3n, `aws-${id}`));
        return Number(id) % 2 === 0 ? [report, again, settlement] : [settlement, report, again];
      });
      await Promise.all(told.flat().map((tell) => tell()));
      expect(await sums(ledger)).toMatchObject({ requests: 8, input_tokens: 24, cost: 32n });
      expect(await posted(ledger)).toEqual([32n, 40n, 8n]);
    },
  },
];
