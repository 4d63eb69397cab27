/** What holds when many commands are on their way at once. */
import { expect } from 'vitest';
import { allEntries, budget, figures, NOON, reserve, settle } from './ledger-fixtures.ts';
import type { StoreCase } from './ledger-fixtures.ts';

const CALLERS = 200;

function ids(prefix: string): string[] {
  return Array.from({ length: CALLERS }, (_, index) => `${prefix}${index}`);
}

export const concurrencyCases: readonly StoreCase[] = [
  {
    name: 'as many holds as fit are held, however many ask at once',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ amount: 1_005n }), at: NOON });
      const answers = await Promise.all(ids('a').map((id) => ledger.reserve(reserve(id, 10n))));
      expect(answers.filter((answer) => answer.kind === 'held')).toHaveLength(100);
      expect(answers.filter((answer) => answer.kind === 'refused')).toHaveLength(100);
      expect(await figures(ledger)).toMatchObject({ held: 1_000n, high_water: 1_000n });
    },
  },
  {
    name: 'callers that reserve and settle at once never pass the limit, and every one is recorded',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ amount: 500n }), at: NOON });
      const spend = async (id: string): Promise<number> => {
        for (let round = 0; ; round++) {
          const attempt = `${id}-${round}`;
          const reserved = await ledger.reserve(reserve(attempt, 10n));
          if (reserved.kind === 'held') {
            await ledger.settle(settle(attempt, 4n));
            continue;
          }
          const spent =
            reserved.kind === 'refused' && reserved.blocking.some((b) => b.reason === 'spent');
          if (spent) return round;
        }
      };
      const rounds = await Promise.all(ids('c').slice(0, 20).map(spend));
      const entries = await allEntries(ledger);
      const { posted, held, high_water, excess } = await figures(ledger);
      expect(held).toBe(0n);
      expect(high_water).toBeLessThanOrEqual(500n);
      expect(Object.values(excess)).toEqual([0n, 0n, 0n, 0n]);
      expect(500n - posted).toBeLessThan(10n);
      expect(posted).toBe(4n * BigInt(entries.length));
      expect(entries.map((line) => line.sequence).sort((a, b) => a - b)).toEqual(
        Array.from({ length: entries.length }, (_, index) => index + 1),
      );
      expect(rounds.length).toBe(20);
    },
  },
  {
    name: 'of many that use one attempt id at once, one holds and one settles',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ amount: 10_000n }), at: NOON });
      const held = await Promise.all(ids('x').map(() => ledger.reserve(reserve('same', 10n))));
      expect(held.filter((answer) => answer.kind === 'held')).toHaveLength(1);
      expect(held.filter((answer) => answer.kind === 'duplicate')).toHaveLength(CALLERS - 1);
      const settled = await Promise.all(ids('x').map(() => ledger.settle(settle('same', 4n))));
      expect(settled.filter((answer) => answer.kind === 'settled')).toHaveLength(1);
      expect(settled.filter((answer) => answer.kind === 'already')).toHaveLength(CALLERS - 1);
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 4n });
    },
  },
  {
    name: 'refused, repeated and unknown commands disturb no other that is on its way with them',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget({ amount: 10_000n }), at: NOON });
      const answers = await Promise.all(
        ids('m').flatMap((id) => [
          ledger.reserve(reserve(id, 10n)).then((answer) => answer.kind),
          ledger.reserve(reserve(`${id}-big`, 20_000n)).then((answer) => answer.kind),
          ledger.settle(settle(id, 4n)).then((answer) => answer.kind),
          ledger.settle(settle(id, 4n)).then((answer) => answer.kind),
          ledger.settle(settle(`${id}-never`, 4n)).then((answer) => answer.kind),
          ledger.release(`${id}-never`).then(() => 'released'),
        ]),
      );
      const each = ['held', 'refused', 'settled', 'already', 'unknown_attempt', 'released'];
      expect(answers).toEqual(ids('m').flatMap(() => each));
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 4n * BigInt(CALLERS) });
    },
  },
  {
    name: 'a budget put while calls run counts all of them',
    async run({ ledger }) {
      const calls = ids('p').map(async (id) => {
        await ledger.reserve(reserve(id, 10n));
        await ledger.settle(settle(id, 4n));
      });
      const put = ledger.putBudget({ budget: budget({ amount: 100_000n }), at: NOON });
      await Promise.all([...calls, put]);
      expect(await figures(ledger)).toMatchObject({ held: 0n, posted: 4n * BigInt(CALLERS) });
    },
  },
  {
    name: 'a budget changed in kind at once with holds leaves nothing of its old windows behind',
    async run({ ledger }) {
      await ledger.putBudget({ budget: budget(), at: NOON });
      const midnight = Date.UTC(2026, 2, 10);
      await Promise.all([
        ledger.reserve(reserve('1', 60n)),
        ledger.putBudget({ budget: budget({ window: 'hour' }), at: NOON }),
        ledger.reserve(reserve('2', 30n)),
      ]);
      expect((await figures(ledger)).held).toBe(90n);
      expect((await figures(ledger, 'budget', midnight)).held).toBe(0n);
      const removed = ledger.removeBudget('budget');
      await Promise.all([ledger.settle(settle('1', 5n)), removed, ledger.release('2')]);
      const { balance } = await ledger.putBudget({ budget: budget(), at: NOON });
      expect(balance).toMatchObject({ posted: 5n, held: 0n });
    },
  },
  {
    name: 'a probe succeeds while others write',
    async run({ ledger }) {
      await Promise.all([ledger.reserve(reserve('1', 1n)), ledger.probe(), ledger.release('1')]);
      expect(await ledger.holds()).toEqual([]);
    },
  },
];
