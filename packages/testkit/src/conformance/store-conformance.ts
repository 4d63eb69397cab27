/**
 * One suite for every store: what the two ports promise, case by case, under concurrency, and in
 * random sequences compared with the oracle. A store that cannot pass all of it is not a store.
 */
import { describe, expect, test } from 'vitest';
import type { Stores } from '@tollkeeper/server';
import { archiveCases } from './archive-cases.ts';
import { auditCases } from './audit-cases.ts';
import { budgetCases } from './budget-cases.ts';
import { catalogCases } from './catalog-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import type { OpenStores } from './ledger-fixtures.ts';
import { labelCases } from './label-cases.ts';
import { playSequences } from './ledger-sequences.ts';
import { recordCases } from './record-cases.ts';
import { refusalCases } from './refusal-cases.ts';
import { reportCases } from './report-cases.ts';
import { reserveCases } from './reserve-cases.ts';
import { settleCases } from './settle-cases.ts';
import { withdrawalCases } from './withdrawal-cases.ts';

const SEQUENCES_MS = 2_000;

const SECTIONS = [
  { section: 'holding', cases: reserveCases },
  { section: 'settling and recording', cases: settleCases },
  { section: 'recording what was submitted', cases: recordCases },
  { section: 'withdrawing what was submitted', cases: withdrawalCases },
  { section: 'budgets', cases: budgetCases },
  { section: 'lists and sums', cases: reportCases },
  { section: 'labels and single budgets', cases: labelCases },
  { section: 'what leaves', cases: archiveCases },
  { section: 'at once', cases: concurrencyCases },
  { section: 'the catalogue', cases: catalogCases },
  { section: 'the audit log', cases: auditCases },
  { section: 'refusals', cases: refusalCases },
];

/**
 * Declares the suite. `open` gives empty stores each time, and who gives them closes them; `oracle`
 * opens the stores in memory that random sequences are compared with.
 */
export function storeConformance(open: OpenStores, oracle: () => Stores): void {
  describe.for(SECTIONS)('$section', ({ cases }) => {
    test.for([...cases])('$name', async ({ run }) => run(await open()));
  });

  test('random sequences of commands mean the same as to the oracle', async () => {
    const played = await playSequences(await open(), oracle(), { milliseconds: SEQUENCES_MS });
    expect(played).toBeGreaterThan(0);
  });
}
