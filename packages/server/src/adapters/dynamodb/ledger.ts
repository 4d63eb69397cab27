/** The ledger on DynamoDB: what writes and what reads, as one. */
import type { LeasingLedger } from '../../ports/leasing-ledger.ts';
import type { LedgerReads } from './ledger-reads.ts';
import type { LedgerWrites } from './ledger-writes.ts';

/** `close` closes all stores of the table. */
export function ledgerOf(
  writes: LedgerWrites,
  reads: LedgerReads,
  close: () => Promise<void>,
): LeasingLedger {
  return {
    reserve: (command) => writes.reserve(command),
    reserveLeased: (command) => writes.reserveLeased(command),
    release: (attemptId) => writes.release(attemptId),
    settle: (command) => writes.settle(command),
    settleLeased: (command) => writes.settleLeased(command),
    record: (command) => writes.record(command),
    recordLeased: (command) => writes.recordLeased(command),
    takeLease: (command) => writes.takeLease(command),
    returnLease: (command) => writes.returnLease(command),
    endLeases: (instanceId) => writes.endLeases(instanceId),
    leases: (instanceId) => writes.leases(instanceId),
    putBudget: (command) => writes.putBudget(command),
    removeBudget: (budgetId, audit) => writes.removeBudget(budgetId, audit),
    budgets: (at, orgId) => reads.budgets(at, orgId),
    budgetStates: (budgetIds, at) => reads.budgetStates(budgetIds, at),
    postedSince: (budget, from, to) => reads.postedSince(budget, from, to),
    holds: (instanceId) => reads.holds(instanceId),
    entries: (query) => reads.entries(query),
    summary: (query) => reads.summary(query),
    labelSums: (query) => reads.labelSums(query),
    entriesOfWriter: (...after) => reads.entriesOfWriter(...after),
    correctionsOf: (entryIds) => reads.correctionsOf(entryIds),
    writers: () => reads.writers(),
    copied: (place) => reads.copied(place),
    markCopied: (place, through) => reads.markCopied(place, through),
    forgetEntries: (command) => reads.forgetEntries(command),
    probe: () => reads.probe(),
    close,
  };
}
