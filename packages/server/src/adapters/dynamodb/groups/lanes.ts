/**
 * Lanes: what ties the transactions of an instance to its being alive, and to what is new among
 * budgets.
 *
 * An instance has a few lanes, items of its own. Each of its transactions checks one of them: that
 * nobody has fenced the instance under the epoch it acts by, and that no newer definitions of
 * budgets have been made known to it than those by which the transaction was decided. Two
 * transactions that check one item would conflict, so a lane has one in flight at a time.
 *
 * Fencing is one transaction over the instance and all its lanes. From then on nothing happens in
 * the name of the old epoch; what had no durable intent can not be dispatched.
 */
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import type { Item, ItemKey } from '../items/items.ts';
import { instancePartition, laneSort } from '../items/keys.ts';

/**
 * The instance was fenced: others take it for dead and settle what it had intended. It may go on
 * under a new epoch once that is done.
 */
export class Fenced extends StoreUnavailable {}

/** What DynamoDB will never take: too large, or malformed. Nothing of it happened. */
export class TransactionRefused extends Error {
  readonly code = 'transaction_refused';
  override readonly name = 'TransactionRefused';
}

/** What is known here of the definitions of budgets. */
export interface News {
  /** The revision of budgets that everything known here is as of. */
  known(): number;
  /** Learns what has changed up to this revision at least; then `known()` is no less. */
  catchUp(revision: number): Promise<void>;
}

/** The lanes of the instances of this process. */
export interface Lanes {
  /** How many an instance has. */
  readonly count: number;
  /**
   * The epoch under which an instance may act; one that is met for the first time is registered.
   * Undefined: it was fenced, and has not been let in again.
   */
  open(instanceId: string): Promise<number | undefined>;
  /** A check has shown that this epoch of the instance is over. */
  lost(instanceId: string, epoch: number): void;
}

/** The key of a lane; they count from 0. */
export const laneKey = (instanceId: string, lane: number): ItemKey => ({
  pk: instancePartition(instanceId),
  sk: laneSort(lane),
});

/** What a lane, as it is, says to a transaction of an epoch that knows budgets as of a revision. */
export type LaneVerdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'fenced' }
  /** Definitions up to this revision have to be known first. */
  | { readonly kind: 'news'; readonly revision: number };

/** Judges as the condition `unfenced` of a table does. */
export function laneVerdict(lane: Item | undefined, epoch: number, known: number): LaneVerdict {
  if (lane === undefined || lane.fenced !== undefined || lane.epoch !== epoch) {
    return { kind: 'fenced' };
  }
  const revision = Number(lane.must_know ?? 0);
  return revision > known ? { kind: 'news', revision } : { kind: 'free' };
}

/** The revision of budgets that META/REVISIONS tells; 0 before the first. */
export function budgetsRevision(revisions: Item | undefined): number {
  return Number(revisions?.budgets ?? 0);
}
