/** One suite for every ledger that leases, beside that of all stores. */
import { describe, test } from 'vitest';
import type { LeasingLedger } from '@tollkeeper/server';
import { leaseCases } from './lease-cases.ts';

export { granted, part, take } from './lease-cases.ts';

/** Declares the suite. `open` gives an empty ledger each time, and who gives it closes it. */
export function leasingConformance(open: () => Promise<LeasingLedger>): void {
  describe('leasing', () => {
    test.for([...leaseCases])('$name', async ({ run }) => run(await open()));
  });
}
