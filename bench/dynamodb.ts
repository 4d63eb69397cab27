/**
 * `npm run bench:dynamodb`: what a call costs in DynamoDB, counted at the store.
 *
 *     node bench/dynamodb.ts [--calls N] [--engine dynoxide|dynamodb-local] [--quick]
 *
 * A local engine says nothing about the speed of the service, so nothing is timed here: items,
 * transactions, conditions and units are counted, for (a) one hot budget, (b) 10,000 budgets at a
 * call a minute and (c) four budgets a call. One process calls through leases, as in production.
 * Exit code 0: in (a) at most 0.1 conditional writes of budgets a call and at least 10 intents a
 * transaction; 1: not so; 3: what ran was not what should have run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Budget, Subject } from '@tollkeeper/core';
import {
  ClientItems,
  CountedItems,
  documentClient,
  dynamoClient,
  initTable,
  openDynamoStore,
  tableName,
  type Items,
  type StoreCounts,
  type Transacted,
  type Write,
} from '../packages/server/src/adapters/dynamodb/index.ts';
import { systemClock } from '../packages/server/src/adapters/system/clock.ts';
import { systemIds } from '../packages/server/src/adapters/system/ids.ts';
import { LEASE_DEFAULTS } from '../packages/server/src/leases/lease-settings.ts';
import { LeasedLedger } from '../packages/server/src/leases/leased-ledger.ts';
import type { LedgerStore } from '../packages/server/src/ports/ledger-store.ts';
import { startDynamoEngine } from '../packages/testkit/src/dynamo-engine.ts';
import { reserveOf, settleOf, SUBJECT } from './ledger-work.ts';

const CALLERS = 256;
/** How long a call takes between its hold and its settlement. */
const CALL_MS = 100;
const RETRY_MS = 10;
/** Budgets that are made at once. */
const MAKERS = 4;
const RARE_BUDGETS = 10_000;
const CALLS_PER_MINUTE = 1;
const CONDITIONAL_WRITES_MAX = 0.1;
const INTENTS_MIN = 10;

interface Counted {
  readonly counts: StoreCounts;
  /** Transactions with intents in them, and the intents of them. */
  readonly intentGroups: number;
  readonly intents: number;
  readonly calls: number;
  /** Of holds, how many had a part that came from no block. */
  readonly direct: number;
}

/** Looks how many intents share a transaction. */
class GroupedItems implements Items {
  readonly #items: Items;
  groups = 0;
  intents = 0;

  constructor(items: Items) {
    this.#items = items;
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const intents = writes.filter((write) => write.op === 'put' && 'intent' in write.item).length;
    const answer = await this.#items.transact(writes, token);
    if (intents > 0 && answer.kind === 'committed') {
      this.groups += 1;
      this.intents += intents;
    }
    return answer;
  }

  get: Items['get'] = (keys) => this.#items.get(keys);
  query: Items['query'] = (query) => this.#items.query(query);
  writeEach: Items['writeEach'] = (writes) => this.#items.writeEach(writes);
  close: Items['close'] = () => this.#items.close();
}

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    engine: { type: 'string', default: 'dynoxide' },
    quick: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const calls = options.quick ? 600 : Number(options.calls);
  const name = options.engine === 'dynamodb-local' ? 'dynamodb-local' : 'dynoxide';
  const engine = await startDynamoEngine(name);
  try {
    console.log(`dynamodb: ${calls} calls a case on ${name}, ${CALLERS} at once\n`);
    const hot = await measure(engine.endpoint, 'a-', [orgBudget('hot', SUBJECT.org_id)], (ledger) =>
      callAll(ledger, calls, () => SUBJECT),
    );
    print('(a) one hot budget', hot);
    const many = await measureMany(engine.endpoint, options.quick ? 300 : RARE_BUDGETS, calls);
    print(`(b) ${RARE_BUDGETS} budgets at a call a minute`, many);
    const four = await measure(engine.endpoint, 'c-', fourBudgets(), (ledger) =>
      callAll(ledger, calls, () => SUBJECT),
    );
    print('(c) four budgets a call', four);
    return judge(hot, many, four);
  } finally {
    await engine.stop();
  }
}

