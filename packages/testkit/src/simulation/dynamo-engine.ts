/**
 * The DynamoDB store of each process over one simulated table, with leases in front of it as
 * processes have them.
 */
import { openDynamoRates, openDynamoStore, type DynamoStores } from '@tollkeeper/server/dynamodb';
import type { Items } from '@tollkeeper/server/dynamodb';
import { LeasedLedger, type LeasingLedger, type LeaseSettings } from '@tollkeeper/server/inside';
import { SMALL_CALL, type Key } from './catalogue.ts';
import type { Engine, Opened, Opening } from './engine.ts';
import { clockOf, idsOf, Life, MachineClock } from './life.ts';
import { drawLeases, figuresOf } from './lease-figures.ts';
import { Link } from './link.ts';
import type { Planted } from './planted.ts';
import { SimulatedTable, linkedItems } from './table.ts';
import { TableAudit, type Change } from './table-audit.ts';
import { LEASE_MS } from './timing.ts';
import type { World } from './world.ts';

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
    const time = {
      now: () => timeline.now,
      away: (from: number, to: number) => awayWithin(world.outages, from, to),
    };
    this.#audit = new TableAudit(auditor, time, LEASE_MS / FASTEST_CLOCK);
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
      const stores = this.#open(this.#itemsOf(opening), opening);
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
    const items = this.#itemsOf(opening);
    const stores = this.#open(items, opening);
    const random = this.#world.random.fork(`${opening.life.name} shares`);
    const rates = openDynamoRates({ ...opening, items, random: () => random.next() });
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
      rates: planted.rates?.(rates) ?? rates,
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

  fits({ org_id, app_id, user_id, key_id }: Key, at: number): boolean {
    const model_id = SMALL_CALL.model;
    return this.#audit.fits({ org_id, app_id, user_id, key_id, model_id }, SMALL_CALL.most, at);
  }

  expire(at: number, takes: () => boolean): number {
    return this.#table.items.expire(Math.floor(at / 1_000), takes);
  }

  leases(): ReturnType<Engine['leases']> {
    return figuresOf(this.#ledgers);
  }

  figures(): Record<string, number> {
    return this.#audit.figures();
  }

  #itemsOf({ life, link }: Opening): Items {
    const items = linkedItems(this.#table, link, life.name);
    return this.#planted.items?.(items) ?? items;
  }

  #open(items: Items, { life, clock, ids }: Opening): DynamoStores {
    const random = this.#world.random.fork(`${life.name} pauses`);
    return openDynamoStore({
      ...{ items, clock, ids, random: () => random.next() },
      ...{ leaseMs: LEASE_MS, laneCount: LANES, freshnessMs: this.#freshnessMs },
    });
  }
}

/** How often and how long within a span of time nobody could reach the table. */
function awayWithin(
  outages: World['outages'],
  from: number,
  to: number,
): { readonly times: number; readonly ms: number } {
  let [times, ms, counted] = [0, 0, from];
  for (const outage of outages) {
    const end = Math.min(outage.to, to);
    if (end <= counted || outage.from >= to) continue;
    times += 1;
    ms += end - Math.max(outage.from, counted);
    counted = end;
  }
  return { times, ms };
}

/** One write, for whoever reads the trace. */
function told({ pk, sk, before, after }: Change): string {
  const { pk: _pk, sk: _sk, ...attributes } = after ?? { pk, sk };
  const how = after === undefined ? 'deleted' : before === undefined ? 'made' : 'changed';
  return `${how} ${pk} / ${sk} ${JSON.stringify(attributes)}`;
}
