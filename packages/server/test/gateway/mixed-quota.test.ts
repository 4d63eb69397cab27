/**
 * One quota, spent from both sides at once: calls through two servers on one data directory, and
 * usage that clients submit after the fact. What the quota has come to equals the ledger, the
 * simulator's book and the submissions, to the pico-dollar; and it passes its limit by nothing but
 * what submissions added.
 */
import { oracleCost, startProduct, type RunningProduct } from '@tollkeeper/testkit';
import type { RunningServer } from '../../src/index.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerStore, RecordEntry, Recorded } from '../../src/ports/ledger-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { pico, tenantOf, type Tenant } from './keeper-rig.ts';
import { call, converseBody, type Answer } from './requests.ts';
import { startSecond } from './second-server.ts';

const MODELS = {
  premium: 'amazon.nova-pro-v1:0',
  standard: 'amazon.nova-2-lite-v1:0',
  economy: 'amazon.nova-micro-v1:0',
} as const;
type Label = keyof typeof MODELS;
const LABELS = Object.keys(MODELS) as Label[];
/** Pico-USD a token, from the published price of a million. */
const RATES: Readonly<Record<Label, readonly [bigint, bigint]>> = {
  premium: [800_000n, 3_200_000n],
  standard: [330_000n, 2_750_000n],
  economy: [35_000n, 140_000n],
};
const CALLERS = 32;
const SUBMITTERS = 12;
const SUBMISSIONS_EACH = 12;
const PAGE = 500;

let product: RunningProduct;
let second: RunningServer;
const recorded: { readonly command: RecordEntry; readonly answer: Recorded }[] = [];

beforeAll(async () => {
  const settings = { admissionWaitMs: 100, rateLimitPreset: 'off' };
  product = await startProduct({ settings, wrapStores: watched });
  const upstreamUrl = product.simulator.url;
  second = await startSecond(product, { kind: 'demo', upstreamUrl, settings });
  // One token a byte, every answer as long as allowed: what is held is what is spent.
  await fetch(`${upstreamUrl}/_simulator/config`, {
    method: 'POST',
    body: JSON.stringify({ tokens: 'worst', default_max_tokens: 1_000_000 }),
  });
});
afterAll(async () => {
  await second.close();
  await product.close();
});

/**
 * The stores, with every submission's answer kept. Commands go to the store in groups, and answers
 * have the balances as of the end of their group; so every submission of this server goes alone.
 */
function watched(stores: Stores): Stores {
  const running = new Set<Promise<unknown>>();
  let turn = Promise.resolve();
  const record = async (command: RecordEntry): Promise<Recorded> => {
    const before = turn;
    let done = (): void => undefined;
    turn = new Promise((resolve) => (done = resolve));
    await before;
    await Promise.allSettled(running);
    try {
      const answer = await stores.ledger.record(command);
      recorded.push({ command, answer });
      return answer;
    } finally {
      done();
    }
  };
  const besides = async (write: () => Promise<unknown>): Promise<unknown> => {
    for (let seen; seen !== turn;) await (seen = turn);
    const writing = write();
    running.add(writing);
    return writing.finally(() => running.delete(writing));
  };
  const ledger: LedgerStore = new Proxy(stores.ledger, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name === 'record') return record;
      if (typeof member !== 'function') return member;
      const bound = member.bind(target) as (...given: unknown[]) => Promise<unknown>;
      const writes = name === 'reserve' || name === 'settle' || name === 'release';
      return writes ? (...given: unknown[]) => besides(() => bound(...given)) : bound;
    },
  });
  return { ...stores, ledger };
}

interface Counts {
  served: number;
  throttled: number;
  readonly refusals: Answer[];
}