/** Calls over many organizations in turn, at the rate that is a call a minute for each. */
async function measureMany(endpoint: string, budgets: number, calls: number): Promise<Counted> {
  const orgs = Array.from({ length: budgets }, (_, index) => `org-${index}`);
  const every = 60_000 / CALLS_PER_MINUTE / RARE_BUDGETS;
  return measure(
    endpoint,
    'b-',
    orgs.map((org) => orgBudget(`day-${org}`, org)),
    async (ledger) => {
      const running: Promise<void>[] = [];
      const started = performance.now();
      for (let number = 0; number < calls; number++) {
        const early = started + number * every - performance.now();
        if (early > 1) await sleep(early);
        const org_id = orgs[number % budgets] ?? '';
        running.push(callOnce(ledger, number, { ...SUBJECT, org_id }));
      }
      await Promise.all(running);
    },
  );
}

/** Counts what a load costs, from a table of its own on. Budgets are made before. */
async function measure(
  endpoint: string,
  prefix: string,
  budgets: readonly Budget[],
  load: (ledger: LedgerStore) => Promise<void>,
): Promise<Counted> {
  const place = { region: 'us-east-1', endpoint, table: tableName(prefix) };
  const client = dynamoClient(place);
  const clock = systemClock();
  const ids = systemIds(clock);
  const chances = { clock, random: Math.random };
  const plain = new ClientItems({ client: documentClient(client), table: place.table, ...chances });
  await initTable({ client, items: plain, table: place.table, clock });
  const grouped = new GroupedItems(plain);
  const items = new CountedItems(grouped);
  const settings = { leaseMs: 10_000, freshnessMs: 5_000, laneCount: 4 };
  const stores = openDynamoStore({ items, ids, ...chances, ...settings });
  const locks = await stores.join('bench');
  const ledger = new LeasedLedger({
    ...{ inner: stores.ledger, instanceId: 'bench', clock, ids, settings: LEASE_DEFAULTS },
  });
  try {
    await inTurns(budgets, (budget) => ledger.putBudget({ budget, at: Date.now() }));
    const before = items.counts();
    const [groups, intents] = [grouped.groups, grouped.intents];
    await load(ledger);
    const { total } = await ledger.summary({ group_by: [] });
    return {
      counts: difference(before, items.counts()),
      intentGroups: grouped.groups - groups,
      intents: grouped.intents - intents,
      calls: total.requests,
      direct: ledger.counts.direct,
    };
  } finally {
    await ledger.close();
    locks.release();
    client.destroy();
  }
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = all[next++]; one !== undefined; one = all[next++]) await work(one);
  };
  await Promise.all(Array.from({ length: MAKERS }, worker));
}

async function callAll(ledger: LedgerStore, calls: number, who: () => Subject): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < calls) await callOnce(ledger, next++, who());
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function callOnce(ledger: LedgerStore, number: number, subject: Subject): Promise<void> {
  const reserve = {
    ...reserveOf(number, subject, Date.now()),
    catalog_revision: Number.MAX_SAFE_INTEGER,
  };
  let reserved = await ledger.reserve(reserve);
  // As the gateway does where only holds are in the way.
  while (reserved.kind === 'refused') {
    await sleep(RETRY_MS);
    reserved = await ledger.reserve(reserve);
  }
  if (reserved.kind !== 'held') throw new Error(`A reserve was answered with ${reserved.kind}.`);
  await sleep(CALL_MS);
  const settled = await ledger.settle(settleOf(reserve));
  if (settled.kind !== 'settled') throw new Error(`A settle was answered with ${settled.kind}.`);
}

function orgBudget(budget_id: string, org_id: string): Budget {
  return {
    budget_id,
    scope: { type: 'organization', org_id },
    match: null,
    limit: { unit: 'usd', amount: 10n ** 16n },
    window: 'day',
    timezone: 'UTC',
    mode: 'enforce',
  };
}

