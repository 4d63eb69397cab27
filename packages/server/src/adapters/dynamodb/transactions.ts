/**
 * How commands become transactions: what a command reads and writes is gathered with that of
 * others, and one transaction carries them all, on the condition that every item is still as it was
 * read. This file says what a command is; `group-commit.ts` carries them out.
 */
import type { Item, ItemKey, ItemQuery } from './items.ts';

/** Attributes of an item to write; its version is the store's business. */
export type Attributes = Omit<Item, 'pk' | 'sk' | 'v'>;

/**
 * What a command sees: items as they are, with what earlier commands of the same group have
 * written. Reading what has not been fetched yet ends the run; it is fetched, and the command runs
 * again from its start. So a command is a pure function of what it reads.
 */
export interface View {
  /** Undefined: there is no such item. */
  get(key: ItemKey): Item | undefined;
  /** All items that a query finds. Not seen by others' writes of the same group; not a condition. */
  query(query: ItemQuery): readonly Item[];
  /** Writes, on condition that the item is as this view shows it. */
  put(key: ItemKey, attributes: Attributes): void;
  /** As `put`, of an item that must not be there, without having read it. */
  create(key: ItemKey, attributes: Attributes): void;
  /** Writes whatever is there: the same item comes from everybody. */
  set(key: ItemKey, attributes: Attributes): void;
  delete(key: ItemKey): void;
}

/** Something to do in one atomic step. `A` is its answer. */
export interface Command<A> {
  /**
   * The instance in whose name it is done, when that must not be fenced (see `lanes.ts`); absent
   * for what is right whoever does it.
   */
  readonly instance_id?: string;
  /** Commands of one kind go into the same groups. */
  readonly kind: 'intent' | 'settlement' | 'other';
  /**
   * Decides by what it sees. An answer without a write is given only after everything it rests on
   * was read anew.
   */
  decide(view: View): A;
}

/** Carries commands out. */
export interface Transactions {
  /**
   * The answer, once what the command wrote is durable. Rejects with `StoreUnavailable` when that
   * is not known, and with `Fenced` when its instance is fenced.
   */
  run<A>(command: Command<A>): Promise<A>;
}
