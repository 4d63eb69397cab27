/**
 * The table of a run: reads are strongly consistent, transactions are all or nothing and take a
 * moment, in which others that touch the same items are cancelled, as in the real service.
 */
import type {
  Item,
  ItemKey,
  ItemQuery,
  Items,
  Reason,
  Transacted,
  Write,
} from '@tollkeeper/server/dynamodb';
import { StoreUnavailable } from '@tollkeeper/server/inside';
import type { Link } from './link.ts';
import { MemoryItems } from './memory-items.ts';
import type { Change } from './table-audit.ts';
import type { World } from './world.ts';

const TRANSACTION_MS = 2;

/** The items, with a watcher of every write. */
export class WatchedItems extends MemoryItems {
  readonly #watch: (changes: readonly Change[]) => void;
  #changes: Change[] = [];

  constructor(watch: (changes: readonly Change[]) => void) {
    super();
    this.#watch = watch;
  }

  protected override changed(
    { pk, sk }: ItemKey,
    before: Item | undefined,
    after: Item | undefined,
  ): void {
    this.#changes.push({ pk, sk, before, after });
  }

  override async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const done = super.transact(writes, token);
    this.#tell();
    return done;
  }

  override async writeEach(writes: readonly Write[]): Promise<void> {
    const done = super.writeEach(writes);
    this.#tell();
    return done;
  }

  #tell(): void {
    if (this.#changes.length > 0) this.#watch(this.#changes.splice(0));
  }
}

/** The service: throttles, and cancels transactions that meet. */
export class SimulatedTable {
  readonly items: WatchedItems;
  readonly #world: World;
  /** Keys that a transaction is just writing or checking. */
  readonly #busy = new Set<string>();

  constructor(world: World, watch: (changes: readonly Change[]) => void) {
    this.#world = world;
    this.items = new WatchedItems(watch);
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const { timeline, weather, random, isCalm, tally } = this.#world;
    if (!isCalm && random.chance(weather.throttled)) {
      tally.count('write_throttled');
      return { kind: 'throttled' };
    }
    const keys = writes.map(keyOf);
    if (keys.some((key) => this.#busy.has(key))) {
      tally.count('conflict');
      const reasons = keys.map((key): Reason => ({
        kind: this.#busy.has(key) ? 'conflict' : 'none',
      }));
      return { kind: 'cancelled', reasons };
    }
    const struck = isCalm ? undefined : this.#strike(writes.length);
    if (struck !== undefined) return struck;
    for (const key of keys) this.#busy.add(key);
    await new Promise<void>((resolve) => {
      timeline.after(random.exponential(TRANSACTION_MS), 'the table commits', resolve);
    });
    for (const key of keys) this.#busy.delete(key);
    return this.items.transact(writes, token);
  }

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    this.#mayThrottle();
    return this.items.get(keys);
  }

  async query(query: ItemQuery): Promise<readonly Item[]> {
    this.#mayThrottle();
    return this.items.query(query);
  }

  /** One of the items is throttled, or just being touched by somebody who is not seen here. */
  #strike(count: number): Transacted | undefined {
    const { weather, random, tally } = this.#world;
    if (!random.chance(weather.conflict)) return undefined;
    const kind = random.chance(0.7) ? 'conflict' : 'throttled';
    tally.count(kind === 'conflict' ? 'conflict' : 'write_throttled');
    const struck = random.below(count);
    const reasons = Array.from({ length: count }, (_, index): Reason => ({
      kind: index === struck ? kind : 'none',
    }));
    return { kind: 'cancelled', reasons };
  }

  #mayThrottle(): void {
    const { weather, random, isCalm, tally } = this.#world;
    if (isCalm || !random.chance(weather.throttled / 4)) return;
    tally.count('throttled');
    throw new StoreUnavailable('The table throttles.');
  }
}

function keyOf(write: Write): string {
  const { pk, sk } = write.op === 'put' ? write.item : write.key;
  return `${pk}\u0000${sk}`;
}

/** The table as one process sees it, behind its network. */
export function linkedItems(table: SimulatedTable, link: Link): Items {
  return {
    get: (keys) => link.ask('read', 'get', () => table.get(keys)),
    query: (query) => link.ask('read', 'query', () => table.query(query)),
    transact: (writes, token) => link.ask('write', 'transact', () => table.transact(writes, token)),
    writeEach: (writes) => link.ask('write', 'writeEach', () => table.items.writeEach(writes)),
    close: async () => undefined,
  };
}