function fourBudgets(): Budget[] {
  const { org_id, app_id, user_id, key_id } = SUBJECT;
  const [budget] = [orgBudget('of-org', org_id)];
  return [
    budget,
    { ...budget, budget_id: 'of-app', scope: { type: 'application', org_id, app_id } },
    { ...budget, budget_id: 'of-user', scope: { type: 'user', org_id, user_id } },
    { ...budget, budget_id: 'of-key', scope: { type: 'key', org_id, key_id } },
  ];
}

function difference(before: StoreCounts, after: StoreCounts): StoreCounts {
  const kinds = Object.entries(after.kinds).map(([kind, count]) => {
    const earlier = before.kinds[kind];
    return [
      kind,
      {
        writes: count.writes - (earlier?.writes ?? 0),
        conditions: count.conditions - (earlier?.conditions ?? 0),
        write_units: count.write_units - (earlier?.write_units ?? 0),
      },
    ] as const;
  });
  const { kinds: _, ...sums } = after;
  const changed = Object.entries(sums).map(([name, value]) => [
    name,
    value - before[name as keyof typeof sums],
  ]);
  return { ...(Object.fromEntries(changed) as typeof sums), kinds: Object.fromEntries(kinds) };
}

/** Conditional writes of balances and leases, the items that all processes of a budget share. */
function conditionalWrites({ counts, calls }: Counted): number {
  const { balance, lease } = counts.kinds;
  return ((balance?.conditions ?? 0) + (lease?.conditions ?? 0)) / calls;
}

function print(what: string, counted: Counted): void {
  const { counts, calls, intents, intentGroups } = counted;
  const each = (count: number): string => (count / calls).toFixed(3).padStart(9);
  const kinds = Object.entries(counts.kinds);
  const sum = (member: 'writes' | 'conditions' | 'write_units'): number =>
    kinds.reduce((total, [, count]) => total + count[member], 0);
  console.log(`${what}: ${calls} calls; for each call`);
  console.log(`${each(sum('writes'))}  item writes`);
  console.log(`${each(counts.committed)}  transactions (${counts.cancelled} were cancelled)`);
  console.log(`${each(sum('conditions'))}  conditions that were checked`);
  console.log(`${each(sum('write_units'))}  write units`);
  console.log(`${each(counts.reads)}  reads, ${each(counts.read_units).trim()} read units`);
  console.log(
    `${conditionalWrites(counted).toFixed(3).padStart(9)}  conditional writes of budgets`,
  );
  console.log(`${(intents / intentGroups).toFixed(1).padStart(9)}  intents in a transaction`);
  console.log(`${each(counted.direct)}  holds with a part from no block`);
  for (const [kind, count] of kinds) {
    const units = each(count.write_units).trim();
    console.log(`${each(count.writes)}  writes of ${kind}, ${units} units`);
  }
  console.log('');
}

function judge(hot: Counted, many: Counted, four: Counted): number {
  const wrong: string[] = [];
  if ([hot, many, four].some(({ calls }) => calls === 0)) wrong.push('no call was counted');
  if (hot.direct * 2 > hot.calls) wrong.push('the hot budget was hardly leased');
  if (many.direct * 2 < many.calls) wrong.push('rare budgets were leased');
  if (wrong.length > 0) {
    console.log(`VOID: ${wrong.join('; ')}`);
    return 3;
  }
  const writes = conditionalWrites(hot);
  const intents = hot.intents / hot.intentGroups;
  const met = writes <= CONDITIONAL_WRITES_MAX && intents >= INTENTS_MIN;
  console.log(
    `${met ? 'met' : 'MISSED'}: (a) ${writes.toFixed(3)} conditional writes of budgets a call ` +
      `(at most ${CONDITIONAL_WRITES_MAX}), ${intents.toFixed(1)} intents a transaction (at ` +
      `least ${INTENTS_MIN})`,
  );
  return met || options.quick ? 0 : 1;
}
