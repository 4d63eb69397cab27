/**
 * When all is quiet, the ledger is asked through its port what there is, and has to say what the
 * table says: whoever reports, exports or shows budgets reads this way.
 */
import type { LedgerStore } from '@tollkeeper/server/inside';
import type { Auditor, LedgerFacts } from './auditor.ts';
import type { LineFact } from './line-fact.ts';

const PAGE = 50;
const RULE = 'what is read is what is there';

/** Reads everything; `at` is the moment whose windows of budgets are shown. */
export async function readBack(
  ledger: LedgerStore,
  at: number,
  facts: LedgerFacts,
  auditor: Auditor,
): Promise<void> {
  const entries = await allEntries(ledger);
  const told = entries.map(({ entry_id, cost }) => `${entry_id} ${cost}`);
  const there = facts.lines.map(({ entry_id, cost }) => `${entry_id} ${cost}`);
  compare(auditor, 'entries', [...told].sort(), [...there].sort());
  const cost = entries.reduce((sum, entry) => sum + entry.cost, 0n);
  const { total } = await ledger.summary({ group_by: ['org_id'] });
  compare(auditor, 'cost of the summary', [String(total.cost)], [String(cost)]);
  const writers = await ledger.writers();
  const last = writers.map(({ writer_id, last_sequence }) => `${writer_id} ${last_sequence}`);
  compare(auditor, 'writers', [...last].sort(), lastSequences(facts.lines));
  const holds = await ledger.holds();
  compare(
    auditor,
    'holds',
    holds.map(({ intent }) => intent.attempt_id),
    [],
  );
  const states = await ledger.budgets(at);
  for (const { budget, balance, window_start } of states) {
    const row = facts.rows.find(
      (each) => each.budget_id === budget.budget_id && each.window_start === window_start,
    );
    // Of a window in which nothing has happened there is no row.
    const posted = row?.posted ?? balance.posted;
    const what = `${budget.budget_id}#${window_start}`;
    compare(auditor, `budget ${what}`, [`${balance.posted} ${balance.held}`], [`${posted} 0`]);
  }
}

async function allEntries(ledger: LedgerStore): Promise<{ entry_id: string; cost: bigint }[]> {
  const entries: { entry_id: string; cost: bigint }[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.entries({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    entries.push(...page.entries);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return entries;
}

function lastSequences(lines: readonly LineFact[]): string[] {
  const last = new Map<string, number>();
  for (const { writer_id, sequence } of lines) {
    last.set(writer_id, Math.max(sequence, last.get(writer_id) ?? 0));
  }
  return [...last].map(([writer_id, sequence]) => `${writer_id} ${sequence}`).sort();
}

function compare(
  auditor: Auditor,
  what: string,
  told: readonly string[],
  there: readonly string[],
): void {
  if (told.length === there.length && told.every((each, index) => each === there[index])) return;
  const lacking = there.filter((each) => !told.includes(each));
  const beyond = told.filter((each) => !there.includes(each));
  const some = (of: readonly string[]): string => of.slice(0, 3).join(', ');
  auditor.violated(RULE, `${what}: lacking ${some(lacking)}; beyond ${some(beyond)}`);
}
