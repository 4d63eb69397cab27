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

/** Sees the writes of one step, and which life made them. */
export type Watcher = (changes: readonly Change[], by: string) => void;

/** The items, with a watcher of every write. */
export class WatchedItems extends MemoryItems {
  readonly #watch: Watcher;
  #changes: Change[] = [];
  /** The life that writes at the moment. */
  by = '';

  constructor(watch: Watcher) {
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

  /** Removes items whose time to live has ended, `at` seconds since the epoch, one by one. */
  expire(at: number, takes: () => boolean): number {
    this.by = 'expiry';
    const ended = [...this.all()].filter(({ ttl }) => typeof ttl === 'number' && ttl < at);
    const gone = ended.filter(() => takes());
    for (const { pk, sk } of gone) {
      void super.writeEach([{ op: 'delete', key: { pk, sk } }]);
      this.#tell();
    }
    return gone.length;
  }

  #tell(): void {
    if (this.#changes.length > 0) this.#watch(this.#changes.splice(0), this.by);
  }
}

/** The service: throttles, and cancels transactions that meet. */
export class SimulatedTable {
  readonly items: WatchedItems;
  readonly #world: World;
  /** Keys that a transaction is just writing or checking, with its token. */
  readonly #busy = new Map<string, string>();

  constructor(world: World, watch: Watcher) {
    this.#world = world;
    this.items = new WatchedItems(watch);
  }

  async transact(writes: readonly Write[], token: string, by: string): Promise<Transacted> {
    const { timeline, weather, random, isCalm, tally } = this.#world;
    if (!isCalm && random.chance(weather.throttled)) {
      tally.count('write_throttled');
      return { kind: 'throttled' };
    }
    const keys = writes.map(keyOf);
    if (keys.some((key) => this.#busy.get(key) === token)) {
      throw new StoreUnavailable('The same transaction is in progress.');
    }
    if (keys.some((key) => this.#busy.has(key))) {
      tally.count('conflict');
      const reasons = keys.map((key): Reason => ({
        kind: this.#busy.has(key) ? 'conflict' : 'none',
      }));
      return { kind: 'cancelled', reasons };
    }
    const struck = isCalm ? undefined : this.#strike(writes.length);
    if (struck !== undefined) return struck;
    for (const key of keys) this.#busy.set(key, token);
    await new Promise<void>((resolve) => {
      timeline.after(random.exponential(TRANSACTION_MS), 'the table commits', resolve);
    });
    for (const key of keys) this.#busy.delete(key);
    this.items.by = by;
    return this.items.transact(writes, token);
  }

  async writeEach(writes: readonly Write[], by: string): Promise<void> {
    this.items.by = by;
    return this.items.writeEach(writes);
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
export function linkedItems(table: SimulatedTable, link: Link, by: string): Items {
  return {
    get: (keys) => link.ask('read', 'get', () => table.get(keys)),
    query: (query) => link.ask('read', 'query', () => table.query(query)),
    transact(writes, token) {
      // What is sent once is answered once: a second copy neither happens after the first was
      // refused, nor is refused while that happens. Whoever sends again without having had an
      // answer knows of both.
      let answer: Promise<Transacted> | undefined;
      return link.ask('write', 'transact', () => {
        answer ??= table.transact(writes, token, by);
        return answer;
      });
    },
    writeEach: (writes) => link.ask('write', 'writeEach', () => table.writeEach(writes, by)),
    close: async () => undefined,
  };
}
