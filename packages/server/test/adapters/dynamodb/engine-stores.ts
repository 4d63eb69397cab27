/**
 * Stores on an engine that runs for one test file. There is one table; every case has partitions of
 * its own in it, as making a table takes longer than most cases.
 */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startDynamoEngine, type DynamoEngineName } from '@tollkeeper/testkit/dynamo-engine';
import {
  openDynamoStore,
  type DynamoStores,
  type Item,
  type ItemKey,
  type ItemQuery,
  type Items,
  type Transacted,
  type Write,
} from '../../../src/adapters/dynamodb/index.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';
import { freshItemsAt } from './engine-table.ts';

/**
 * Starts the engine before the tests of a file and stops it behind them; what is returned opens
 * empty stores, which are closed after the case.
 */
export function storesOnEngine(name: DynamoEngineName): () => Promise<DynamoStores> {
  let stop = async (): Promise<void> => undefined;
  let table: Items | undefined;
  let cases = 0;
  let opened: DynamoStores | undefined;

  beforeAll(async () => {
    const engine = await startDynamoEngine(name);
    stop = () => engine.stop();
    table = await freshItemsAt(engine.endpoint);
  });

  afterEach(async () => {
    await opened?.ledger.close();
    opened = undefined;
  });

  afterAll(async () => {
    await table?.close();
    await stop();
  });

  return async () => {
    if (table === undefined) throw new Error('The engine has not been started.');
    const clock = systemClock();
    opened = openDynamoStore({
      items: new PartOfItems(table, `case ${(cases += 1)} `),
      clock,
      ids: systemIds(clock),
      random: Math.random,
      leaseMs: 10_000,
      freshnessMs: 5_000,
      laneCount: 1,
    });
    return opened;
  };
}

/** The partitions of a table whose names begin alike, as a table. */
class PartOfItems implements Items {
  readonly #items: Items;
  readonly #prefix: string;

  constructor(items: Items, prefix: string) {
    this.#items = items;
    this.#prefix = prefix;
  }

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    const found = await this.#items.get(keys.map((key) => this.#inside(key)));
    return found.map((item) => item && this.#outside(item));
  }

  async query(query: ItemQuery): Promise<readonly Item[]> {
    const found = await this.#items.query({ ...query, pk: this.#prefix + query.pk });
    return found.map((item) => this.#outside(item));
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const outcome = await this.#items.transact(this.#allInside(writes), token);
    if (outcome.kind !== 'cancelled') return outcome;
    const reasons = outcome.reasons.map((reason) =>
      reason.kind === 'condition'
        ? { ...reason, item: reason.item && this.#outside(reason.item) }
        : reason,
    );
    return { kind: 'cancelled', reasons };
  }

  writeEach(writes: readonly Write[]): Promise<void> {
    return this.#items.writeEach(this.#allInside(writes));
  }

  /** The table stays for others. */
  async close(): Promise<void> {}

  #allInside(writes: readonly Write[]): Write[] {
    return writes.map((write) =>
      write.op === 'put'
        ? { ...write, item: this.#inside(write.item) }
        : { ...write, key: this.#inside(write.key) },
    );
  }

  #inside<K extends ItemKey>(item: K): K {
    return { ...item, pk: this.#prefix + item.pk };
  }

  #outside(item: Item): Item {
    return { ...item, pk: item.pk.slice(this.#prefix.length) };
  }
}
