/**
 * Many callers against budgets that do not fit them all, upstream in its dearest mode (one token a
 * byte, every answer as long as allowed). The figures of the budget are compared with the
 * simulator's book, priced by the independent oracle; every run prints its counts and fails when
 * too little happened.
 */
import { oracleCost, startProduct, type BookRow, type RunningProduct } from '@tollkeeper/testkit';
import { afterEach, expect, test } from 'vitest';
import { call, converseBody, eventually, type Answer } from './requests.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const REGION = 'us-east-1';
const CALLERS = 64;
const CALLS_EACH = 4;
const PICO_DIGITS = 12;

const open: RunningProduct[] = [];
afterEach(async () => {
  for (const product of open.splice(0)) await product.close();
});

async function start(options: Parameters<typeof startProduct>[0] = {}): Promise<RunningProduct> {
  const product = await startProduct(options);
  open.push(product);
  const settings = { tokens: 'worst', default_max_tokens: 1_000_000 };
  await configure(product, settings);
  return product;
}

async function configure(product: RunningProduct, settings: object): Promise<void> {
  const answer = await fetch(`${product.simulator.url}/_simulator/config`, {
    method: 'POST',
    body: JSON.stringify(settings),
  });
  if (answer.status !== 200) throw new Error(await answer.text());
}

function pico(usd: string): bigint {
  const [whole = '0', part = ''] = usd.split('.');
  return BigInt(whole + part.padEnd(PICO_DIGITS, '0'));
}

function usd(amount: bigint): string {
  const digits = String(amount).padStart(PICO_DIGITS + 1, '0');
  return `${digits.slice(0, -PICO_DIGITS)}.${digits.slice(-PICO_DIGITS)}`;
}

/** What the book says that all calls cost, by the oracle. */
function costOf(rows: readonly BookRow[]): bigint {
  let sum = 0n;
  for (const { billed, usage, started_at } of rows) {
    if (!billed || usage === null) continue;
    const query = { model_id: NOVA, region: REGION, scope: 'in_region', tier: 'standard' } as const;
    sum += pico(oracleCost({ ...query, at: Date.parse(started_at), usage }));
  }
  return sum;
}

/** The bound of one such call: what a call that is running holds. */
async function boundOf(product: RunningProduct, body: string): Promise<bigint> {
  const running = call(product, { model: NOVA, body, fault: 'slow;ms=300' });
  const [hold] = await eventually(async () => {
    const holds = await product.server.stores.ledger.holds();
    return holds.length > 0 ? holds : undefined;
  });
  expect((await running).status).toBe(200);
  return hold?.amounts.usd ?? 0n;
}

interface Counts {
  served: number;
  throttled: number;
  refused: number;
  readonly refusals: { readonly answer: Answer; readonly spentAfter: bigint }[];
}

