/**
 * The DynamoDB store of each process over one simulated table, with leases in front of it as
 * processes have them.
 */
import { openDynamoStore, type DynamoStores } from '@tollkeeper/server/dynamodb';
import { LeasedLedger, type LeasingLedger, type LeaseSettings } from '@tollkeeper/server/inside';
import type { Engine, Opened, Opening } from './engine.ts';
import { clockOf, idsOf, Life, MachineClock } from './life.ts';
import { drawLeases, figuresOf } from './lease-figures.ts';
import { Link } from './link.ts';
import type { Planted } from './planted.ts';
import { SimulatedTable, linkedItems } from './table.ts';
import { TableAudit, type Change } from './table-audit.ts';
import type { World } from './world.ts';

/** How long an instance may be silent before others take it for dead. */
export const LEASE_MS = 10_000;
const LANES = 4;
/** A clock may seem to run so much faster than true time. */
const FASTEST_CLOCK = 1.001;

/** See the head of the file. `planted`: faults that are put in on purpose. */
export function dynamoEngine(planted: Planted = {}): (world: World) => Engine {
  return (world) => new DynamoEngine(world, planted);
}

class DynamoEngine implements Engine {
  readonly name = 'dynamodb';
  readonly #world: World;
  readonly #planted: Planted;
  readonly #table: SimulatedTable;
  readonly #audit: TableAudit;
  readonly #leases: LeaseSettings;
  readonly #freshnessMs: number;
  readonly #ledgers: LeasedLedger[] = [];
  readonly #instances: string[] = [];

  constructor(world: World, planted: Planted) {
    this.#world = world;
    this.#planted = planted;
    const { auditor, timeline, random } = world;
    this.#audit = new TableAudit(auditor, () => timeline.now, LEASE_MS / FASTEST_CLOCK);
    this.#table = new SimulatedTable(world, (changes, by) => {
      for (const change of changes) world.trace.tell(() => told(change));
      this.#audit.committed(changes, by);
    });
    const draws = random.fork('engine');
    this.#leases = drawLeases(draws);
    this.#freshnessMs = draws.chance(0.2) ? 0 : 5_000;
  }

  async found(...[documents, budgets]: Parameters<Engine['found']>): Promise<void> {
    const world = this.#world;
    world.isCalm = true;
    const life = new Life(world, 'founder');
    const machine = new MachineClock(0, 1);
    const clock = clockOf(world, life, machine);
    const ids = idsOf(clock, world.random.fork('founder'));
    const link = new Link(world, life);
    const opening = { life, instanceId: ids.uuid(), link, clock, ids, log: () => undefined };
    let founded = false;
    const founding = (async () => {
      const stores = this.#open(opening);
      for (const document of documents) await stores.catalog.put(document);
      for (const budget of budgets) await stores.ledger.putBudget({ budget, at: clock.now() });
      await stores.ledger.close();
      founded = true;
    })();
    await world.timeline.run(
      60_000,
      () => undefined,
      () => founded,
    );
    await founding;
    life.die();
    world.isCalm = false;
  }

  async open(opening: Opening): Promise<Opened> {
    this.#instances.push(opening.instanceId);
    const stores = this.#open(opening);
    const locks = await stores.join(opening.instanceId);
    const planted = this.#planted;
    const { instanceId, clock, ids } = opening;
    const inner: LeasingLedger = planted.leasing?.(stores.ledger) ?? stores.ledger;
    const leased = new LeasedLedger({ inner, instanceId, clock, ids, settings: this.#leases });
    this.#ledgers.push(leased);
    const ledger = planted.ledger?.(leased) ?? leased;
    return {
      stores: { ...stores, ledger },
      locks: planted.locks?.(locks, () => this.#instances) ?? locks,
      end: async (left) => {
        await leased.giveBack();
        locks.release(leased.leases > 0 ? 'unsettled' : left);
        await ledger.close();
      },
    };
  }

  /** Nobody is told: others have to find out. */
  ended(): void {}

  check(): void {}

  async facts(): ReturnType<Engine['facts']> {
    return this.#audit.facts();
  }

  leases(): ReturnType<Engine['leases']> {
    return figuresOf(this.#ledgers);
  }

  figures(): Record<string, number> {
    return this.#audit.figures();
  }

  #open({ life, link, clock, ids }: Opening): DynamoStores {
    const items = linkedItems(this.#table, link, life.name);
    const random = this.#world.random.fork(`${life.name} pauses`);
    return openDynamoStore({
      items: this.#planted.items?.(items) ?? items,
      ...{ clock, ids, random: () => random.next() },
      ...{ leaseMs: LEASE_MS, laneCount: LANES, freshnessMs: this.#freshnessMs },
    });
  }
}

/** One write, for whoever reads the trace. */
function told({ pk, sk, before, after }: Change): string {
  const { pk: _pk, sk: _sk, ...attributes } = after ?? { pk, sk };
  const how = after === undefined ? 'deleted' : before === undefined ? 'made' : 'changed';
  return `${how} ${pk} / ${sk} ${JSON.stringify(attributes)}`;
}
