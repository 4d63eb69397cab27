/**
 * Several processes move amounts between accounts of one table, over a network that loses answers
 * and a service that is busy at times. Whatever happens, each move happens at most once and wholly,
 * an answer tells the truth, and no account is overdrawn.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, ItemKey } from '../../../../src/adapters/dynamodb/index.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { type Rig, rigOf, seeded } from '../group-rig.ts';
import { type Troubles, UnreliableItems } from '../unreliable-items.ts';

const ACCOUNTS = 4;
const OPENING = 20;

interface Move {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  /** Which process is asked; a move that is given twice may go to two. */
  readonly by: number;
}

const account = (n: number): ItemKey => ({ pk: `account ${n}`, sk: 'X' });
const receipt = (id: number): ItemKey => ({ pk: `receipt ${id}`, sk: 'X' });

type Answer = 'moved' | 'refused' | 'again';

function moving(move: Move): Command<Answer> {
  return {
    kind: move.id % 3 === 0 ? 'settlement' : 'intent',
    ...(move.id % 2 === 0 ? { instance_id: `p${move.by}` } : {}),
    decide: (view) => {
      const have = Number(view.get(account(move.from))?.total ?? 0);
      if (have < move.amount) return view.get(receipt(move.id)) === undefined ? 'refused' : 'again';
      if (!view.create(receipt(move.id), { ...move })) return 'again';
      view.put(account(move.from), { total: have - move.amount });
      const other = Number(view.get(account(move.to))?.total ?? 0);
      view.put(account(move.to), { total: other + move.amount });
      return 'moved';
    },
  };
}

const moves = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    from: fc.integer({ min: 0, max: ACCOUNTS - 1 }),
    to: fc.integer({ min: 0, max: ACCOUNTS - 1 }),
    amount: fc.integer({ min: 1, max: 12 }),
    by: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const percent = fc.integer({ min: 0, max: 25 });
const troubles: fc.Arbitrary<Troubles> = fc.record({
  conflict: percent,
  throttled: percent,
  lostBefore: percent,
  lostAfter: percent,
});

async function processesOn(items: UnreliableItems, random: () => number): Promise<Rig[]> {
  const rigs = [0, 1, 2].map(() => rigOf(items, random, { spreadAt: 3, commandsMax: 7 }));
  for (const [index, { lanes }] of rigs.entries()) await lanes.admit(items, `p${index}`);
  await items.writeEach(
    Array.from({ length: ACCOUNTS }, (_, n) => ({
      op: 'put',
      item: { ...account(n), v: 1, total: OPENING },
    })),
  );
  return rigs;
}

async function askOf(rigs: readonly Rig[], move: Move): Promise<Answer> {
  const rig = rigs[move.by];
  if (rig === undefined) throw new RangeError('no such process');
  return rig.transactions.run(moving(move));
}

function balances(items: UnreliableItems): number[] {
  return Array.from({ length: ACCOUNTS }, (_, n) => Number(items.table.peek(account(n))?.total));
}

/** What the receipts that are there make of the opening balances. */
function expected(items: UnreliableItems, asked: readonly Move[]): number[] {
  const totals = Array.from({ length: ACCOUNTS }, () => OPENING);
  for (const id of new Set(asked.map((move) => move.id))) {
    const made = items.table.peek(receipt(id));
    if (made === undefined) continue;
    totals[Number(made.from)] = (totals[Number(made.from)] ?? 0) - Number(made.amount);
    totals[Number(made.to)] = (totals[Number(made.to)] ?? 0) + Number(made.amount);
  }
  return totals;
}

test('every move happens at most once and wholly, and answers tell what happened', async () => {
  await fc.assert(
    fc.asyncProperty(moves, troubles, fc.integer(), async (given, wrong, seed) => {
      // From one account to itself would be two writes of one item.
      const asked = given.filter(({ from, to }) => from !== to);
      const random = seeded(seed);
      const items = new UnreliableItems(wrong, random);
      const rigs = await processesOn(items, random);
      const outcomes = await Promise.allSettled(asked.map((move) => askOf(rigs, move)));
      expect(balances(items)).toEqual(expected(items, asked));
      expect(Math.min(...balances(items))).toBeGreaterThanOrEqual(0);
      const movedBy = new Map<number, number>();
      for (const [index, outcome] of outcomes.entries()) {
        const id = asked[index]?.id ?? -1;
        const there = items.table.peek(receipt(id)) !== undefined;
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toBeInstanceOf(StoreUnavailable);
        } else if (outcome.value === 'moved') {
          expect(there).toBe(true);
          movedBy.set(id, (movedBy.get(id) ?? 0) + 1);
        } else if (outcome.value === 'again') {
          expect(there).toBe(true);
        }
      }
      expect([...movedBy.values()].every((times) => times === 1)).toBe(true);
    }),
    { interruptAfterTimeLimit: 2_000, numRuns: 200 },
  );
});

test('no lane has two transactions at once, and no item two of one process', async () => {
  await fc.assert(
    fc.asyncProperty(moves, troubles, fc.integer(), async (given, wrong, seed) => {
      const random = seeded(seed);
      const items = new UnreliableItems(wrong, random);
      const rigs = await processesOn(items, random);
      const inFlight = new Map<string, string>();
      const send = items.transact.bind(items);
      items.transact = async (writes, token) => {
        const keys = writes.map((write) => (write.op === 'put' ? write.item : write.key));
        for (const { pk, sk } of keys) {
          expect(inFlight.get(`${pk} ${sk}`) ?? token).toBe(token);
          inFlight.set(`${pk} ${sk}`, token);
        }
        try {
          return await send(writes, token);
        } finally {
          for (const { pk, sk } of keys) inFlight.delete(`${pk} ${sk}`);
        }
      };
      const asked = given.filter(({ from, to }) => from !== to);
      const outcomes = await Promise.allSettled(
        asked.map((move) => askOf(rigs, { ...move, by: 0 })),
      );
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreUnavailable);
      }
    }),
    { interruptAfterTimeLimit: 1_000, numRuns: 100 },
  );
});

test('once everything goes well again, everything is answered', async () => {
  await fc.assert(
    fc.asyncProperty(moves, fc.integer(), async (given, seed) => {
      const random = seeded(seed);
      const always = { conflict: 60, throttled: 20, lostBefore: 30, lostAfter: 30 };
      const items = new UnreliableItems(always, random);
      const rigs = await processesOn(items, random);
      const asked = given.filter(({ from, to }) => from !== to);
      await Promise.allSettled(asked.map((move) => askOf(rigs, move)));
      items.heal();
      const answers = await Promise.all(asked.map((move) => askOf(rigs, move)));
      expect(answers).toHaveLength(asked.length);
      expect(balances(items)).toEqual(expected(items, asked));
    }),
    { interruptAfterTimeLimit: 1_000, numRuns: 50 },
  );
});
