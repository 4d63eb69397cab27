/**
 * What a ledger needs besides, so that processes can lease blocks of its budgets. A block is a part
 * of one budget's window that one instance has: it counts as held, and only that instance gives
 * holds out of it. `LeasedLedger` is the only one that uses this.
 *
 * In the store, a lease is `granted`: what the instance may still use, running holds included. A
 * settlement out of a lease moves its amount from granted to posted, so that posted + held of the
 * balance stays as it is. Figures that a store shows count leases as held, and what was settled out
 * of them as posted.
 */
import type {
  Blocking,
  BudgetState,
  LedgerStore,
  RecordEntry,
  Recorded,
  Reserve,
  Reserved,
  Settle,
  Settled,
} from './ledger-store.ts';

/** Names a lease for good: one that ended and was taken again has another id. */
export interface LeaseName {
  readonly lease_id: string;
  readonly budget_id: string;
  /** Milliseconds since the epoch; 0 for `total`. */
  readonly window_start: number;
}

/** Makes a lease, or a lease larger. */
export interface TakeLease {
  readonly instance_id: string;
  /** Of the lease that is to grow, or a new one. */
  readonly lease_id: string;
  /** The lease is there already. One that is not is never made again: the answer is `gone`. */
  readonly grows: boolean;
  readonly budget_id: string;
  /** Chooses the window. */
  readonly at: number;
  /** At most this much, and no less than `least`, in the budget's unit. */
  readonly wanted: bigint;
  readonly least: bigint;
}

export type TakenLease =
  | {
      readonly kind: 'taken';
      readonly lease: LeaseName;
      /** What was added. */
      readonly amount: bigint;
      readonly state: BudgetState;
    }
  /** Not even `least` fits. */
  | { readonly kind: 'refused'; readonly blocking: Blocking }
  /** There is no such budget, or the lease that was to grow is no more, or has another window. */
  | { readonly kind: 'gone' };

/** A part of a hold, or of a posting, that comes out of a lease. */
export interface LeasedPart extends LeaseName {
  readonly amount: bigint;
}

/**
 * As `Reserve`; what `leased` names comes out of leases of the instance, and its budgets are
 * not asked. All other budgets that cover the subject are asked as always. All or none. The states
 * of an answer need not name what came out of a lease; they name all others.
 */
export interface ReserveLeased extends Reserve {
  readonly leased: readonly LeasedPart[];
}

/**
 * As `Settle`; `leased` says how much of the posting comes out of a lease: at most the hold and
 * what the instance keeps free for it there, whether the hold itself came out of that lease or was
 * direct. So granted falls by it, and held falls by it and by a direct hold. The rest of the
 * posting is beside it. For budgets of the hold that are not named, as recovery does not know them,
 * it is at most as much as the hold took from the lease. The states of an answer need not name
 * budgets of which nothing but a lease has changed.
 */
export interface SettleLeased extends Settle {
  readonly leased: readonly LeasedPart[];
}

/**
 * As `RecordEntry`, with as much of the posting as `leased` says out of leases; of a submission, in
 * the window that `at` chooses. The states of an answer as for `SettleLeased`.
 */
export interface RecordLeased extends RecordEntry {
  readonly leased: readonly LeasedPart[];
}

/** One of these leases is no more: nothing was written. */
export interface LeaseLost {
  readonly kind: 'lease_lost';
  readonly lease_ids: readonly string[];
}

/** What stands in the store of a lease. */
export interface LeaseState extends LeaseName {
  readonly instance_id: string;
  readonly granted: bigint;
}

export interface LeasingLedger extends LedgerStore {
  takeLease(command: TakeLease): Promise<TakenLease>;
  /**
   * Gives `amount` back; with `ends` the lease ends, with all that is left of it: its id alone says
   * which, since who had no answer to its take may not know its window. An unknown lease:
   * nothing happens. After a rejected promise nobody knows what the lease has, here as for
   * `takeLease`: such a lease is only wound down, and ended.
   */
  returnLease(
    command: LeasedPart & { readonly instance_id: string; readonly ends: boolean },
  ): Promise<void>;
  reserveLeased(command: ReserveLeased): Promise<Reserved | LeaseLost>;
  /** A lost lease does not stand in the way: what came out of it is posted beside it. */
  settleLeased(command: SettleLeased): Promise<Settled>;
  recordLeased(command: RecordLeased): Promise<Recorded | LeaseLost>;
  /** The leases of an instance. One that its instance does not know is ended by it. */
  leases(instanceId: string): Promise<readonly LeaseState[]>;
}
