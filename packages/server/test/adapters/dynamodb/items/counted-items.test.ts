/** What calls cost can be read from what the store asked of its table. */
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { expect, test } from 'vitest';
import { CountedItems } from '../../../../src/adapters/dynamodb/items/counted-items.ts';
import type { Items, Write } from '../../../../src/adapters/dynamodb/index.ts';
import { laneKey } from '../../../../src/adapters/dynamodb/index.ts';
import { kindOf } from '../../../../src/adapters/dynamodb/items/item-kind.ts';
import * as keys from '../../../../src/adapters/dynamodb/items/keys.ts';
import { partyKey } from '../../../../src/adapters/dynamodb/rates/rate-items.ts';

const intent: Write = {
  op: 'put',
  item: { ...keys.attemptKey('a'), v: 1, intent: 'x'.repeat(1_200) },
  condition: { kind: 'absent' },
};
const lane: Write = {
  op: 'check',
  key: laneKey('me', 0),
  condition: { kind: 'unfenced', epoch: 1, known: 0 },
};
const balance = (v: number): Write => ({
  op: 'put',
  item: { pk: keys.balancePartition('b', 0), sk: keys.BALANCE_SORT, v: v + 1 },
  condition: v === 0 ? { kind: 'absent' } : { kind: 'version', v },
});

test('writes, conditions and units are counted by what they are about', async () => {
  const items = new CountedItems(new MemoryItems());
  await items.writeEach([{ op: 'put', item: { ...laneKey('me', 0), v: 1, epoch: 1 } }]);
  await items.transact([intent, balance(0), lane], 'one');
  const { kinds, committed } = items.counts();
  expect(committed).toBe(1);
  expect(kinds).toEqual({
    // By itself a unit; checked in a transaction two.
    lane: { writes: 1, conditions: 1, write_units: 1 + 2 },
    // More than a kilobyte is two units, twice in a transaction.
    intent: { writes: 1, conditions: 1, write_units: 4 },
    balance: { writes: 1, conditions: 1, write_units: 2 },
  });
});

test('a cancelled transaction costs units, and is told from those that happened', async () => {
  const items = new CountedItems(new MemoryItems());
  await items.transact([balance(7)], 'one');
  expect(items.counts()).toMatchObject({
    committed: 0,
    cancelled: 1,
    stale: 1,
    kinds: { balance: { writes: 0, conditions: 0, write_units: 2 } },
  });
});

test('what was read costs units by its size, also when there is nothing', async () => {
  const items = new CountedItems(new MemoryItems());
  await items.writeEach([{ op: 'put', item: { pk: 'p', sk: 's', v: 1, text: 'x'.repeat(5_000) } }]);
  await items.get([
    { pk: 'p', sk: 's' },
    { pk: 'p', sk: 'other' },
  ]);
  await items.query({ pk: 'p', limit: 5 });
  expect(items.counts()).toMatchObject({ reads: 2, items_read: 3, read_units: 2 + 1 + 2 });
});

test('a lost answer is counted, and passed on', async () => {
  const lost = new MemoryItems() as Items;
  lost.transact = () => Promise.reject(new Error('lost'));
  const items = new CountedItems(lost);
  await expect(items.transact([intent], 'one')).rejects.toThrow('lost');
  expect(items.counts().lost).toBe(1);
});

test('every key of the store has a kind', () => {
  const put = (pk: string, sk = 'x', rest = {}): Write => ({
    op: 'put',
    item: { pk, sk, v: 1, ...rest },
  });
  const expected: [Write, string][] = [
    [put(keys.attemptKey('a').pk, 'A', { e_pk: 'E#' }), 'settlement'],
    [put(keys.entriesPartition('o', '2026-01-01', 0)), 'entry'],
    [put(keys.logPartition('w')), 'log'],
    [put(keys.knownAsPartition('o', 'r')), 'known_as'],
    [put(keys.lineKey('submission', 'e').pk), 'line'],
    [put(keys.budgetsPartition('o')), 'definition'],
    [put(keys.budgetKey('b').pk), 'definition'],
    [put(keys.balancePartition('b', 0), keys.leaseSort('l')), 'lease'],
    [put(keys.instancePartition('i'), keys.instanceLeaseSort('l')), 'lease'],
    [put(keys.instancePartition('i'), keys.intentGroupSort('g')), 'intent_group'],
    [put(keys.instanceKey('i').pk), 'heartbeat'],
    [put(keys.REVISIONS.pk, keys.REVISIONS.sk), 'revisions'],
    [put(keys.documentPartition('k')), 'catalogue'],
    [put(keys.AUDIT_PARTITION), 'audit'],
    [put(keys.refusalsPartition('2026-01-01')), 'refusal'],
    [put(keys.daysOfOrgPartition('o')), 'day'],
    [put(keys.archivedPartition('o')), 'archive'],
    [put(partyKey('p').pk), 'rate'],
  ];
  for (const [write, kind] of expected) expect(kindOf(write)).toBe(kind);
});