/** 64 callers, half of them streamed, each going on until a 400; a 429 is tried again at once. */
async function untilRefused(
  product: RunningProduct,
  budgetId: string,
  body: (caller: number) => string,
): Promise<Counts> {
  const counts: Counts = { served: 0, throttled: 0, refused: 0, refusals: [] };
  const caller = async (index: number): Promise<void> => {
    const operation = index % 2 === 0 ? 'converse' : 'converse-stream';
    for (;;) {
      const answer = await call(product, { model: NOVA, operation, body: body(index) });
      if (answer.status === 200) counts.served += 1;
      else if (answer.status === 429) counts.throttled += 1;
      else {
        expect([answer.status, answer.error]).toEqual([400, 'ServiceQuotaExceededException']);
        counts.refused += 1;
        const { spent, ceiling } = await budget(product, budgetId);
        counts.refusals.push({ answer, spentAfter: pico(spent) + pico(ceiling) });
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  return counts;
}

function budget(product: RunningProduct, id: string) {
  return product.client.getBudget({ params: { budget_id: id } });
}

async function putBudget(
  product: RunningProduct,
  id: string,
  scope: Record<string, string>,
  unit: 'usd' | 'tokens' | 'requests',
  amount: string,
) {
  return product.client.putBudget({
    params: { budget_id: id },
    body: {
      scope: { org_id: product.orgId, ...scope } as never,
      limit: { unit, amount },
      window: 'total',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
}

/** Tokens of both kinds that the book names. */
function tokensOf(rows: readonly BookRow[]): bigint {
  return rows.reduce((sum, { usage }) => {
    const { input_tokens = 0, output_tokens = 0 } = usage ?? {};
    return sum + BigInt(input_tokens + output_tokens);
  }, 0n);
}

/** Bodies of different sizes, so that the bounds differ too. */
function sized(caller: number): string {
  return converseBody('x'.repeat(40 + ((caller * 37) % 400)), 100 + ((caller * 53) % 300));
}

test(`${CALLERS} callers never take a budget past its limit, and use it up`, async () => {
  const product = await start({ limitUsd: '1000' });
  const bodies = Array.from({ length: CALLERS }, (_, caller) => sized(caller));
  const dearest = bodies.reduce((a, b) => (costWeight(a) > costWeight(b) ? a : b));
  const largest = await boundOf(product, dearest);
  const before = await product.book();
  // A third of what all would take: the mean cost is close to the mean bound in this mode.
  const mean = (largest * 6n) / 10n;
  const limit = (mean * BigInt(CALLERS * CALLS_EACH)) / 3n;
  await putBudget(
    product,
    'tight',
    { type: 'application', app_id: product.appId },
    'usd',
    usd(limit),
  );
  const seeded = pico((await budget(product, 'tight')).spent);
  expect(seeded).toBe(costOf(before));

  const counts = await untilRefused(product, 'tight', sized);
  const end = await budget(product, 'tight');
  const spent = pico(end.spent);
  const free = limit - spent;
  const { served, throttled, refused } = counts;
  console.log(
    `served ${served}, throttled ${throttled}, refused ${refused}; limit ${usd(limit)}, spent ` +
      `${end.spent}, high water ${end.high_water}, free ${usd(free)}, bound ${usd(largest)}`,
  );
  expect(refused).toBe(CALLERS);
  expect(served).toBeGreaterThan(CALLERS);
  expect(pico(end.high_water)).toBeLessThanOrEqual(limit);
  expect([end.excess, end.held, end.ceiling]).toEqual(['0', '0', '0']);
  expect(free).toBeGreaterThanOrEqual(0n);
  expect(free).toBeLessThan(largest);
  expect(spent).toBe(costOf(await product.book()));
});

/** Orders bodies by their bound, roughly: output tokens are four times as dear as input bytes. */
function costWeight(body: string): number {
  const maxTokens = Number(/"maxTokens":(\d+)/.exec(body)?.[1]);
  return body.length + 4 * maxTokens;
}

test('without maxTokens nobody is refused for good while a whole bound is left', async () => {
  const product = await start({ limitUsd: '1000' });
  const body = JSON.stringify({
    messages: [{ role: 'user', content: [{ text: 'x'.repeat(80) }] }],
  });
  const bound = await boundOf(product, body);
  // The answers stay far below the bound, as real ones do: the budget fits many of them.
  await configure(product, { output_tokens: 500 });
  const limit = bound * 6n;
  await putBudget(
    product,
    'open',
    { type: 'application', app_id: product.appId },
    'usd',
    usd(limit),
  );
  const counts = await untilRefused(product, 'open', () => body);
  const end = await budget(product, 'open');
  const { served, throttled, refused, refusals } = counts;
  const free = limit - pico(end.spent);
  console.log(
    `served ${served}, throttled ${throttled}, refused ${refused}; limit ${usd(limit)}, spent ` +
      `${end.spent}, high water ${end.high_water}, free ${usd(free)}, bound ${usd(bound)}`,
  );
  expect(refused).toBe(CALLERS);
  expect(served).toBeGreaterThan(CALLERS);
  for (const { answer, spentAfter } of refusals) {
    // Posted only grows here, so what it is after the refusal is at least what it was at it.
    expect(spentAfter + bound).toBeGreaterThan(limit);
    const said = /Limit (\S+) USD, spent (\S+) USD, held \S+ USD, needed up to (\S+) USD/.exec(
      answer.message,
    );
    const [, saidLimit = '', saidSpent = '', saidNeeded = ''] = said ?? [];
    expect(pico(saidLimit)).toBe(limit);
    expect(pico(saidSpent) + pico(saidNeeded)).toBeGreaterThan(limit);
    expect(pico(saidNeeded)).toBe(bound);
  }
  expect(pico(end.high_water)).toBeLessThanOrEqual(limit);
  expect([end.excess, end.held]).toEqual(['0', '0']);
  expect(free).toBeLessThan(bound);
  expect(pico(end.spent)).toBe(costOf(await product.book()));
});

test('several budgets in scope are taken all or none, in every unit', async () => {
  const product = await start({ limitUsd: '1000', settings: { admissionWaitMs: 200 } });
  const params = { org_id: product.orgId, app_id: product.appId };
  const made = await product.client.createKey({ params, body: { user_id: 'ada' } });
  const limits = {
    organization: ['usd', '0.01'],
    application: ['tokens', '150000'],
    user: ['requests', '200'],
    key: ['usd', '0.004'],
  } as const;
  const scopes: Record<keyof typeof limits, Record<string, string>> = {
    organization: { type: 'organization' },
    application: { type: 'application', app_id: product.appId },
    user: { type: 'user', user_id: 'ada' },
    key: { type: 'key', key_id: made.key_id },
  };
  const names = Object.keys(limits) as (keyof typeof limits)[];
  for (const name of names) {
    const [unit, amount] = limits[name];
    await putBudget(product, name, scopes[name], unit, amount);
  }

  let refused = 0;
  let served = 0;
  const caller = async (index: number): Promise<void> => {
    // Every other caller has another key: it takes from two of the four budgets only.
    const key = index % 2 === 0 ? made.api_key : product.apiKey;
    const operation = index % 4 < 2 ? 'converse' : 'converse-stream';
    for (;;) {
      const answer = await call(product, { model: NOVA, operation, key, body: sized(index) });
      if (answer.status === 200) served += 1;
      else if (answer.status !== 429) {
        expect(answer.error).toBe('ServiceQuotaExceededException');
        refused += 1;
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));

  const rows = (await product.book()).filter(({ billed }) => billed);
  const { entries } = await product.client.listEntries({ query: { limit: 1000 } });
  expect(entries).toHaveLength(rows.length);
  const ofKey = new Set(
    entries.filter(({ key_id }) => key_id === made.key_id).map(({ attempt_id }) => attempt_id),
  );
  const keyRows = rows.filter(({ attempt_id }) => ofKey.has(attempt_id ?? ''));
  const truth: Record<keyof typeof limits, bigint> = {
    organization: costOf(rows),
    application: tokensOf(rows),
    user: BigInt(keyRows.length),
    key: costOf(keyRows),
  };
  console.log(`served ${served} (${keyRows.length} by the key), refused ${refused}`, truth);
  expect(refused).toBe(CALLERS);
  expect(served).toBe(rows.length);
  expect(keyRows.length).toBeGreaterThan(10);
  expect(rows.length - keyRows.length).toBeGreaterThan(10);
  for (const name of names) {
    const state = await budget(product, name);
    const inUnit = (text: string): bigint =>
      state.limit.unit === 'usd' ? pico(text) : BigInt(text);
    expect([name, state.held, state.excess]).toEqual([name, '0', '0']);
    expect(inUnit(state.spent)).toBe(truth[name]);
    expect(inUnit(state.high_water)).toBeLessThanOrEqual(inUnit(state.limit.amount));
  }
});
