/** Recording usage that is reported after the fact: once, by whatever id it is known. */
import { expect } from 'vitest';
import type { Recorded, RecordEntry } from '@tollkeeper/server';
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
} from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

/** A submission that is known by other ids too. */
function known(
  id: string,
  knownAs: readonly string[],
  changes: Parameters<typeof submission>[2] = {},
): RecordEntry {
  return { ...submission(id, 5n, changes), known_as: knownAs };
}

/** The id of the entry that was found, or the kind of the answer. */
function foundIn(recorded: Recorded): string | null {
  if (recorded.kind !== 'already') return recorded.kind;
  return recorded.entry === null ? null : recorded.entry.entry_id;
}

export const recordCases: readonly StoreCase[] = [
  {
    name: 'a repeated submission answers with the entry that is there, whatever it says itself',
    async run({ ledger }) {
      await ledger.record(submission('s', 5n));
      const repeated = await ledger.record(submission('s', 7n, { model_id: 'other' }));
      expect(repeated).toEqual({ kind: 'already', entry: (await allEntries(ledger))[0] });
      expect(repeated).toMatchObject({ entry: { entry_id: 's', cost: 5n, model_id: 'model' } });
    },
  },
  {
    name: 'a submission of an attempt is found by its attempt, request and upstream ids',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      await ledger.reserve(reserve('1', 9n));
      await ledger.settle(settle('1', 4n));
      await ledger.reserve(reserve('2', 9n, { request_id: 'r' }));
      await ledger.settle(settle('2', 4n, { request_id: 'r' }));
      const before = await figures(ledger);
      expect(foundIn(await ledger.record(known('s', ['1'])))).toBe('1');
      expect(foundIn(await ledger.record(known('s', ['r'])))).toBe('2');
      expect(foundIn(await ledger.record(known('s', ['aws-1'])))).toBe('1');
      expect(foundIn(await ledger.record(known('s', ['none', 'aws-2', '1'])))).toBe('2');
      expect(await figures(ledger)).toEqual(before);
      expect(await allEntries(ledger)).toHaveLength(2);
      expect(foundIn(await ledger.record(known('s', ['none', 'aws-none'])))).toBe('recorded');
    },
  },
  {
    name: 'attempts are found by the upstream id also when they come after the first question',
    async run({ ledger }) {
      expect(foundIn(await ledger.record(known('s', ['aws-1'])))).toBe('recorded');
      for (const id of ['1', '2', '3']) await ledger.reserve(reserve(id, 9n));
      await ledger.settle(settle('1', 4n));
      await ledger.settle(recovery('2', 9n, { upstream_request_id: null }));
      await ledger.settle(settle('3', 4n, { upstream_request_id: '"[odd]\\' }));
      expect(foundIn(await ledger.record(known('t', ['aws-1'])))).toBe('1');
      expect(foundIn(await ledger.record(known('t', ['"[odd]\\'])))).toBe('3');
      expect(foundIn(await ledger.record(known('t', ['aws-2'])))).toBe('recorded');
      expect(foundIn(await ledger.record(known('u', ['null', ''])))).toBe('recorded');
    },
  },
  {
    name: 'an open hold is found by its attempt and request ids',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n));
      await ledger.reserve(reserve('2', 9n, { request_id: 'r' }));
      expect(foundIn(await ledger.record(known('s', ['1'])))).toBeNull();
      expect(foundIn(await ledger.record(known('s', ['r'])))).toBeNull();
      await ledger.release('1');
      await ledger.release('2');
      expect(foundIn(await ledger.record(known('s', ['r', '1'])))).toBe('recorded');
    },
  },
  {
    name: 'of several attempts with one request id the oldest is found, whoever wrote first',
    async run({ ledger }) {
      for (const id of ['1', '2', '3']) await ledger.reserve(reserve(id, 9n, { request_id: 'r' }));
      await ledger.settle(settle('1', 1n, { request_id: 'r', started_at: NOON + 2 }));
      await ledger.settle(settle('2', 1n, { request_id: 'r', started_at: NOON + 1 }));
      await ledger.settle(
        settle('3', 1n, { request_id: 'r', instance: 'a', started_at: NOON + 1 }),
      );
      expect(foundIn(await ledger.record(known('s', ['r'])))).toBe('3');
    },
  },
  {
    name: 'nothing of another organization is found, and no correction',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n, { subject: { ...SUBJECT, org_id: 'other' } }));
      await ledger.settle(settle('1', 4n, { org_id: 'other' }));
      const theirs = { subject: { ...SUBJECT, org_id: 'other' }, request_id: 'r2' };
      await ledger.reserve(reserve('2', 9n, theirs));
      const ids = ['1', 'aws-1', '2', 'r2'];
      expect(foundIn(await ledger.record(known('s', ids)))).toBe('recorded');
      await ledger.record(
        submission('c', 1n, {
          entry_type: 'correction',
          corrects_entry_id: 's',
          cause: 'correction',
          request_id: 'rc',
        }),
      );
      expect(foundIn(await ledger.record(known('t', ['c', 'rc', 'aws-c'])))).toBe('recorded');
    },
  },
  {
    name: 'a correction counts on the day of what it corrects, whatever moment it states',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      // Priced before midnight; by the time that there was room for it, it was the next day.
      await ledger.reserve(reserve('1', 9n, { at: NOON + DAY }));
      await ledger.settle(settle('1', 4n, { started_at: NOON }));
      await ledger.record(submission('s', 5n, { at: NOON + DAY }));
      for (const id of ['1', 's']) {
        const of = {
          entry_type: 'correction',
          corrects_entry_id: id,
          cause: 'correction',
        } as const;
        await ledger.record(submission(`c-${id}`, 20n, { ...of, at: NOON }));
      }
      expect(await figures(ledger)).toMatchObject({ posted: 0n });
      expect(await figures(ledger, 'budget', NOON + DAY)).toMatchObject({ posted: 49n });
      const day = { org_id: 'org', from: NOON + DAY / 2, to: NOON + 2 * DAY };
      expect((await ledger.labelSums(day)).map(({ cost }) => cost)).toEqual([49n]);
    },
  },
  {
    name: 'an attempt of days ago is found by its upstream id',
    async run({ ledger }) {
      await ledger.reserve(reserve('1', 9n, { at: NOON - 6 * DAY }));
      await ledger.settle(settle('1', 4n, { started_at: NOON - 6 * DAY }));
      expect(foundIn(await ledger.record(known('s', ['aws-none'], { at: NOON + DAY })))).toBe(
        'recorded',
      );
      expect(foundIn(await ledger.record(known('t', ['aws-1'])))).toBe('1');
    },
  },
  {
    name: 'a record by an older revision of the catalogue writes nothing and says the newer one',
    async run({ ledger, catalog }) {
      await catalog.put({ kind: 'setting', id: 'x', parent: '', value: 1 });
      const revision = await catalog.revision();
      const stale = { kind: 'stale', catalog_revision: revision };
      const command = submission('s', 5n);
      const old = { ...command, catalog_revision: revision - 1 };
      expect(await ledger.record(old)).toEqual(stale);
      expect(await allEntries(ledger)).toEqual([]);
      const present = { ...command, catalog_revision: revision };
      expect((await ledger.record(present)).kind).toBe('recorded');
      expect((await ledger.record(present)).kind).toBe('already');
      expect(await ledger.record(old)).toEqual(stale);
    },
  },
];
