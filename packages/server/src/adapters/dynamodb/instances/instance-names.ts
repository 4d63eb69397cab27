/**
 * A ledger in which every instance acts under the name that it has at the moment (see
 * `instances.ts`): its own id, until it was taken for dead.
 */
import type { LeasingLedger } from '../../../ports/leasing-ledger.ts';

/** Whoever is told `instance_id` is told the name instead. */
export function underNames(
  ledger: LeasingLedger,
  nameOf: (instanceId: string) => string,
): LeasingLedger {
  const named = <C extends { readonly instance_id: string }>(command: C): C => {
    const name = nameOf(command.instance_id);
    return name === command.instance_id ? command : { ...command, instance_id: name };
  };
  return {
    ...ledger,
    reserve: (command) => ledger.reserve(named(command)),
    reserveLeased: (command) => ledger.reserveLeased(named(command)),
    settle: (command) => ledger.settle(named(command)),
    settleLeased: (command) => ledger.settleLeased(named(command)),
    record: (command) => ledger.record(named(command)),
    recordLeased: (command) => ledger.recordLeased(named(command)),
    takeLease: (command) => ledger.takeLease(named(command)),
    returnLease: (command) => ledger.returnLease(named(command)),
    leases: (instanceId) => ledger.leases(nameOf(instanceId)),
  };
}
