/**
 * What a call costs, from the outside: every operation, streamed or not, of every model and scope
 * that has a price in one region, with every use of the prompt cache, in every tier, asked for and
 * served, and beyond the price bands of long prompts. Usage is read from the simulator's book and
 * priced by the independent oracle; the entry, the header, the budget and the summary must all say
 * the same.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cacheUsesOf,
  caseOf,
  operationsOf,
  OPERATIONS,
  PRICED,
  type CacheUse,
  type CostCase,
  type PricedName,
  type Tier,
} from './cost-bodies.ts';
import { differences, expectExact, picoOf, runCases, type Outcome } from './cost-rig.ts';
import { counterOf } from './metrics-reading.ts';

const REGION = 'us-east-1';
const HERE = PRICED.filter(({ region }) => region === REGION);
const TEXT = HERE.filter(({ kind }) => kind === 'text');

let product: RunningProduct;
/** Outcomes of calls that were priced as the oracle has it. */
const counted = { calls: 0, pico: 0n };

beforeAll(async () => {
  product = await startProduct({ limitUsd: '9000', settings: { region: REGION } });
}, 60_000);
afterAll(() => product.close());

/** Runs cases and asserts that each is exact; returns what came of them, and counts it. */
async function exactly(cases: readonly CostCase[]): Promise<readonly Outcome[]> {
  const outcomes = await runCases(product, cases);
  const check = (outcome: Outcome): void => {
    counted.pico += expectExact(REGION, outcome);
  };
  expect(differences(outcomes, check)).toEqual([]);
  counted.calls += outcomes.length;
  return outcomes;
}

function namesIn(tier: string): readonly PricedName[] {
  return TEXT.filter((priced) => priced.tier === tier);
}

/** Every operation of each name, for each of its wishes. */
function everyOperation(
  names: readonly PricedName[],
  wishesOf: (priced: PricedName) => readonly Parameters<typeof caseOf>[2][],
): readonly CostCase[] {
  return names.flatMap((priced) =>
    operationsOf(priced).flatMap((operation) =>
      wishesOf(priced).map((wish) => caseOf(priced.name, operation, wish)),
    ),
  );
}

describe('in the standard tier', () => {
  test('every operation of every text model by every scope', async () => {
    const cases = everyOperation(namesIn('standard'), () => [{}]);
    expect(cases.length).toBeGreaterThan(500);
    await exactly(cases);
  });

  test.each<[CacheUse, string]>([
    ['read', 'cache_read'],
    ['write_5m', 'cache_write_5m'],
    ['write_1h', 'cache_write_1h'],
    ['write_both', 'cache_write_1h'],
  ])('every operation of every model that has a price for it: %s', async (cache, usageClass) => {
    const names = namesIn('standard').filter(({ classes }) => classes.has(usageClass));
    const cases = everyOperation(names, () => [{ cache }]);
    expect(cases.length).toBeGreaterThan(100);
    await exactly(cases);
  });

  test('what is kept for half an hour, in Converse and its stream', async () => {
    const names = namesIn('standard').filter(({ classes }) => classes.has('cache_write_30m'));
    const cases = names.flatMap(({ name }) =>
      OPERATIONS.slice(0, 2).map((operation) => caseOf(name, operation, { cache: 'write_30m' })),
    );
    expect(cases.length).toBeGreaterThan(10);
    await exactly(cases);
  });
});

