/** An attempt of this process, from its reservation to its end, and what it has of leases. */
import type { Amounts } from '@tollkeeper/core';
import type { LeasedPart } from '../ports/leasing-ledger.ts';
import type { Settle } from '../ports/ledger-store.ts';
import type { Block } from './block.ts';
import type { KnownBudget } from './known-budgets.ts';
import type { Lease } from './lease.ts';

/** How often a command is sent anew after a lease was lost; then it asks the budgets directly. */
export const ROUNDS_MAX = 3;

/** What an attempt holds of one window of a budget. */
export interface Part {
  readonly block: Block;
  readonly amount: bigint;
  /** Where it comes out of; undefined: the budget is asked directly. */
  lease: Lease | undefined;
  /** Of a settlement: the lease that the posting comes out of, how much does, and what is left. */
  from: Lease | undefined;
  spent: bigint;
  rest: bigint;
}

export class Attempt {
  /** The moment that chooses its windows. */
  readonly at: number;
  /** What it may take at most. */
  readonly amounts: Amounts;
  parts: Part[] = [];
  /** While the store has not answered. Settles when it has; may reject. */
  reserving: Promise<unknown> | undefined;
  /** The reservation was rejected: nobody knows whether there is a hold. */
  isUncertain = false;
  /** Settlements sent, all with the same parts. */
  settlements = 0;

  constructor(at: number, amounts: Amounts) {
    this.at = at;
    this.amounts = amounts;
  }

  add(block: Block, amount: bigint): Part {
    const part = partOf(block, amount);
    this.parts.push(part);
    return part;
  }

  /** What the hold takes out of leases. */
  leased(): LeasedPart[] {
    const leased: LeasedPart[] = [];
    for (const { lease, amount } of this.parts) {
      if (lease !== undefined) leased.push(lease.part(amount));
    }
    return leased;
  }

  /** Whether it took more than it held. */
  isExceededBy({ usd, tokens, requests }: Settle['postings']): boolean {
    const { amounts } = this;
    return (
      usd.amount > amounts.usd ||
      tokens.amount > amounts.tokens ||
      requests.amount > amounts.requests
    );
  }

  /** Whether it has a part of this budget, out of a lease or not. */
  asked(known: KnownBudget): boolean {
    return this.parts.some(({ block }) => block.known === known);
  }

  /**
   * What a settlement takes out of leases. A posting above the hold takes from what is unused
   * first, so that no excess is named while there is such. A repetition names the same.
   */
  spend(postings: Settle['postings']): LeasedPart[] {
    const leased: LeasedPart[] = [];
    for (const part of this.parts) {
      if (this.settlements === 0) decide(part, postings[unitOf(part.block)].amount);
      if (part.from !== undefined) leased.push(part.from.part(part.spent));
    }
    this.settlements += 1;
    return leased;
  }
}

export function partOf(block: Block, amount: bigint): Part {
  return { block, amount, lease: undefined, from: undefined, spent: 0n, rest: 0n };
}

export function unitOf(block: Block): keyof Amounts {
  return block.known.budget.limit.unit;
}

function decide(part: Part, posted: bigint): void {
  const { amount, block } = part;
  const held = part.lease === undefined ? 0n : least(posted < 0n ? 0n : posted, amount);
  const beyond = posted - amount;
  part.from = part.lease;
  part.spent = held;
  part.rest = part.lease === undefined ? 0n : amount - held;
  if (beyond <= 0n) return;
  const lease = part.lease ?? block.lease;
  if (lease?.standing !== 'live' || lease.available <= 0n) return;
  const more = least(beyond, lease.available);
  lease.available -= more;
  if (part.lease === undefined) lease.users += 1;
  part.from = lease;
  part.spent += more;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
