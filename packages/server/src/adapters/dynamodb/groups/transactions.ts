/**
 * How commands become transactions: what a command reads and writes is gathered with that of
 * others, and one transaction carries them all, on the condition that every item is still as it was
 * read. This file says what a command is; `group-commit.ts` carries them out.
 */
import type { Item, ItemKey, ItemQuery } from '../items/items.ts';

/** Attributes of an item to write; its version is the store's business. */
export type Attributes = Omit<Item, 'pk' | 'sk' | 'v'>;

/**
 * What a command sees: items as they are, with what earlier commands of the same group have
 * written. Reading what has not been fetched yet ends the run; it is fetched, and the command runs
 * again from its start, as it does when something has changed meanwhile. So a command is a pure
 * function of what it reads, and does not catch what its view throws.
 */
export interface View {
  /**
   * Undefined: there is no such item. What a command that writes has got is a condition of the
   * transaction, also where it writes elsewhere.
   */
  get(key: ItemKey): Item | undefined;
  /** As `get`, of several that are then fetched together. */
  getAll(keys: readonly ItemKey[]): readonly (Item | undefined)[];
  /**
   * As `get`, but no condition: the item as it was at some moment since the command was given.
   * For what many transactions look at, which would stand in each other's way.
   */
  peek(key: ItemKey): Item | undefined;
  /**
   * All items that a query finds, at some moment since the command was given. Not seen by others'
   * writes of the same group; not a condition.
   */
  query(query: ItemQuery): readonly Item[];
  /** Writes, on condition that the item is as this view shows it. */
  put(key: ItemKey, attributes: Attributes): void;
  /**
   * As `put`, of an item that must not be there, without having read it. False, and nothing is
   * written, once it is known to be there: on the first run of a command that is rarely known.
   */
  create(key: ItemKey, attributes: Attributes): boolean;
  /** Writes whatever is there: the same item comes from everybody. Its version stays 1. */
  set(key: ItemKey, attributes: Attributes): void;
  delete(key: ItemKey): void;
  /**
   * What the commands of one group leave each other, such as which log item it is that they all
   * add to. Empty at the start of every run of the group.
   */
  readonly memo: Map<string, unknown>;
}

/** Something to do in one atomic step. `A` is its answer. */
export interface Command<A> {
  /**
   * The instance in whose name it is done: the transaction happens only while no newer definitions
   * of budgets are made known to it than those by which the command was decided (see `lanes.ts`).
   * Absent for what asks no budget and is right whoever does it.
   */
  readonly instance_id?: string;
  /**
   * What becomes of it when that instance is fenced. `reject`, as without it: it is rejected with
   * `Fenced`. `by_revision`: it is right all the same, and goes on condition that the definitions
   * are the newest of all.
   */
  readonly when_fenced?: 'reject' | 'by_revision';
  /** Commands of one kind go into the same groups. */
  readonly kind: 'intent' | 'settlement' | 'other';
  /** Keys that it will get, as far as that is known before: they are fetched together. */
  readonly reads?: readonly ItemKey[];
  /**
   * Decides by what it sees. An answer without a write is given only after everything it rests on
   * was read anew. What it throws itself rejects the command alone.
   */
  decide(view: View): A;
}

/** Carries commands out. */
export interface Transactions {
  /**
   * The answer, once what the command wrote is durable. Rejects with `StoreUnavailable` when that
   * is not known, or the table is too busy; with `Fenced`, one of those, when its instance is
   * fenced; with `TransactionRefused` when DynamoDB will never take what the command writes.
   */
  run<A>(command: Command<A>): Promise<A>;
}
