/** One window of a budget as this process uses it: its figures, its lease, and who waits for it. */
import { EMPTY_BALANCE, type Balance } from '@tollkeeper/core';
import type { BudgetState } from '../ports/ledger-store.ts';
import type { KnownBudget } from './known-budgets.ts';
import type { Lease } from './lease.ts';

/** A caller that waits for a part of a lease. */
export interface Waiter {
  readonly amount: bigint;
  readonly at: number;
  /** Undefined: there is none, ask the budget directly. */
  readonly resolve: (lease: Lease | Promise<undefined> | undefined) => void;
}

export class Block {
  readonly known: KnownBudget;
  readonly windowStart: number;
  /** Milliseconds since the epoch; null for `total`. */
  readonly resetsAt: number | null;
  /**
   * As the store has it, leases counted as held: what it last told, moved on by what was done here
   * since. Undefined: nobody knows. It sizes leases and is shown; it refuses nothing for good.
   */
  balance: Balance | undefined;
  /** Nothing is known to have been held or posted here: it may have to be summed up first. */
  isNew = true;
  lease: Lease | undefined;
  /** In the order in which they came; served by the take that is under way. */
  readonly waiters: Waiter[] = [];
  taking: Promise<void> | undefined;
  /** Reservations that are asking this budget directly. */
  direct = 0;

  constructor(known: KnownBudget, windowStart: number, resetsAt: number | null) {
    this.known = known;
    this.windowStart = windowStart;
    this.resetsAt = resetsAt;
  }

  /** Whether a moment lies in this window. */
  holds(at: number): boolean {
    return at >= this.windowStart && (this.resetsAt === null || at < this.resetsAt);
  }

  /** Whether its window has ended by a moment. */
  isOver(now: number): boolean {
    return this.resetsAt !== null && now >= this.resetsAt;
  }

  /** What nobody has posted or held here as far as is known; null: nothing is refused. */
  get free(): bigint | null {
    const { limit, mode } = this.known.budget;
    if (mode === 'warn') return null;
    if (this.balance === undefined) return limit.amount;
    const free = limit.amount - this.balance.posted - this.balance.held;
    return free > 0n ? free : 0n;
  }

  /** Whether an amount does not fit any more, or may not, as far as is known. */
  lacks(amount: bigint): boolean {
    if (this.balance === undefined) return true;
    const { posted, held } = this.balance;
    return posted + held + amount > this.known.budget.limit.amount;
  }

  /** What a process with no leases would see: what is leased and unused is free. */
  get state(): BudgetState {
    return this.shown({
      budget: this.known.budget,
      balance: this.balance ?? EMPTY_BALANCE,
      window_start: this.windowStart,
      resets_at: this.resetsAt,
    });
  }

  /** A state of the store, of this window, as a process with no leases would see it. */
  shown(state: BudgetState): BudgetState {
    return { ...state, balance: this.shownBalance(state.balance) };
  }

  shownBalance(balance: Balance): Balance {
    const unused = this.lease?.available ?? 0n;
    if (unused === 0n) return balance;
    const held = balance.held - unused;
    return { ...balance, held: held > 0n ? held : 0n };
  }

  /** Whether nothing here has to be remembered. */
  get isIdle(): boolean {
    return (
      this.lease === undefined &&
      this.taking === undefined &&
      this.waiters.length === 0 &&
      this.direct === 0
    );
  }
}
