/**
 * Three processes hold, lease and settle over one table while budgets are made, changed and removed
 * under them, over a network that loses answers, and one of them dies. After every transaction that
 * happens, the balance of each budget that is whole is what the entries and open holds amount to,
 * and no more than its limit and what is named above it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, totalExcess, windowAt } from '@tollkeeper/core';
import type { Budget } from '@tollkeeper/core';
import {
  budget,
  DAY,
  NOON,
  reserve,
  settle,
  submission,
} from '@tollkeeper/testkit/conformance/fixtures';
import {
  attemptOf,
  type HeldPart,
} from '../../../../src/adapters/dynamodb/attempts/attempt-item.ts';
import {
  balanceOf,
  leaseOf,
  type StoredLease,
} from '../../../../src/adapters/dynamodb/budgets/balance-item.ts';
import { Blocks } from '../blocks.ts';
import {
  definitionOf,
  type Definition,
} from '../../../../src/adapters/dynamodb/budgets/definition-item.ts';
import { lineOf } from '../../../../src/adapters/dynamodb/entries/entry-item.ts';
import type {
  Item,
  ItemKey,
  ItemQuery,
  Transacted,
  Write,
} from '../../../../src/adapters/dynamodb/items/items.ts';
import { balanceKey } from '../../../../src/adapters/dynamodb/items/keys.ts';
import { openDynamoStore, type DynamoStores } from '../../../../src/adapters/dynamodb/store.ts';
import { interruptedEntry } from '../../../../src/jobs/recovery.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { LeasedPart } from '../../../../src/ports/leasing-ledger.ts';
import { countingIds, seeded } from '../group-rig.ts';
import { NO_TROUBLE, UnreliableItems, type Troubles } from '../unreliable-items.ts';

const PROCESSES = 3;
const CALLERS = 3;
/** Only one process looks for news by itself: the others have to be told. */
const NEVER = 1_000_000_000;

