/** A table in memory behind a network that loses answers, and a service that is busy at times. */
import type {
  Item,
  ItemKey,
  ItemQuery,
  Items,
  Transacted,
  Write,
} from '@tollkeeper/server/dynamodb';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';

/** How often of a hundred each thing goes wrong. */
export interface Troubles {
  readonly conflict: number;
  readonly throttled: number;
  readonly lostBefore: number;
  readonly lostAfter: number;
}

export const NO_TROUBLE: Troubles = { conflict: 0, throttled: 0, lostBefore: 0, lostAfter: 0 };

export class UnreliableItems implements Items {
  readonly table = new MemoryItems();
  readonly sent: (readonly Write[])[] = [];
  /** What happens next, before chance has its say. */
  readonly next: ((writes: readonly Write[]) => Transacted | 'lost' | 'lost-after' | undefined)[] =
    [];
  gets = 0;
  #troubles: Troubles;
  readonly #random: () => number;

  constructor(troubles: Troubles, random: () => number) {
    this.#troubles = troubles;
    this.#random = random;
  }

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    this.gets += 1;
    await this.#turns();
    const found = await this.table.get(keys);
    await this.#turns();
    if (this.#happens(this.#troubles.lostBefore)) throw new StoreUnavailable('lost');
    return found;
  }

  async query(query: ItemQuery): Promise<readonly Item[]> {
    await this.#turns();
    return this.table.query(query);
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    this.sent.push(writes);
    await this.#turns();
    const wanted = this.next.shift()?.(writes);
    if (typeof wanted === 'object') return wanted;
    if (wanted === 'lost' || this.#happens(this.#troubles.lostBefore)) {
      throw new StoreUnavailable('lost');
    }
    if (this.#happens(this.#troubles.throttled)) return { kind: 'throttled' };
    if (this.#happens(this.#troubles.conflict)) {
      const at = Math.floor(this.#random() * writes.length);
      const busy = { kind: 'conflict' } as const;
      const free = { kind: 'none' } as const;
      return { kind: 'cancelled', reasons: writes.map((_, index) => (index === at ? busy : free)) };
    }
    const outcome = await this.table.transact(writes, token);
    await this.#turns();
    if (wanted === 'lost-after' || this.#happens(this.#troubles.lostAfter)) {
      throw new StoreUnavailable('lost');
    }
    return outcome;
  }

  writeEach(writes: readonly Write[]): Promise<void> {
    return this.table.writeEach(writes);
  }

  async close(): Promise<void> {}

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#troubles = NO_TROUBLE;
  }

  #happens(percent: number): boolean {
    return percent > 0 && this.#random() * 100 < percent;
  }

  /** Others get their turn in between. */
  async #turns(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 4); turns > 0; turns -= 1) await Promise.resolve();
  }
}
