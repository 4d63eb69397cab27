/**
 * The plain stores in memory behind the network: what the simulation itself is tried on. Locks are
 * those of one machine, which knows at once who is dead.
 */
import { totalExcess } from '@tollkeeper/core';
import {
  LeasedLedger,
  LeasingMemoryLedger,
  memoryRates,
  memoryStore,
  type InstanceLocks,
  type LeasingLedger,
  type LedgerStore,
  type Stores,
} from '@tollkeeper/server/inside';
import type { LedgerFacts } from './auditor.ts';
import type { Engine, Opened, Opening } from './engine.ts';
import { drawLeases, figuresOf } from './lease-figures.ts';
import { ERA } from './life.ts';
import type { Link, Purpose } from './link.ts';
import type { World } from './world.ts';

const READS = new RegExp(
  '^(entries|summary|labelSums|holds|writers|budgets|budgetStates|postedSince|get|list|revision' +
    '|audit|refusals|correctionsOf|copied)$',
);

/** See the head of the file. */
export function memoryEngine(world: World): Engine {
  return engineOver(world, 'memory', memoryStore(), (ledger) => ledger);
}

/** The same with leases: each process has a leased ledger of its own before the one in memory. */
export function leasedMemoryEngine(world: World): Engine {
  const stores = memoryStore();
  const inner = new LeasingMemoryLedger(() => 0);
  const settings = drawLeases(world.random.fork('leases'));
  const ledgers: LeasedLedger[] = [];
  const engine = engineOver(world, 'leased-memory', { ...stores, ledger: inner }, (_, opening) => {
    const { link, instanceId, clock, ids } = opening;
    const own = new LeasedLedger({
      inner: remote<LeasingLedger>(inner, link),
      ...{ instanceId, clock, ids, settings },
    });
    ledgers.push(own);
    return own;
  });
  return { ...engine, leases: () => figuresOf(ledgers) };
}

function engineOver(
  world: World,
  name: string,
  stores: Stores,
  ledgerOf: (remoteLedger: LedgerStore, opening: Opening) => LedgerStore,
): Engine {
  world.lateWrites = false;
  const known = new Set<string>();
  const dead = new Set<string>();
  const rates = memoryRates();
  const locksOf = (own: string): InstanceLocks => ({
    dead: async () => [...dead],
    lives: async (instance) => known.has(instance) && !dead.has(instance),
    forget: async (instance) => void dead.delete(instance),
    release: (left) => {
      if (left === 'unsettled') dead.add(own);
    },
  });
  return {
    name,
    async found(documents, budgets) {
      for (const document of documents) await stores.catalog.put(document);
      for (const budget of budgets) await stores.ledger.putBudget({ budget, at: ERA });
    },
    async open(opening: Opening): Promise<Opened> {
      const { link, instanceId } = opening;
      known.add(instanceId);
      const ledger = ledgerOf(remote(stores.ledger, link), opening);
      const locks = locksOf(instanceId);
      return {
        stores: {
          ledger,
          catalog: remote(stores.catalog, link),
          refusals: remote(stores.refusals, link),
        },
        locks,
        rates,
        end: async (left) => {
          if (ledger instanceof LeasedLedger) await ledger.giveBack();
          const leases = ledger instanceof LeasedLedger ? ledger.leases : 0;
          await ledger.close();
          locks.release(leases > 0 ? 'unsettled' : left);
        },
      };
    },
    ended: (instanceId) => {
      if (known.has(instanceId)) dead.add(instanceId);
    },
    check: () => undefined,
    facts: () => factsOf(stores, known),
    fits: () => undefined,
    expire: () => 0,
    leases: () => ({ taken: 0, returned: 0, lost: 0 }),
    figures: () => ({}),
  };
}

/** The same port, each call of which goes through the network. */
function remote<T extends object>(target: T, link: Link): T {
  return new Proxy(target, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      const purpose: Purpose = READS.test(name) ? 'read' : 'write';
      return (...args: unknown[]) =>
        link.ask(purpose, name, () => Reflect.apply(member, of, args) as Promise<unknown>);
    },
  });
}

async function factsOf({ ledger }: Stores, instances: Iterable<string>): Promise<LedgerFacts> {
  const { entries } = await ledger.entries({ limit: 1_000_000 });
  const holds = await ledger.holds();
  const states = await ledger.budgets(ERA);
  const leases: string[] = [];
  if (ledger instanceof LeasingMemoryLedger) {
    for (const instance of instances) {
      leases.push(...(await ledger.leases(instance)).map(({ lease_id }) => lease_id));
    }
  }
  return {
    lines: entries,
    open: holds.map(({ intent }) => intent.attempt_id),
    leases,
    rows: states.map(({ budget, balance, window_start }) => ({
      budget_id: budget.budget_id,
      window_start,
      ...{ posted: balance.posted, held: balance.held },
      // What the limit was when it stood highest is not known here.
      high_water: balance.posted + balance.held,
      excess: totalExcess(balance.excess),
      limit: budget.limit.amount,
      enforced: budget.mode === 'enforce',
    })),
  };
}
