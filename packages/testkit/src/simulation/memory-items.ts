/**
 * A table in memory with the semantics of DynamoDB that the store relies on: strongly consistent
 * reads, transactions that are all or nothing, and tokens. What is unreliable about a network is
 * put around it elsewhere.
 */
import type {
  Condition,
  Item,
  ItemKey,
  ItemQuery,
  Items,
  Reason,
  Transacted,
  Write,
} from '@tollkeeper/server/dynamodb';

export class MemoryItems implements Items {
  /** By partition, then by sort key. */
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #tokens = new Map<string, Transacted>();

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    return keys.map((key) => this.peek(key));
  }

  async query({ pk, from, to, descending, limit }: ItemQuery): Promise<readonly Item[]> {
    const found = [...(this.#partitions.get(pk)?.values() ?? [])]
      .filter(({ sk }) => (from === undefined || sk >= from) && (to === undefined || sk <= to))
      .sort((a, b) => (a.sk < b.sk ? -1 : 1));
    if (descending === true) found.reverse();
    return found.slice(0, limit);
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const before = this.#tokens.get(token);
    if (before !== undefined) return before;
    const reasons = writes.map((write) => this.#reasonAgainst(write));
    if (reasons.some(({ kind }) => kind !== 'none')) return { kind: 'cancelled', reasons };
    for (const write of writes) this.#apply(write);
    const committed = { kind: 'committed' } as const;
    this.#tokens.set(token, committed);
    return committed;
  }

  async writeEach(writes: readonly Write[]): Promise<void> {
    for (const write of writes) this.#apply(write);
  }

  async close(): Promise<void> {}

  /** One item, at once. */
  peek({ pk, sk }: ItemKey): Item | undefined {
    return this.#partitions.get(pk)?.get(sk);
  }

  /** Every item of every partition. */
  *all(): Generator<Item> {
    for (const partition of this.#partitions.values()) yield* partition.values();
  }

  /** For whoever wants to see every write. */
  protected changed(_key: ItemKey, _before: Item | undefined, _after: Item | undefined): void {}

  #reasonAgainst(write: Write): Reason {
    if (write.condition === undefined) return { kind: 'none' };
    const item = this.peek(write.op === 'put' ? write.item : write.key);
    return holds(write.condition, item) ? { kind: 'none' } : { kind: 'condition', item };
  }

  #apply(write: Write): void {
    if (write.op === 'check') return;
    const { pk, sk } = write.op === 'put' ? write.item : write.key;
    const partition = this.#partitions.get(pk) ?? new Map<string, Item>();
    this.#partitions.set(pk, partition);
    const before = partition.get(sk);
    // Attributes are never changed in place, so none of them is copied.
    if (write.op === 'put') partition.set(sk, Object.freeze({ ...write.item }));
    else partition.delete(sk);
    this.changed({ pk, sk }, before, partition.get(sk));
  }
}

function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'absent':
      return item === undefined;
    case 'version':
      return item?.v === condition.v;
    case 'unfenced':
      return (
        item !== undefined &&
        item.fenced === undefined &&
        item.epoch === condition.epoch &&
        Number(item.must_know ?? 0) <= condition.known
      );
  }
}
