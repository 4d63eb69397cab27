/** What the audit log guarantees: no change without its record, no record without its change. */
import { expect } from 'vitest';
import type { AuditRecord, AuditStamp, Stores } from '@tollkeeper/server';
import { budget, NOON } from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

const PLACE = { kind: 'grant', id: 'g', parent: 'org' } as const;

function stamp(auditId: string, changes: Partial<AuditStamp> = {}): AuditStamp {
  return {
    audit_id: auditId,
    at: NOON,
    actor: { kind: 'provisioning_key', id: 'provisioning' },
    action: 'putGrant',
    request_id: 'r',
    source_ip: '127.0.0.1',
    ...changes,
  };
}

function record(auditId: string, changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    ...stamp(auditId),
    resource: 'grant',
    resource_id: 'g',
    org_id: 'org',
    before: null,
    after: { value: auditId },
    ...changes,
  };
}

async function idsOf({ catalog }: Stores, query: object = {}): Promise<string[]> {
  const { records } = await catalog.audit({ limit: 100, ...query });
  return records.map(({ audit_id }) => audit_id);
}

export const auditCases: readonly StoreCase[] = [
  {
    name: 'a record comes back as it went in, newest first, in pages',
    async run(stores) {
      const { catalog } = stores;
      for (const id of ['1', '2', '3', '4', '5']) {
        await catalog.put({ ...PLACE, value: id, audit: record(id) });
      }
      const first = await catalog.audit({ limit: 2 });
      expect(first.records).toEqual([record('5'), record('4')]);
      const second = await catalog.audit({ limit: 2, cursor: first.next_cursor ?? '' });
      expect(second.records).toEqual([record('3'), record('2')]);
      const third = await catalog.audit({ limit: 2, cursor: second.next_cursor ?? '' });
      expect(third).toEqual({ records: [record('1')], next_cursor: null });
    },
  },
  {
    name: 'what was not put leaves no record, and no record raises a revision',
    async run(stores) {
      const { catalog } = stores;
      await catalog.put({ ...PLACE, value: 1, expected: 0, audit: record('put') });
      const revision = await catalog.revision();
      await catalog.put({ ...PLACE, value: 2, expected: 0, audit: record('conflict') });
      expect(await idsOf(stores)).toEqual(['put']);
      expect(await catalog.revision()).toBe(revision);
    },
  },
  {
    name: 'only what was removed leaves a record, and only at the expected revision',
    async run(stores) {
      const { catalog } = stores;
      expect(await catalog.remove('grant', 'g', { audit: record('nothing') })).toBe(false);
      await catalog.put({ ...PLACE, value: 1 });
      await catalog.put({ ...PLACE, value: 2 });
      const early = { expected: 1, audit: record('early') };
      expect(await catalog.remove('grant', 'g', early)).toBe(false);
      expect(await catalog.get('grant', 'g')).toMatchObject({ value: 2 });
      expect(await idsOf(stores)).toEqual([]);
      const present = { expected: 2, audit: record('removed') };
      expect(await catalog.remove('grant', 'g', present)).toBe(true);
      expect(await idsOf(stores)).toEqual(['removed']);
    },
  },
  {
    name: 'of many changes at once, those that happened are recorded and no others',
    async run(stores) {
      const { catalog } = stores;
      const changes = Array.from({ length: 50 }, (_, i) =>
        catalog.put({ ...PLACE, value: i, expected: 0, audit: record(String(i)) }),
      );
      const results = await Promise.all(changes);
      const won = results.findIndex(({ kind }) => kind === 'put');
      expect(await idsOf(stores)).toEqual([String(won)]);
      expect(await catalog.get('grant', 'g')).toMatchObject({ value: won });
    },
  },
  {
    name: 'a change of a budget is recorded with what was there in that very step',
    async run(stores) {
      const { ledger, catalog } = stores;
      const put = (id: string, amount: bigint): Promise<unknown> =>
        ledger.putBudget({ budget: budget({ amount }), at: NOON, audit: stamp(id) });
      await put('made', 1_500_000_000_000n);
      await Promise.all([put('a', 2_000_000_000_000n), put('b', 3_000_000_000_000n)]);
      expect(await ledger.removeBudget('budget', stamp('removed'))).toBe(true);
      expect(await ledger.removeBudget('budget', stamp('again'))).toBe(false);
      const { records } = await catalog.audit({ limit: 10, resource: 'budget' });
      const limit = (value: unknown): unknown =>
        (value as { limit: { amount: string } } | null)?.limit.amount ?? null;
      const [removed, last, middle, made] = records;
      expect(records).toHaveLength(4);
      expect(made).toEqual({
        ...stamp('made'),
        resource: 'budget',
        resource_id: 'budget',
        org_id: 'org',
        before: null,
        after: { ...budget(), limit: { unit: 'usd', amount: '1.5' } },
      });
      expect(limit(middle?.before)).toBe('1.5');
      expect(limit(last?.before)).toBe(limit(middle?.after));
      expect(removed).toMatchObject({ audit_id: 'removed', org_id: 'org', after: null });
      expect(limit(removed?.before)).toBe(limit(last?.after));
    },
  },
  {
    name: 'a command that is repeated with the same id leaves one record',
    async run(stores) {
      const command = { budget: budget(), at: NOON, audit: stamp('same') };
      await stores.ledger.putBudget(command);
      await stores.ledger.putBudget(command);
      expect(await idsOf(stores)).toEqual(['same']);
      const { records } = await stores.catalog.audit({ limit: 1 });
      expect(records[0]?.before).toBeNull();
    },
  },
  {
    name: 'records are found by organization, resource, actor and time',
    async run(stores) {
      const cli = { kind: 'cli', id: 'ann' } as const;
      const bob = { kind: 'cli', id: 'bob' } as const;
      const all = [
        record('1', { at: NOON }),
        record('2', { at: NOON + 1, actor: cli, org_id: 'other' }),
        record('3', { at: NOON + 2, actor: bob, resource: 'setting', org_id: null }),
        record('4', { at: NOON + 3, resource_id: 'h' }),
      ];
      for (const audit of all) await stores.catalog.put({ ...PLACE, value: 1, audit });
      expect(await idsOf(stores, { org_id: 'org' })).toEqual(['4', '1']);
      expect(await idsOf(stores, { resource: 'setting' })).toEqual(['3']);
      expect(await idsOf(stores, { resource: 'grant', resource_id: 'h' })).toEqual(['4']);
      expect(await idsOf(stores, { actor: { kind: 'cli' } })).toEqual(['3', '2']);
      expect(await idsOf(stores, { actor: { kind: 'cli', id: 'ann' } })).toEqual(['2']);
      expect(await idsOf(stores, { from: NOON + 1, to: NOON + 3 })).toEqual(['3', '2']);
    },
  },
];
