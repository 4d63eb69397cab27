/**
 * What a call costs by region: every model, scope, tier and cache class that has a price in it, by
 * one of the model's operations in turn, through a gateway of that region. The regions are as many
 * as it takes to meet every line of the shipped prices. Entry, usage, lines and sum against the
 * simulator's book at the oracle's prices.
 */
import { startProduct } from '@tollkeeper/testkit';
import { expect, test } from 'vitest';
import {
  cacheUsesOf,
  caseOf,
  operationsOf,
  PRICED,
  REGIONS,
  SMALL_IMAGES,
  type CostCase,
  type PricedName,
  type Tier,
} from './cost-bodies.ts';
import { differences, expectExact, runCases, type Outcome } from './cost-rig.ts';
import { counterOf } from './metrics-reading.ts';

const TIERS: Readonly<Record<string, Tier>> = {
  flex: 'flex',
  priority: 'priority',
  latency_optimized: 'optimized',
};

/** The fewest regions, or nearly so, that have every line of the price data between them. */
function coveringRegions(): readonly string[] {
  const left = new Set(PRICED.flatMap(({ lines }) => [...lines]));
  const linesOf = new Map(
    REGIONS.map((region) => {
      const there = PRICED.filter((priced) => priced.region === region);
      return [region, new Set(there.flatMap(({ lines }) => [...lines]))] as const;
    }),
  );
  const chosen: string[] = [];
  while (left.size > 0) {
    const adds = (region: string): number =>
      [...(linesOf.get(region) ?? [])].filter((line) => left.has(line)).length;
    const [best = ''] = [...REGIONS].sort((a, b) => adds(b) - adds(a));
    chosen.push(best);
    for (const line of linesOf.get(best) ?? []) left.delete(line);
  }
  return chosen;
}

const COVERING = coveringRegions();

function pricedIn(region: string): readonly PricedName[] {
  return PRICED.filter((priced) => priced.region === region && priced.model_id !== SMALL_IMAGES);
}

/** Each name takes the next of its operations for each use of the cache. */
function casesIn(region: string): readonly CostCase[] {
  let turn = 0;
  return pricedIn(region).flatMap((priced) => {
    const tier = TIERS[priced.tier];
    return cacheUsesOf(priced).map((cache) => {
      // Half an hour is a matter of Converse alone.
      const operations = operationsOf(priced).slice(0, cache === 'write_30m' ? 2 : 4);
      const operation = operations[turn++ % operations.length] ?? 'invoke';
      return caseOf(priced.name, operation, { cache, ...(tier === undefined ? {} : { tier }) });
    });
  });
}

/** Classes with a price that no call was charged for. */
function notCharged(region: string, outcomes: readonly Outcome[]): readonly string[] {
  const charged = new Set(
    outcomes.flatMap(({ what, entry }) =>
      (entry?.charges ?? []).map(
        (line) => `${what.model} ${entry?.tier} ${line.class.replace(/:.*/, '')}`,
      ),
    ),
  );
  return pricedIn(region)
    .flatMap(({ name, tier, classes }) => [...classes].map((each) => `${name} ${tier} ${each}`))
    .filter((each) => !charged.has(each));
}

let calls = 0;

test.each(COVERING)('%s: every model, scope, tier and class', async (region) => {
  const product = await startProduct({ limitUsd: '9000', settings: { region } });
  try {
    const cases = casesIn(region);
    calls += cases.length;
    const outcomes = await runCases(product, cases);
    expect(differences(outcomes, (outcome) => expectExact(region, outcome))).toEqual([]);
    expect(outcomes.filter(({ entry }) => entry?.priced !== 'yes')).toEqual([]);
    expect(notCharged(region, outcomes)).toEqual([]);
    expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
  } finally {
    await product.close();
  }
});

test('that were enough of them', () => {
  console.log(`${calls} calls in ${COVERING.length} regions met the oracle`);
  expect(COVERING.length).toBeGreaterThanOrEqual(12);
  expect(calls).toBeGreaterThan(1_500);
});
