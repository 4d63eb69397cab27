/** What a store asks of the service behind it, by what it is about: what its calls cost. */

/** What was done to items of one kind. */
export interface KindCount {
  /** Puts and deletes that were sent in transactions that happened, or by themselves. */
  readonly writes: number;
  /** Items of transactions that happened whose condition had to hold, checks included. */
  readonly conditions: number;
  /** Of all transactions, also of those that did not happen. */
  readonly write_units: number;
}

/** Since the start of the process. */
export interface StoreCounts {
  /** Transactions that happened, were cancelled, throttled, and whose answer was lost. */
  readonly committed: number;
  readonly cancelled: number;
  readonly throttled: number;
  readonly lost: number;
  /** Why items of cancelled transactions stood in the way. */
  readonly stale: number;
  readonly conflicts: number;
  /** Reading requests, items read, and their units. */
  readonly reads: number;
  readonly items_read: number;
  readonly read_units: number;
  /** By the kinds that the store tells apart. */
  readonly kinds: Readonly<Record<string, KindCount>>;
}
