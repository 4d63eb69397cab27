/** Windows of budgets that are summed up while the budgets themselves become others. */
import { expect, test } from 'vitest';
import { budget, DAY, figures, NOON, reserve } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { putCommand } from '../../../../src/adapters/dynamodb/budgets/budget-commands.ts';
import { Seeding } from '../../../../src/adapters/dynamodb/budgets/seeding.ts';
import { rigOf, seeded } from '../group-rig.ts';
import { storesOn } from '../memory-table.ts';

const YESTERDAY = NOON - DAY;

test('of a budget that is another one by now no window is summed up unasked', async () => {
  const items = new MemoryItems();
  const { ledger } = storesOn(items);
  await ledger.putBudget({ budget: budget(), at: NOON });
  await ledger.reserve(reserve('1', 20n, { at: YESTERDAY }));
  const scope = { type: 'application', org_id: 'org', app_id: 'app' } as const;
  const changed = { budget: budget({ scope }), at: NOON };
  const { transactions } = rigOf(items, seeded(1));
  await transactions.run(putCommand(changed, NOON / 1_000));
  // A process that waited for the window, as the budget was, goes on with it.
  const push = async (): Promise<void> => {};
  const seeding = new Seeding({ items, transactions, push, now: () => NOON / 1_000 });
  const window_start = YESTERDAY - (YESTERDAY % DAY);
  await seeding.complete({ org_id: 'org', budget_id: 'budget', window_start });
  await ledger.putBudget(changed);
  await ledger.reserve(reserve('2', 5n, { at: YESTERDAY }));
  expect(await figures(ledger, 'budget', YESTERDAY)).toMatchObject({ held: 25n });
  await ledger.release('1');
  await ledger.release('2');
  expect(await figures(ledger, 'budget', YESTERDAY)).toMatchObject({ held: 0n, posted: 0n });
  await ledger.close();
});
