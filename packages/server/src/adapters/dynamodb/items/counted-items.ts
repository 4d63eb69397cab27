/**
 * Counts what the store asks of its table, by what it is about: the cost of every kind of call can
 * be read from it. Units follow from the sizes of items by the rules of DynamoDB, since the service
 * tells only the sum of a transaction; a cancelled transaction costs as much as one that happened.
 */
import type { KindCount, StoreCounts } from '../../../ports/store-counts.ts';
import { type ItemKind, kindOf } from './item-kind.ts';
import { itemBytes, readUnits, writeUnits } from './item-size.ts';
import type { Item, ItemKey, ItemQuery, Items, Transacted, Write } from './items.ts';

export type { KindCount, StoreCounts };

type Sums = { -readonly [name in keyof Omit<StoreCounts, 'kinds'>]: number };

export class CountedItems implements Items {
  readonly #items: Items;
  readonly #sums: Sums = {
    committed: 0,
    cancelled: 0,
    throttled: 0,
    lost: 0,
    stale: 0,
    conflicts: 0,
    reads: 0,
    items_read: 0,
    read_units: 0,
  };
  readonly #kinds = new Map<ItemKind, KindCount>();

  constructor(items: Items) {
    this.#items = items;
  }

  /** Since the start. */
  counts(): StoreCounts & { readonly kinds: { readonly [kind in ItemKind]?: KindCount } } {
    return { ...this.#sums, kinds: Object.fromEntries(this.#kinds) };
  }

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    const found = await this.#items.get(keys);
    this.#sums.reads += 1;
    for (const item of found) this.#read(item === undefined ? 0 : itemBytes(item), 1);
    return found;
  }

  async query(query: ItemQuery): Promise<readonly Item[]> {
    const found = await this.#items.query(query);
    this.#sums.reads += 1;
    this.#read(
      found.reduce((bytes, item) => bytes + itemBytes(item), 0),
      found.length,
    );
    return found;
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    let outcome: Transacted;
    try {
      outcome = await this.#items.transact(writes, token);
    } catch (error) {
      this.#sums.lost += 1;
      throw error;
    }
    this.#sums[outcome.kind] += 1;
    const happened = outcome.kind === 'committed';
    for (const write of writes) {
      const units = outcome.kind === 'throttled' ? 0 : writeUnits(write, true);
      this.#wrote(write, happened, units);
    }
    if (outcome.kind === 'cancelled') {
      for (const { kind } of outcome.reasons) {
        if (kind === 'condition') this.#sums.stale += 1;
        if (kind === 'conflict') this.#sums.conflicts += 1;
        if (kind === 'throttled') this.#sums.throttled += 1;
      }
    }
    return outcome;
  }

  async writeEach(writes: readonly Write[]): Promise<void> {
    await this.#items.writeEach(writes);
    for (const write of writes) this.#wrote(write, true, writeUnits(write, false));
  }

  close(): Promise<void> {
    return this.#items.close();
  }

  #read(bytes: number, items: number): void {
    this.#sums.items_read += items;
    this.#sums.read_units += readUnits(bytes);
  }

  #wrote(write: Write, happened: boolean, units: number): void {
    const kind = kindOf(write);
    const before = this.#kinds.get(kind) ?? { writes: 0, conditions: 0, write_units: 0 };
    const written = happened && write.op !== 'check' ? 1 : 0;
    const conditions = happened && write.condition !== undefined ? 1 : 0;
    this.#kinds.set(kind, {
      writes: before.writes + written,
      conditions: before.conditions + conditions,
      write_units: before.write_units + units,
    });
  }
}
