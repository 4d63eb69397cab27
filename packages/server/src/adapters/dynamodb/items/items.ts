/**
 * What the DynamoDB store needs of a table: strongly consistent reads, and transactions whose
 * conditions are of two kinds. Everything above it is plain code, which is why the simulation can
 * run all of it over a table of its own.
 *
 * Every item carries a version `v`, raised by one on each write: the condition of nearly
 * everything. Amounts are decimal strings, since a number of DynamoDB has 38 digits and one of
 * JavaScript 15.
 */

/** The primary key of the table: partition and sort key. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** A value of an attribute, as `@aws-sdk/lib-dynamodb` gives and takes it. Never undefined. */
export type ItemValue =
  string | number | boolean | null | readonly ItemValue[] | { readonly [name: string]: ItemValue };

/** An item as read: its key, its version and its attributes. */
export interface Item extends ItemKey {
  /**
   * Raised by one on each write. A new item starts at a number of its own, so that one that was
   * removed and made again is not taken for the old one; at 1, where that can not be.
   */
  readonly v: number;
  /** When DynamoDB may remove it by itself: seconds since the epoch. */
  readonly ttl?: number;
  readonly [attribute: string]: ItemValue | undefined;
}

/** What has to be true of an item for a transaction to happen. */
export type Condition =
  | { readonly kind: 'absent' }
  | { readonly kind: 'version'; readonly v: number }
  /** It is there, `fenced` is not set, its `epoch` is this one and its `must_know` no more. */
  | { readonly kind: 'unfenced'; readonly epoch: number; readonly known: number };

/** One part of a transaction. A key occurs once in a transaction. */
export type Write =
  | { readonly op: 'put'; readonly item: Item; readonly condition?: Condition }
  | { readonly op: 'delete'; readonly key: ItemKey; readonly condition?: Condition }
  | { readonly op: 'check'; readonly key: ItemKey; readonly condition: Condition };

/** Why one part of a cancelled transaction stood in the way. */
export type Reason =
  | { readonly kind: 'none' }
  /** Its condition does not hold. `item` is what is there instead, undefined when nothing is. */
  | { readonly kind: 'condition'; readonly item: Item | undefined }
  /** Another transaction touches it. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'throttled' }
  /** DynamoDB will never take it: too large, or malformed. */
  | { readonly kind: 'invalid'; readonly message: string };

export type Transacted =
  | { readonly kind: 'committed' }
  /** Nothing of it happened. One reason for each write, in their order. */
  | { readonly kind: 'cancelled'; readonly reasons: readonly Reason[] }
  /** Throttled as a whole: nothing of it happened. */
  | { readonly kind: 'throttled' };

/**
 * Whether an outcome is that of the transaction for good. Of one that was only too busy, an earlier
 * copy under the same token whose answer was lost may have happened, or may still.
 */
export function isFinal(outcome: Transacted): boolean {
  if (outcome.kind !== 'cancelled') return outcome.kind === 'committed';
  return outcome.reasons.some(({ kind }) => kind === 'condition' || kind === 'invalid');
}

/** Items of one partition, in the order of their sort keys. */
export interface ItemQuery {
  readonly pk: string;
  /** Inclusive. */
  readonly from?: string;
  /** Inclusive. */
  readonly to?: string;
  readonly descending?: boolean;
  readonly limit: number;
}

/** Limits of the service, as its page "Quotas in Amazon DynamoDB" has them. */
export const TRANSACTION_ITEMS_MAX = 100;
export const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
export const ITEM_BYTES_MAX = 400 * 1024;

/**
 * The table. What does not answer rejects with `StoreUnavailable`; a transaction that does so may
 * or may not have happened, and the same writes with the same token may be sent again.
 */
export interface Items {
  /** In the order asked, strongly consistent, each as of its own moment. Any number. */
  get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]>;
  /**
   * At most `limit` items, strongly consistent. Fewer means that there are no more: pages of the
   * service are joined.
   */
  query(query: ItemQuery): Promise<readonly Item[]>;
  /** All or nothing. The token makes a repetition within ten minutes the same transaction. */
  transact(writes: readonly Write[], token: string): Promise<Transacted>;
  /** Puts and deletes without conditions, each by itself. Any number; repeated until taken. */
  writeEach(writes: readonly Write[]): Promise<void>;
  close(): Promise<void>;
}
