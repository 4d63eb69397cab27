/** Leases made, grown, given back and ended; what holds do with them is in `ledger-commands.ts`. */
import { hold as addHold, roomFor, unhold, windowAt } from '@tollkeeper/core';
import type { TakeLease } from '../../ports/leasing-ledger.ts';
import type { Row } from './budget-cache.ts';
import { refusalOf, stateOf } from './budget-row.ts';
import type { Lease } from './leases.ts';
import type { ReturnLeaseCommand, WriteAnswer } from './protocol.ts';
import type { WriteSession } from './write-session.ts';

const GONE: WriteAnswer = { kind: 'gone' };

export class LeaseCommands {
  readonly #session: WriteSession;

  constructor(session: WriteSession) {
    this.#session = session;
  }

  take(command: TakeLease): WriteAnswer {
    const { instance_id, lease_id, grows, budget_id, at, wanted, least } = command;
    const { budgets, leases } = this.#session;
    const definition = budgets.get(budget_id);
    if (definition === undefined) return GONE;
    const { start: window_start } = windowAt(
      definition.budget.window,
      definition.budget.timezone,
      at,
    );
    const before = leases.find(lease_id);
    if (grows !== (before !== undefined)) return GONE;
    const named = { lease_id, instance_id, budget_id, window_start };
    if (before !== undefined && !isSame(before, named)) return GONE;
    const row = budgets.row(definition, at);
    const amount = grantable(row, wanted, least);
    if (amount === undefined) {
      return { kind: 'refused', blocking: [refusalOf(row, least)] };
    }
    if (before === undefined) leases.add({ ...named, granted: amount, used: 0n });
    else leases.change(before, amount, 0n);
    this.#session.move(row, addHold(row.balance, amount));
    const lease = { lease_id, budget_id, window_start };
    return { kind: 'taken', lease, amount, state: stateOf(row) };
  }

  giveBack({ part, ends }: ReturnLeaseCommand): WriteAnswer {
    const lease = this.#session.leases.find(part.lease_id);
    if (lease === undefined || lease.instance_id !== part.instance_id) return { kind: 'returned' };
    const unused = lease.granted - lease.used;
    if (ends) this.#end(lease);
    else this.#giveBack(lease, part.amount < unused ? part.amount : unused);
    return { kind: 'returned' };
  }

  /** Ends all leases of an instance. */
  endOf(instanceId: string): WriteAnswer {
    for (const lease of this.#session.leases.ofInstance(instanceId)) this.#end(lease);
    return { kind: 'returned' };
  }

  /** What open holds took stays held: from now on they are as holds of no lease. */
  #end(lease: Lease): void {
    this.#giveBack(lease, lease.granted - lease.used);
    this.#session.leases.end(lease);
  }

  #giveBack(lease: Lease, amount: bigint): void {
    const { budgets, leases } = this.#session;
    const definition = budgets.get(lease.budget_id);
    if (definition === undefined || amount <= 0n) return;
    const row = budgets.row(definition, lease.window_start);
    leases.change(lease, -amount, 0n);
    this.#session.move(row, unhold(row.balance, amount));
  }
}

/** How much a lease may have; undefined: not even `least` fits. */
function grantable(
  { definition, balance }: Row,
  wanted: bigint,
  least: bigint,
): bigint | undefined {
  const { budget } = definition;
  if (roomFor(budget, balance, least) !== 'fits') return undefined;
  if (budget.mode === 'warn') return wanted;
  const free = budget.limit.amount - balance.posted - balance.held;
  return free < wanted ? free : wanted;
}

function isSame(lease: Lease, named: Omit<Lease, 'granted' | 'used' | 'changed'>): boolean {
  return (
    lease.instance_id === named.instance_id &&
    lease.budget_id === named.budget_id &&
    lease.window_start === named.window_start
  );
}
