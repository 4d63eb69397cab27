/** Leases that the store has and the process does not know. */
import { expect, test } from 'vitest';
import { budget, figures, NOON } from '@tollkeeper/testkit/conformance/fixtures';
import { LeasingMemoryLedger } from '../../src/adapters/memory/leasing.ts';
import { endStrays } from '../../src/leases/stray-leases.ts';

async function withTwoLeases() {
  const ledger = new LeasingMemoryLedger(() => 1);
  await ledger.putBudget({ budget: budget({ amount: 100n }), at: NOON });
  for (const lease_id of ['known', 'stray']) {
    const asked = { wanted: 30n, least: 30n, grows: false, budget_id: 'budget', at: NOON };
    await ledger.takeLease({ instance_id: 'p', lease_id, ...asked });
  }
  return ledger;
}

test('a stray ends, and what is known stays', async () => {
  const ledger = await withTwoLeases();
  expect(await endStrays(ledger, 'p', (id) => id === 'known')).toBe(1);
  expect(await ledger.leases('p')).toMatchObject([{ lease_id: 'known' }]);
  expect(await figures(ledger)).toMatchObject({ held: 30n });
});

test('a store that does not answer ends nothing, and fails nobody', async () => {
  const ledger = await withTwoLeases();
  ledger.returnLease = () => Promise.reject(new Error('away'));
  expect(await endStrays(ledger, 'p', () => false)).toBe(0);
  expect(await figures(ledger)).toMatchObject({ held: 60n });
});