/** Callers of labels and of concrete models on both servers, each until a 400. */
async function calls(tenant: Tenant): Promise<Counts> {
  const counts: Counts = { served: 0, throttled: 0, refusals: [] };
  const named = ['auto', 'premium', 'standard', encodeURIComponent(MODELS.premium)];
  const caller = async (index: number): Promise<void> => {
    const through = index % 2 === 0 ? product : { ...product, endpoint: second.endpoint };
    const operation = index % 4 < 2 ? 'converse' : 'converse-stream';
    const path = `/model/${named[index % named.length]}/${operation}`;
    const body = converseBody('x'.repeat(40 + ((index * 37) % 200)), 60 + ((index * 53) % 200));
    for (;;) {
      const answer = await call(through, { path, key: tenant.key, body });
      if (answer.status === 200) counts.served += 1;
      else if (answer.status === 429) counts.throttled += 1;
      else {
        counts.refusals.push(answer);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  return counts;
}

/** Submitters beside the path. Gives what they submitted to each label, in pico-USD. */
async function submissions(tenant: Tenant): Promise<Map<Label, bigint>> {
  const sums = new Map<Label, bigint>(LABELS.map((label) => [label, 0n]));
  const submitter = async (index: number): Promise<void> => {
    for (let turn = 0; turn < SUBMISSIONS_EACH; turn++) {
      const label = LABELS[(index + turn) % LABELS.length] ?? 'premium';
      const tokens = { input: 100 + 7 * index + turn, output: 50 + 3 * turn };
      expect(await tenant.submit(label, tokens)).toBe(202);
      const [input, output] = RATES[label];
      const cost = input * BigInt(tokens.input) + output * BigInt(tokens.output);
      sums.set(label, (sums.get(label) ?? 0n) + cost);
    }
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, (_, index) => submitter(index)));
  return sums;
}

async function entriesOf(tenant: Tenant) {
  const query = { org_id: tenant.orgId, limit: PAGE };
  const entries = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? {} : { cursor };
    const page = await product.client.listEntries({ query: { ...query, ...more } });
    entries.push(...page.entries);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return entries;
}

/** What the book says that the calls of these attempts cost, by the oracle. */
async function bookCost(attempts: ReadonlySet<string>): Promise<bigint> {
  let sum = 0n;
  for (const row of await product.book()) {
    if (!row.billed || row.usage === null || !attempts.has(row.attempt_id ?? '')) continue;
    const { model_id, usage } = row;
    const query = { model_id, region: 'us-east-1', scope: 'in_region', tier: 'standard' } as const;
    sum += pico(oracleCost({ ...query, at: Date.parse(row.started_at), usage }));
  }
  return sum;
}

/** By how much submissions took posted + held further above the limit, one after the other. */
function submittedExcess(budgetId: string): bigint {
  let sum = 0n;
  for (const { command, answer } of recorded) {
    if (answer.kind !== 'recorded') continue;
    const state = answer.states.find(({ budget }) => budget.budget_id === budgetId);
    if (state === undefined) continue;
    const { balance, budget } = state;
    const over = balance.posted + balance.held - budget.limit.amount;
    const added = command.postings.usd.amount;
    if (over > 0n) sum += over < added ? over : added;
  }
  return sum;
}

test.each(['ORG', 'APP'] as const)('quotas of scope %s', async (scope) => {
  const quotas = { premium: 40_000, standard: 30_000, economy: 1_500 };
  const tenant = await tenantOf(product, { scope, quotas });
  const [counts, submitted] = await Promise.all([calls(tenant), submissions(tenant)]);
  // Everything is spent by now, so that all of this is above the limits.
  const after = await submissions(tenant);
  const entries = await entriesOf(tenant);
  const attempts = entries.filter(({ source }) => source === 'gateway');
  console.log(
    `${scope}: served ${counts.served}, throttled ${counts.throttled}, refused ` +
      `${counts.refusals.length}, entries ${entries.length}, submissions ` +
      `${entries.length - attempts.length}`,
  );
  expect(counts.refusals).toHaveLength(CALLERS);
  expect(counts.served).toBeGreaterThan(2 * CALLERS);
  for (const { status, error } of counts.refusals) {
    expect([status, error]).toEqual([400, 'ServiceQuotaExceededException']);
  }
  expect(attempts).toHaveLength(counts.served);
  expect(entries).toHaveLength(counts.served + 2 * SUBMITTERS * SUBMISSIONS_EACH);

  for (const label of LABELS) {
    const own = entries.filter((entry) => entry.label === label);
    const ledger = own.reduce((sum, { cost_usd }) => sum + pico(cost_usd), 0n);
    const ids = own.filter(({ source }) => source === 'gateway').map((each) => each.attempt_id);
    const outside =
      (await bookCost(new Set(ids))) + (submitted.get(label) ?? 0n) + (after.get(label) ?? 0n);
    const quota = await tenant.quota(label);
    const excess = submittedExcess(quota.budget_id);
    console.log(
      `${label}: limit ${quota.limit.amount}, spent ${quota.spent}, high water ` +
        `${quota.high_water}, excess ${quota.excess}, calls ${ids.length}`,
    );
    expect(ids.length).toBeGreaterThan(0);
    expect([quota.held, quota.ceiling]).toEqual(['0', '0']);
    expect(pico(quota.spent)).toBe(ledger);
    expect(ledger).toBe(outside);
    const { over_bound, correction, limit_lowered, submitted: named } = quota.excess_by;
    expect([over_bound, correction, limit_lowered]).toEqual(['0', '0', '0']);
    expect(quota.excess).toBe(named);
    expect(pico(named)).toBe(excess);
    expect(excess).toBeGreaterThan(0n);
    expect(pico(quota.high_water)).toBeLessThanOrEqual(pico(quota.limit.amount) + excess);
  }
});