describe('by tier', () => {
  const ASKED: readonly [Tier, string][] = [
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['optimized', 'latency_optimized'],
  ];

  test.each(ASKED)('%s, by every model and scope that has it', async (tier, priced) => {
    const cases = everyOperation(namesIn(priced), (name) =>
      cacheUsesOf(name).map((cache) => ({ cache, tier })),
    );
    expect(cases.length).toBeGreaterThan(10);
    const outcomes = await exactly(cases);
    expect(new Set(outcomes.map(({ entry }) => entry?.tier))).toEqual(new Set([priced]));
  });

  test.each<[string, Tier | undefined, string, string]>([
    ['asked for priority, served by default', 'priority', 'tier;served=default', 'standard'],
    ['asked for priority, served by flex', 'priority', 'tier;served=flex', 'flex'],
    ['asked for nothing, served by flex', undefined, 'tier;served=flex', 'flex'],
    ['asked for optimized, served as usual', 'optimized', 'latency;served=standard', 'standard'],
    ['asked for a reservation, served by it', 'reserved', 'tier;served=reserved', 'standard'],
    ['asked for a reservation, served by default', 'reserved', 'tier;served=default', 'standard'],
  ])('%s: the price is that of what was served', async (_what, tier, fault, entryTier) => {
    const needed = tier === 'optimized' ? 'latency_optimized' : 'priority';
    const cases = everyOperation(namesIn(needed), () => [
      { fault, ...(tier === undefined ? {} : { tier }) },
    ]);
    const outcomes = await exactly(cases);
    expect(new Set(outcomes.map(({ entry }) => entry?.tier))).toEqual(new Set([entryTier]));
  });
});

describe('beyond the price band of long prompts', () => {
  // 100,000 tokens, at four bytes each.
  const LONG_BYTES = 420_000;
  const cases = OPERATIONS.flatMap((operation) =>
    (['write_5m', 'read', 'write_1h'] as const).map((cache) =>
      caseOf('global.anthropic.claude-haiku-5-5', operation, { cache, prefixBytes: LONG_BYTES }),
    ),
  );

  test('all of a prompt has the higher price, whatever it is made of', async () => {
    const long = await exactly(cases);
    const below = await exactly(
      cases.map(({ model, operation, cache }) =>
        caseOf(model, operation, { cache, prefixBytes: LONG_BYTES - 30_000 }),
      ),
    );
    for (const [at, { entry }] of long.entries()) {
      // 7 % less prompt, but the cheaper band.
      const cheaper = Number(below[at]?.entry?.cost_usd);
      expect(Number(entry?.cost_usd)).toBeGreaterThan(cheaper * 1.3);
    }
  });

  test('of more than 272,000 tokens with the models that have that edge', async () => {
    const edge = 272_000 * 4;
    const sizes = [edge - 20_000, edge + 20_000].flatMap((prefixBytes) =>
      OPERATIONS.slice(0, 2).map((operation) =>
        caseOf('global.openai.gpt-5.6-luna', operation, { cache: 'write_30m', prefixBytes }),
      ),
    );
    const [below, , long] = await exactly(sizes);
    const cost = (outcome: Outcome | undefined) => Number(outcome?.entry?.cost_usd);
    expect(cost(long)).toBeGreaterThan(cost(below) * 1.5);
  });
});

describe('several answers', () => {
  test('are charged together', async () => {
    const several = (model: string, more: object): CostCase => {
      const plain = caseOf(model, 'invoke');
      return { ...plain, body: { ...plain.body, ...more } };
    };
    await exactly([
      several('openai.gpt-oss-20b-1:0', { n: 3 }),
      several('cohere.command-text-v14', { num_generations: 2 }),
      several('ai21.j2-mid-v1', { numResults: 4 }),
    ]);
  });
});

test('budget, summary and entries add up to the same, and to the book', async () => {
  const rows = (await product.book()).filter(({ billed }) => billed);
  expect(rows.length).toBe(counted.calls);
  const { total } = await product.client.summarizeUsage({ query: { group_by: 'model_id' } });
  const budget = await product.client.getBudget({ params: { budget_id: 'org-daily' } });
  expect(total.requests).toBe(rows.length);
  expect(picoOf(total.cost_usd)).toBe(counted.pico);
  expect(budget.spent).toBe(total.cost_usd);
  expect([budget.held, budget.ceiling, budget.excess]).toEqual(['0', '0', '0']);
  const sum = (name: string): number =>
    rows.reduce((all, { usage }) => all + (usage?.[name] ?? 0), 0);
  for (const name of [
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_write_5m_input_tokens',
    'cache_write_1h_input_tokens',
    'cache_write_30m_input_tokens',
  ] as const) {
    expect([name, total[name]]).toEqual([name, sum(name)]);
  }
  console.log(`${counted.calls} calls in ${REGION} met the oracle`);
  expect(counted.calls).toBeGreaterThan(1_500);
});

test('nothing used more than was held for it', async () => {
  expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
});
