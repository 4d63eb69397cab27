/** Plain counters of what happens to leases; whoever serves metrics reads them. */
export interface LeaseCounts {
  /** Blocks taken, and additions to blocks. */
  taken: number;
  /** Times that something unused was given back. */
  returned: number;
  /** Leases that were no more in the store when they were to be used. */
  lost: number;
  /** Leases of which nobody knows what they have, since the store did not answer. */
  doubted: number;
  /** Reservations with a part that did not come out of a block. */
  direct: number;
  /** Reservations refused here, since too many were asking the same budget directly. */
  tail: number;
}
