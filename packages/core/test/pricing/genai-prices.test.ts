/**
 * The shipped prices beside those of another catalogue, made by other people from other sources:
 * `@pydantic/genai-prices`. Where the two differ one of them is wrong, so each difference has an
 * explanation, and each explanation a difference.
 */
import { readFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { catalogueFrom } from '../../src/index.ts';
import type { PriceScope, RateBand } from '../../src/index.ts';
import { DIFFERENCES } from './genai-differences.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

const { book, models } = catalogueFrom(read('prices.json'), read('models.json'));
const NOVEMBER_2026 = Date.UTC(2026, 10, 22);

/** They know one price for a cache write of the usual time to live, whichever that is. */
const THEIR_NAMES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cache_read: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  cache_write_1h: 'cache_write_1h_mtok',
} as const;
type ComparedClass = keyof typeof THEIR_NAMES;
const CLASSES = Object.keys(THEIR_NAMES) as ComparedClass[];

interface Comparison {
  readonly key: string;
  readonly region: string;
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** What both know of a model in a region; nothing when one of them does not know the model. */
function compare(
  model_id: string,
  scope: PriceScope,
  region: string,
  prefix: string,
): readonly Comparison[] {
  const query = { model_id, region, scope, tier: 'standard', at: NOVEMBER_2026 };
  const card = book.rateCard(query);
  const their = calcPrice({ input_tokens: 1, output_tokens: 1 }, `${prefix}${model_id}`, {
    providerId: 'aws',
    timestamp: new Date(NOVEMBER_2026),
  });
  if (card === undefined || their === null) return [];
  const short = card.bands[0];
  return CLASSES.flatMap((usageClass) => {
    const stated = their.model_price[THEIR_NAMES[usageClass]];
    const base = typeof stated === 'object' ? stated.base : stated;
    const theirs = base === undefined ? null : String(base);
    const ours = short === undefined ? null : ourPrice(short, usageClass);
    // A time to live of an hour is nearly always missing on their side.
    const silent = usageClass === 'cache_write_1h' ? theirs === null : (ours ?? theirs) === null;
    return silent ? [] : [{ key: `${model_id} ${scope} ${usageClass}`, region, ours, theirs }];
  });
}

function ourPrice({ prices }: RateBand, usageClass: ComparedClass): string | null {
  const price =
    usageClass === 'cache_write'
      ? (prices.cache_write_5m ?? prices.cache_write_30m)
      : prices[usageClass];
  return price === null ? null : price.usd;
}

function isEqual({ ours, theirs }: Comparison): boolean {
  // Their decimals went through JSON numbers; the same decimal makes the same number.
  return ours !== null && theirs !== null && Number(ours) === Number(theirs);
}

function compareAll(region: string, prefixes: Readonly<Record<PriceScope, string>>): Comparison[] {
  return [...models.keys()].flatMap((model_id) =>
    (Object.entries(prefixes) as [PriceScope, string][]).flatMap(([scope, prefix]) => [
      ...compare(model_id, scope, region, prefix),
    ]),
  );
}

const us = compareAll('us-east-1', { in_region: '', geo: 'us.', global: 'global.' });

describe('the shipped prices in us-east-1 and those of @pydantic/genai-prices', () => {
  const explained = new Map(
    DIFFERENCES.flatMap(({ model_id, scopes, prices }) =>
      scopes.flatMap((scope) =>
        Object.entries(prices).map(
          ([usageClass, pair]) => [`${model_id} ${scope} ${usageClass}`, pair] as const,
        ),
      ),
    ),
  );
  const different = us.filter((comparison) => !isEqual(comparison));

  test('differ only where the difference is explained, and every explanation still applies', () => {
    expect(new Map(different.map(({ key, ours, theirs }) => [key, [ours, theirs]]))).toEqual(
      explained,
    );
  });

  test('are compared in number', () => {
    const equal = us.length - different.length;
    process.stdout.write(
      `genai-prices: ${us.length} prices compared, ${equal} equal, ` +
        `${explained.size} differences explained\n`,
    );
    expect(us.length).toBeGreaterThan(340);
    expect(new Set(us.map(({ key }) => key.split(' ')[0])).size).toBeGreaterThan(75);
  });
});

describe('the shipped prices elsewhere', () => {
  const american = new Map(us.map(({ key, ours }) => [key, ours]));
  const prefixes = { in_region: '', global: 'global.' };
  const others = [
    ...compareAll('eu-central-1', { ...prefixes, geo: 'eu.' }),
    ...compareAll('ap-northeast-1', { ...prefixes, geo: 'apac.' }),
  ];

  test('differ from theirs only because they state the price of us-east-1 for every region', () => {
    const unexplained = others.filter((comparison) => {
      if (isEqual(comparison)) return false;
      const { key, theirs } = comparison;
      const there = american.get(key) ?? null;
      const explained = DIFFERENCES.some(
        ({ model_id, prices }) =>
          key.startsWith(`${model_id} `) && (prices[key.split(' ')[2] ?? '']?.[1] ?? '') === theirs,
      );
      return !explained && (there === null || Number(there) !== Number(theirs));
    });
    expect(unexplained).toEqual([]);
    expect(others.length).toBeGreaterThan(150);
  });
});
