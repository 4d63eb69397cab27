/** Leases of this process that it does not know: takes that were carried out too late. */
import type { LeasingLedger } from '../ports/leasing-ledger.ts';

/** Ends them. Returns how many; never rejects: the next look finds what is left. */
export async function endStrays(
  inner: LeasingLedger,
  instanceId: string,
  isKnown: (leaseId: string) => boolean,
): Promise<number> {
  let ended = 0;
  try {
    for (const { lease_id, budget_id, window_start } of await inner.leases(instanceId)) {
      if (isKnown(lease_id)) continue;
      const stray = { lease_id, budget_id, window_start, amount: 0n };
      await inner.returnLease({ ...stray, instance_id: instanceId, ends: true });
      ended += 1;
    }
  } catch {
    return ended;
  }
  return ended;
}