/** One thing that a caller or an operator does. */
const step = fc.record({
  by: fc.integer({ min: 0, max: PROCESSES - 1 }),
  caller: fc.integer({ min: 0, max: CALLERS - 1 }),
  act: fc.constantFrom('call', 'call', 'call', 'call', 'submit', 'put', 'put', 'limit', 'remove'),
  at: fc.constantFrom(NOON, NOON, NOON, NOON - DAY, NOON + DAY),
  app: fc.constantFrom('a1', 'a2'),
  usd: fc.bigInt({ min: 0n, max: 40n }),
  spent: fc.bigInt({ min: 0n, max: 40n }),
  ends: fc.constantFrom('settled', 'settled', 'released', 'open', 'over'),
  budget: fc.integer({ min: 0, max: 1 }),
  leased: fc.boolean(),
  window: fc.constantFrom('day', 'hour', 'total'),
  scope: fc.constantFrom('organization', 'application'),
  limit: fc.bigInt({ min: 10n, max: 150n }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const percent = fc.integer({ min: 0, max: 15 });
const troubles: fc.Arbitrary<Troubles> = fc.record({
  conflict: percent,
  throttled: percent,
  lostBefore: percent,
  lostAfter: percent,
});

/** The table, looked at after every transaction that happened. */
class AuditedItems extends UnreliableItems {
  readonly audit: () => void;

  constructor(given: Troubles, random: () => number, audit: (items: AuditedItems) => void) {
    super(given, random);
    this.audit = () => audit(this);
    const { table } = this;
    const transact = table.transact.bind(table);
    table.transact = async (writes: readonly Write[], token: string): Promise<Transacted> => {
      const outcome = await transact(writes, token);
      this.audit();
      return outcome;
    };
  }
}

/** A process's way to the table, that ends for good once so many transactions were sent. */
class MortalItems {
  readonly #items: UnreliableItems;
  left = Infinity;

  constructor(items: UnreliableItems) {
    this.#items = items;
  }

  get = (keys: readonly ItemKey[]) => this.#whileAlive(() => this.#items.get(keys));
  query = (query: ItemQuery) => this.#whileAlive(() => this.#items.query(query));
  writeEach = (writes: readonly Write[]) => this.#whileAlive(() => this.#items.writeEach(writes));
  close = async (): Promise<void> => {};

  transact = async (writes: readonly Write[], token: string): Promise<Transacted> => {
    this.left -= 1;
    // The last one happens, and nobody here learns of it.
    if (this.left === 0) await this.#items.transact(writes, token);
    return this.#whileAlive(() => this.#items.transact(writes, token));
  };

  async #whileAlive<T>(act: () => Promise<T>): Promise<T> {
    if (this.left <= 0) throw new StoreUnavailable('This process is dead.');
    return act();
  }
}

/** Pauses pass at once, heartbeats never. */
const clock: Clock = {
  now: () => NOON,
  monotonic: () => performance.now(),
  after: (ms, then) => {
    if (ms > 5_000) return { cancel: () => {} };
    const timer = setImmediate(then);
    return { cancel: () => clearImmediate(timer) };
  },
};

interface World {
  readonly items: AuditedItems;
  readonly processes: readonly {
    readonly store: DynamoStores;
    readonly items: MortalItems;
    readonly blocks: Blocks;
  }[];
  /** The highest limit that a budget ever had. */
  readonly limits: Map<string, bigint>;
  attempts: number;
}

function worldOf(given: Troubles, random: () => number): World {
  const limits = new Map<string, bigint>();
  const items = new AuditedItems(given, random, (audited) => checkTable(audited, limits));
  const processes = Array.from({ length: PROCESSES }, (_, index) => {
    const mortal = new MortalItems(items);
    const ids = countingIds(random);
    const bounds = { leaseMs: 1_000_000, freshnessMs: index === 1 ? 0 : NEVER, laneCount: 2 };
    return {
      items: mortal,
      blocks: new Blocks(`p${index}`),
      store: openDynamoStore({ items: mortal, clock, ids, random, ...bounds }),
    };
  });
  return { items, processes, limits, attempts: 0 };
}

/** Compares every balance that is whole with what there is. */
function checkTable({ table }: AuditedItems, limits: ReadonlyMap<string, bigint>): void {
  const all = [...table.all()];
  const definitions = all.filter(({ pk }) => pk.startsWith('O#')).map(definitionOf);
  const facts = factsOf(all);
  for (const definition of definitions) {
    const { budget_id } = definition.budget;
    for (const item of all) {
      if (!item.pk.startsWith(`$#${budget_id}#`) || item.sk !== 'BALANCE') continue;
      const stored = balanceOf(item);
      if (stored.since_rev !== definition.since_rev || stored.seeding !== null) continue;
      const start = Number(item.pk.split('#').at(-1));
      const { balance } = stored;
      const leases = all
        .filter(({ pk, sk }) => pk === item.pk && sk.startsWith('LEASE#'))
        .map(leaseOf)
        .filter(({ since_rev }) => since_rev === definition.since_rev);
      const expected = amountsIn(definition, start, facts, leases);
      expect([budget_id, balance.posted, balance.held]).toEqual([budget_id, ...expected]);
      const most = (limits.get(budget_id) ?? 0n) + totalExcess(balance.excess);
      expect(balance.posted + balance.held <= most, `${budget_id} above its limit`).toBe(true);
      expect(balance.high_water <= most, `${budget_id} was above its limit`).toBe(true);
    }
  }
}

interface Fact {
  readonly subject: Parameters<typeof covers>[1];
  readonly at: number;
  readonly posted: bigint;
  readonly held: bigint;
  /** What came out of leases, and is in what these were granted. */
  readonly leased: readonly HeldPart[];
}

function factsOf(all: readonly Item[]): Fact[] {
  return all.flatMap((item): Fact[] => {
    if (item.pk.startsWith('E#')) {
      const { entry, at, postings } = lineOf(item);
      return [{ subject: entry, at, posted: postings.usd.amount, held: 0n, leased: [] }];
    }
    const attempt = item.pk.startsWith('A#') ? attemptOf(item) : undefined;
    if (attempt?.kind !== 'open') return [];
    const { subject, at } = attempt.intent;
    const leased = attempt.held.filter(({ lease }) => lease !== null);
    return [{ subject, at, posted: 0n, held: attempt.amounts.usd, leased }];
  });
}

/** What the balance of a window is to have posted and held. */
function amountsIn(
  { budget: of, since_rev }: Definition,
  start: number,
  facts: readonly Fact[],
  leases: readonly StoredLease[],
): [posted: bigint, held: bigint] {
  let [posted, held] = [0n, 0n];
  const unspent = new Map<string, bigint>();
  for (const { lease_id, granted, spent } of leases) {
    posted -= spent.amount;
    held += granted;
    unspent.set(lease_id, granted - spent.amount);
  }
  for (const fact of facts) {
    const window = windowAt(of.window, of.timezone, fact.at);
    if (!covers(of, fact.subject) || window.start !== start) continue;
    posted += fact.posted;
    const part = fact.leased.find(
      (one) => one.budget_id === of.budget_id && one.since_rev === since_rev,
    );
    if (part?.lease) {
      const { lease_id, amount } = part.lease;
      unspent.set(lease_id, (unspent.get(lease_id) ?? 0n) - amount);
    } else {
      held += fact.held;
    }
  }
  for (const [leaseId, left] of unspent) {
    expect(left >= 0n, `more is held out of ${leaseId} than it has`).toBe(true);
  }
  return [posted, held];
}

/** Again until it is known to have happened; false: the process is dead. */
async function untilDone(process: World['processes'][number], act: () => Promise<unknown>) {
  while (process.items.left > 0) {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
  return false;
}

async function play(world: World, given: Step): Promise<void> {
  const process = world.processes[given.by];
  if (process === undefined || process.items.left <= 0) return;
  const { ledger } = process.store;
  const wanted = budgetOf(given);
  switch (given.act) {
    case 'call':
      return call(world, process, given);
    case 'submit': {
      const id = `s${(world.attempts += 1)}`;
      const change = { at: given.at, started_at: given.at, org_id: 'org', app_id: given.app };
      const command = { ...submission(id, given.spent, change), instance_id: `p${given.by}` };
      await untilDone(process, () => ledger.record(command));
      return;
    }
    case 'put':
    case 'limit': {
      const { budget_id, limit } = wanted;
      const before = world.limits.get(budget_id) ?? 0n;
      world.limits.set(budget_id, before > limit.amount ? before : limit.amount);
      await untilDone(process, () => ledger.putBudget({ budget: wanted, at: NOON }));
      return;
    }
    case 'remove':
      await untilDone(process, () => ledger.removeBudget(wanted.budget_id));
  }
}

function budgetOf({ act, budget: number, window, scope, app, limit }: Step): Budget {
  const scopes = {
    organization: { type: 'organization', org_id: 'org' },
    application: { type: 'application', org_id: 'org', app_id: app },
  } as const;
  const kind = act === 'limit' ? {} : { window, scope: scopes[scope] };
  return budget({ budget_id: `b${number}`, amount: limit, ...kind });
}

async function call(
  world: World,
  process: World['processes'][number],
  { by, at, app, usd, spent, ends, leased, budget: number }: Step,
): Promise<void> {
  const id = `c${(world.attempts += 1)}`;
  const { ledger } = process.store;
  const subject = { ...reserve(id, 0n).intent.subject, app_id: app };
  const instance = `p${by}`;
  const { blocks } = process;
  const part = leased ? await blocks.carve(ledger, `b${number}`, at, usd) : undefined;
  const parts = (amount: bigint): LeasedPart[] => (part ? [{ ...part, amount }] : []);
  let answer: string;
  try {
    const command = { ...reserve(id, usd, { at, subject, instance }), leased: parts(usd) };
    answer = (await ledger.reserveLeased(command)).kind;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    if (await untilDone(process, () => ledger.release(id))) blocks.giveBack(part, usd);
    return;
  }
  if (answer === 'lease_lost') blocks.lost(part);
  else if (answer !== 'held') blocks.giveBack(part, usd);
  if (answer !== 'held' || ends === 'open') return;
  if (ends === 'released') {
    if (await untilDone(process, () => ledger.release(id))) blocks.giveBack(part, usd);
    return;
  }
  const cost = ends === 'over' ? usd + spent : spent < usd ? spent : usd;
  const used = cost < usd ? cost : usd;
  const settling = settle(id, cost, { started_at: at, app_id: app, instance });
  const isSettled = await untilDone(process, () =>
    ledger.settleLeased({ ...settling, leased: parts(used) }),
  );
  if (isSettled) blocks.giveBack(part, usd - used);
}

/** Each caller does one thing after the other, all of them at once. */
async function playAll(world: World, steps: readonly Step[]): Promise<void> {
  const callers = new Map<string, Step[]>();
  for (const given of steps) {
    const name = `${given.by} ${given.caller}`;
    callers.set(name, [...(callers.get(name) ?? []), given]);
  }
  await Promise.all(
    [...callers.values()].map(async (own) => {
      for (const given of own) await play(world, given);
    }),
  );
}

/** What the others do about the process that died. */
async function recover(world: World): Promise<void> {
  const [, healthy] = world.processes;
  if (healthy === undefined) return;
  const { ledger } = healthy.store;
  for (const hold of await ledger.holds('p0')) {
    const { usd, tokens, requests } = hold.amounts;
    const whole = (amount: bigint) => ({ amount, ceiling: amount });
    await ledger.settle({
      instance_id: 'p1',
      entry: interruptedEntry(hold, NOON),
      postings: { usd: whole(usd), tokens: whole(tokens), requests: whole(requests) },
      origin: 'recovery',
      correction_id: `x-${hold.intent.attempt_id}`,
    });
  }
  await ledger.endLeases('p0');
  expect(await ledger.holds('p0')).toEqual([]);
}

/** After all is over, whoever asks every budget for room finds it whole. */
async function allIsWhole(world: World): Promise<void> {
  const last = world.processes[1];
  if (last === undefined) return;
  for (const app of ['a1', 'a2']) {
    for (const at of [NOON, NOON + DAY]) {
      const id = `last-${app}-${at}`;
      const subject = { ...reserve(id, 0n).intent.subject, app_id: app };
      await last.store.ledger.reserve(reserve(id, 0n, { at, subject, instance: 'p1' }));
    }
  }
  world.items.audit();
  for (const item of world.items.table.all()) {
    if (!item.pk.startsWith('O#')) continue;
    const { budget: of, since_rev, since } = definitionOf(item);
    const balance = world.items.table.peek(balanceKey(of.budget_id, since));
    const isAsked = windowAt(of.window, of.timezone, NOON).start === since;
    if (balance === undefined || !isAsked) continue;
    expect(balanceOf(balance)).toMatchObject({ since_rev, seeding: null });
  }
}

/** One caller makes a budget and then calls out of leases of it: that much happens in any case. */
const CALLS_OUT_OF_LEASES: Step[] = Array.from({ length: 9 }, (_, index) => ({
  by: 1,
  caller: 0,
  act: index === 0 ? 'put' : 'call',
  at: NOON,
  app: 'a1',
  usd: 7n,
  spent: BigInt(index),
  ends: 'settled',
  budget: 0,
  leased: true,
  window: 'day',
  scope: 'organization',
  limit: 150n,
}));

test('balances are the sums of entries and holds at every moment, whatever happens', async () => {
  let transactions = 0;
  let leased = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      troubles,
      fc.integer({ min: 1, max: 60 }),
      fc.integer(),
      async (steps, given, dies, seed) => {
        const world = worldOf(given, seeded(seed));
        const [first] = world.processes;
        if (first !== undefined) first.items.left = dies;
        await playAll(world, steps);
        world.items.heal();
        if (first !== undefined) first.items.left = 0;
        await recover(world);
        await allIsWhole(world);
        transactions += world.items.sent.length;
        for (const { blocks } of world.processes) leased += blocks.carved;
        for (const { store } of world.processes) await store.ledger.close().catch(() => {});
      },
    ),
    {
      numRuns: 100_000,
      examples: [[CALLS_OUT_OF_LEASES, NO_TROUBLE, 1, 1]],
      interruptAfterTimeLimit: Number(process.env.SEEDING_MS ?? 1_500),
      markInterruptAsFailure: false,
    },
  );
  expect(transactions).toBeGreaterThan(10);
  expect(leased).toBeGreaterThan(5);
});
