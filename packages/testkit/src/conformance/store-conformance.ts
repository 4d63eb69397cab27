/**
 * One suite for every store: what the two ports promise, case by case, under concurrency, and in random
 * sequences compared with the oracle. A store that cannot pass all of it is not a store.
 */
import { describe, test } from 'vitest';
import type { Stores } from '@tollkeeper/server';
import { budgetCases } from './budget-cases.ts';
import { catalogCases } from './catalog-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import type { OpenStores, StoreCase } from './ledger-fixtures.ts';
import { playSequences } from './ledger-sequences.ts';
import { reportCases } from './report-cases.ts';
import { reserveCases } from './reserve-cases.ts';
import { settleCases } from './settle-cases.ts';

const SEQUENCES_MS = 2_000;

const SECTIONS: Readonly<Record<string, readonly StoreCase[]>> = {
  holding: reserveCases,
  'settling and recording': settleCases,
  budgets: budgetCases,
  'lists and sums': reportCases,
  'at once': concurrencyCases,
  'the catalogue': catalogCases,
};

/**
 * Declares the suite. `open` gives empty stores each time; `oracle` opens the stores in memory that
 * random sequences are compared with.
 */
export function storeConformance(name: string, open: OpenStores, oracle: () => Stores): void {
  describe(`${name}: what every store promises`, () => {
    for (const [section, cases] of Object.entries(SECTIONS)) {
      describe(section, () => {
        for (const { name: guarantee, run } of cases) {
          test(guarantee, () => withStores(open, run));
        }
      });
    }
    test('random sequences of commands mean the same as to the oracle', () =>
      withStores(open, (stores) =>
        playSequences(stores, oracle(), { milliseconds: SEQUENCES_MS }),
      ));
  });
}

async function withStores(open: OpenStores, run: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = await open();
  try {
    await run(stores);
  } finally {
    await stores.ledger.close();
  }
}
