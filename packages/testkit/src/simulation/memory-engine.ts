/**
 * The plain stores in memory behind the network: what the simulation itself is tried on. Locks are
 * those of one machine, which knows at once who is dead.
 */
import { totalExcess } from '@tollkeeper/core';
import { memoryStore, type InstanceLocks, type Stores } from '@tollkeeper/server/inside';
import type { LedgerFacts } from './auditor.ts';
import type { Engine, Opened, Opening } from './engine.ts';
import { ERA } from './life.ts';
import type { Link, Purpose } from './link.ts';
import type { World } from './world.ts';

const READS = new RegExp(
  '^(entries|summary|labelSums|holds|writers|budgets|budgetStates|postedSince|get|list|revision' +
    '|audit|refusals|correctionsOf|copied)$',
);

/** See the head of the file. */
export function memoryEngine(world: World): Engine {
  world.lateWrites = false;
  const stores = memoryStore();
  const known = new Set<string>();
  const dead = new Set<string>();
  const locksOf = (own: string): InstanceLocks => ({
    dead: async () => [...dead],
    lives: async (instance) => known.has(instance) && !dead.has(instance),
    forget: async (instance) => void dead.delete(instance),
    release: (left) => {
      if (left === 'unsettled') dead.add(own);
    },
  });
  return {
    name: 'memory',
    async found(documents, budgets) {
      for (const document of documents) await stores.catalog.put(document);
      for (const budget of budgets) await stores.ledger.putBudget({ budget, at: ERA });
    },
    async open({ link, instanceId }: Opening): Promise<Opened> {
      known.add(instanceId);
      return {
        stores: {
          ledger: remote(stores.ledger, link),
          catalog: remote(stores.catalog, link),
          refusals: remote(stores.refusals, link),
        },
        locks: locksOf(instanceId),
      };
    },
    ended: (instanceId) => {
      if (known.has(instanceId)) dead.add(instanceId);
    },
    check: () => undefined,
    facts: () => factsOf(stores),
    leases: () => ({ taken: 0, returned: 0, lost: 0 }),
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

async function factsOf({ ledger }: Stores): Promise<LedgerFacts> {
  const { entries } = await ledger.entries({ limit: 1_000_000 });
  const holds = await ledger.holds();
  const states = await ledger.budgets(ERA);
  return {
    lines: entries,
    open: holds.map(({ intent }) => intent.attempt_id),
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
