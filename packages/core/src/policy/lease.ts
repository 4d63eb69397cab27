/**
 * How large a lease is: the block of a budget that one process takes at once, to give holds out of
 * it in memory. Large enough that a busy budget is seldom asked, and small enough that nobody else
 * misses what is in it.
 */

/** What is known when a process asks for room. Amounts are in the budget's unit. */
export interface LeaseDemand {
  /** Calls that asked this process for room in about the last lease time, this one included. */
  readonly calls: number;
  /** What they asked for together. */
  readonly amount: bigint;
  /**
   * What nobody has posted or held in the window, as last told; null where nothing is refused.
   */
  readonly free: bigint | null;
}

/** By which a lease is sized. */
export interface LeaseRule {
  /** A lease holds at most so many calls of the present size; 0: nothing is ever leased. */
  readonly blockCalls: number;
  /** Fewer calls in a lease time than this, and the budget is too rare to be leased. */
  readonly minCalls: number;
  /** At most this part of what is free is taken at once: one in so many. */
  readonly freeParts: number;
}

/** A lease of less than so many calls saves nothing. */
const CALLS_WORTH_IT = 2n;

/**
 * How much to lease; 0: reserve directly. About what is used in a lease time, no more than a part
 * of what is free, so that leases shrink with it and the last of a window is not leased at all.
 */
export function leaseSize(demand: LeaseDemand, rule: LeaseRule): bigint {
  const { calls, amount, free } = demand;
  if (rule.blockCalls === 0 || calls < rule.minCalls || calls === 0) return 0n;
  const call = (amount + BigInt(calls) - 1n) / BigInt(calls);
  const most = call * BigInt(rule.blockCalls);
  const used = amount < most ? amount : most;
  if (free === null) return used;
  const share = free / BigInt(rule.freeParts);
  const size = used < share ? used : share;
  return size < call * CALLS_WORTH_IT ? 0n : size;
}
