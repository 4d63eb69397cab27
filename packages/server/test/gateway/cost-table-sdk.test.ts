/**
 * What calls of the AWS SDK cost, over HTTP/2 and HTTP/1.1: one model of each family and every
 * operation that it knows, with prompt caching and tiers, against the simulator's book at the
 * oracle's prices.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cacheUsesOf,
  caseOf,
  MODELS,
  operationsOf,
  PRICED,
  SMALL_IMAGES,
  type Tier,
} from './cost-bodies.ts';
import { differences, expectExact, runCases } from './cost-rig.ts';
import { counterOf } from './metrics-reading.ts';
import { PROTOCOLS } from './sdk-client.ts';

const REGION = 'us-east-1';
const HERE = PRICED.filter(
  ({ region, model_id }) => region === REGION && model_id !== SMALL_IMAGES,
);
/** The name with the most classes of each family. */
const ONE_EACH = [
  ...new Map(
    HERE.filter(({ tier }) => tier === 'standard')
      .sort((a, b) => a.classes.size - b.classes.size)
      .map((priced) => [priced.family, priced]),
  ).values(),
];

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct({ limitUsd: '9000', settings: { region: REGION } });
}, 60_000);
afterAll(() => product.close());

test('every family has a model here', () => {
  const families = new Set(MODELS.map(({ family }) => family));
  expect(new Set(ONE_EACH.map(({ family }) => family))).toEqual(families);
});

describe.each(PROTOCOLS)('over %s', (sdk) => {
  test('every operation of every family, by every cache class', async () => {
    const cases = ONE_EACH.flatMap((priced) =>
      operationsOf(priced).flatMap((operation) =>
        cacheUsesOf(priced)
          .filter((cache) => cache !== 'write_30m' || operation.startsWith('converse'))
          .map((cache) => caseOf(priced.name, operation, { cache })),
      ),
    );
    expect(cases.length).toBeGreaterThan(50);
    const outcomes = await runCases(product, cases, { sdk });
    expect(differences(outcomes, (outcome) => expectExact(REGION, outcome))).toEqual([]);
    expect(outcomes.filter(({ entry }) => entry?.priced !== 'yes')).toEqual([]);
  });

  test.each<[Tier, string]>([
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['optimized', 'latency_optimized'],
  ])('every operation in the tier %s', async (tier, priced) => {
    const cases = HERE.filter((each) => each.tier === priced).flatMap((each) =>
      operationsOf(each).map((operation) => caseOf(each.name, operation, { tier })),
    );
    const outcomes = await runCases(product, cases, { sdk });
    expect(differences(outcomes, (outcome) => expectExact(REGION, outcome))).toEqual([]);
    expect(new Set(outcomes.map(({ entry }) => entry?.tier))).toEqual(new Set([priced]));
  });
});

test('nothing used more than was held for it', async () => {
  expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
});
