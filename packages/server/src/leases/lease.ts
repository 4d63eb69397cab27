/** A lease as the process that has it keeps it. */
import type { LeasedPart, LeaseName } from '../ports/leasing-ledger.ts';

/**
 * `live`: holds come out of it. `leaving`: nobody knows what the store has for it, so nothing comes
 * out of it any more, and it ends with its last user. `over`: it has ended, or was lost.
 */
export type LeaseStanding = 'live' | 'leaving' | 'over';

export class Lease implements LeaseName {
  readonly lease_id: string;
  readonly budget_id: string;
  readonly window_start: number;
  standing: LeaseStanding = 'live';
  /** What nobody uses, in the budget's unit; what is on its way back is not in it. */
  available = 0n;
  /** Holds and submissions that have a part of it and are not over. */
  users = 0;
  /** When something was last taken out of it, by the monotonic clock. */
  usedAt: number;

  constructor(name: LeaseName, now: number) {
    this.lease_id = name.lease_id;
    this.budget_id = name.budget_id;
    this.window_start = name.window_start;
    this.usedAt = now;
  }

  /** Whether an amount can come out of it. Nothing comes out of an empty one, not even nothing. */
  has(amount: bigint): boolean {
    return this.standing === 'live' && this.available > 0n && this.available >= amount;
  }

  /** Takes an amount out for a new user. */
  carve(amount: bigint, now: number): void {
    this.available -= amount;
    this.users += 1;
    this.usedAt = now;
  }

  /** A user is over and leaves an amount. */
  leave(amount: bigint): void {
    this.available += amount;
    this.users -= 1;
  }

  part(amount: bigint): LeasedPart {
    const { lease_id, budget_id, window_start } = this;
    return { lease_id, budget_id, window_start, amount };
  }
}

/** The larger of two amounts. */
export function atLeast(amount: bigint, least: bigint): bigint {
  return amount > least ? amount : least;
}
