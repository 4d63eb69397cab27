/**
 * Every price that is shipped, charged: all models, regions, scopes and tiers, on every day on
 * which one of their prices changes, on both sides of every context band, in every class by itself
 * and mixed. An oracle that reads the data by itself has to find the same amount for each line, to
 * the pico; what has no price has to have no amount; and the bound has to be no less than any of
 * it.
 */
import { readFileSync } from 'node:fs';
import { priceOracle, type PriceDocument } from '@tollkeeper/testkit/price-oracle';
import { describe, expect, test } from 'vitest';
import {
  boundOf,
  boundOfUnits,
  catalogueFrom,
  charge,
  formatUsd,
  GUARDRAIL_MODEL_ID,
  promptTokens,
  USAGE_FIELD,
  usageOf,
  type Bound,
  type Charge,
  type ModelFacts,
  type PriceScope,
  type RateCard,
  type RequestShape,
  type TokenClass,
  type Usage,
} from '../../src/index.ts';

/** One (model, region, scope, tier) of the catalogue, and what its lines mention. */
interface Key {
  readonly model_id: string;
  readonly region: string;
  readonly scope: PriceScope;
  readonly tier: string;
  readonly days: Set<string>;
  /** Sizes at which a band ends. */
  readonly edges: Set<number>;
  /** Classes that are no tokens. */
  readonly units: Set<string>;
}

const document = readJson('prices.json') as PriceDocument;
const { book, models } = catalogueFrom(document, readJson('models.json'));
const oracle = priceOracle(document);
const keys = keysOf(document);
const NOW = Date.parse('2026-11-22T12:00:00Z');

/** Prompt classes, and how they are mixed: shares of the prompt in these classes. */
const PROMPTS: readonly Partial<Record<TokenClass, number>>[] = [
  { input: 1 },
  { cache_read: 1 },
  { cache_write_5m: 1 },
  { cache_write_1h: 1 },
  { cache_write_30m: 1 },
  { input: 7, cache_read: 93 },
  { input: 11, cache_write_5m: 31, cache_write_1h: 58 },
  { input: 3, cache_read: 41, cache_write_5m: 17, cache_write_1h: 29, cache_write_30m: 10 },
];
const OUTPUT_TOKENS = 4_321;

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

/** Read from the data itself, not from the book that is tested. */
function keysOf({ fields, rows }: PriceDocument): readonly Key[] {
  const found = new Map<string, Key>();
  for (const cells of rows) {
    const cell = (field: string): string => String(cells[fields.indexOf(field)]);
    for (const region of cell('regions').split(' ')) {
      const [model_id, scope, tier] = [cell('model_id'), cell('scope') as PriceScope, cell('tier')];
      const name = nameOf({ model_id, region, scope, tier });
      const sets = () => ({ days: new Set<string>(), edges: new Set<number>() });
      const made = { model_id, region, scope, tier, ...sets(), units: new Set<string>() };
      const key = found.get(name) ?? made;
      found.set(name, key);
      key.days.add(cell('effective_from'));
      if (!Object.hasOwn(USAGE_FIELD, cell('usage_class'))) key.units.add(cell('usage_class'));
      const [, edge = ''] = /_(\d+k?)\b/.exec(cell('context_band')) ?? [];
      if (edge !== '') key.edges.add(Number(edge.replace('k', '000')));
    }
  }
  return [...found.values()];
}

function nameOf({ model_id, region, scope, tier }: Omit<Key, 'days' | 'edges' | 'units'>): string {
  return `${model_id} ${region} ${scope} ${tier}`;
}

/** Each change of price, the moment before it, and now. */
function momentsOf({ days }: Key): readonly number[] {
  const changes = [...days].map((day) => Date.parse(`${day}T00:00:00Z`));
  return [...new Set([...changes.flatMap((at) => [at - 1, at]), NOW])];
}

function usagesOf(key: Key): readonly Usage[] {
  if (key.units.has('image')) return imageUsages(key);
  const units = Object.fromEntries([...key.units].map((unit, at) => [unit, 3 + at]));
  const guardrail = { guardrail_content_policy_unit: 2, guardrail_word_policy_unit: 5 };
  const ends = [...key.edges].flatMap((edge) => [edge, edge + 1]);
  const sizes = ends.length === 0 ? [123_457] : ends;
  const tokens = sizes.flatMap((size) =>
    PROMPTS.map((shares) => usageOf({ ...split(size, shares), output_tokens: OUTPUT_TOKENS })),
  );
  return [
    ...tokens,
    usageOf({ output_tokens: 1 }),
    usageOf({ input_tokens: 1, units: { ...units, ...guardrail, unheard_of: 1 } }),
    usageOf({ units }),
  ];
}

/** On both sides of every size, in every quality there is and in one that there is not. */
function imageUsages({ edges }: Key): readonly Usage[] {
  const sides = edges.size === 0 ? [1024] : [...edges].flatMap((edge) => [1, edge, edge + 1]);
  return sides.flatMap((side) =>
    ['standard', 'premium', 'splendid'].map((quality) =>
      usageOf({ units: { [`image:${side}:${quality}`]: 3 } }),
    ),
  );
}

/** Exactly `size` tokens, by shares; the last class takes what is left. */
function split(size: number, shares: Partial<Record<TokenClass, number>>): Partial<Usage> {
  const parts = Object.entries(shares) as [TokenClass, number][];
  const whole = parts.reduce((sum, [, share]) => sum + share, 0);
  let left = size;
  return Object.fromEntries(
    parts.map(([name, share], at) => {
      const part = at === parts.length - 1 ? left : Math.floor((size * share) / whole);
      left -= part;
      return [USAGE_FIELD[name], part];
    }),
  );
}

/** Lines as the oracle tells them: by class, null for those without a price. */
function linesOf({ charges }: Charge): ReadonlyMap<string, string | null> {
  return new Map(
    charges.map((line) => [line.class, line.amount === null ? null : formatUsd(line.amount)]),
  );
}

function picoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'));
}

function same(
  one: ReadonlyMap<string, string | null>,
  other: ReadonlyMap<string, string | null>,
): boolean {
  return one.size === other.size && [...one].every(([name, amount]) => other.get(name) === amount);
}

/** Why a charge is not what the oracle says of it; null when it is. */
function difference(
  charged: Charge,
  amounts: ReadonlyMap<string, string | null>,
  card: RateCard | undefined,
): string | null {
  const lines = linesOf(charged);
  if (!same(lines, amounts)) {
    return `charged ${JSON.stringify([...lines])}, not ${JSON.stringify([...amounts])}`;
  }
  const known = [...amounts.values()].filter((amount) => amount !== null);
  const sum = known.reduce((total, amount) => total + picoOf(amount), 0n);
  if (charged.cost !== sum) return `a cost of ${charged.cost}, not ${sum}`;
  const missing = amounts.size - known.length;
  const priced = missing === 0 ? 'yes' : known.length === 0 ? 'no' : 'partly';
  if (charged.priced !== priced) return `priced ${charged.priced}, not ${priced}`;
  // Tokens without a price are worth the dearest price that is known; units are not known at all.
  const tokensMiss = [...amounts].every(
    ([name, amount]) => amount !== null || Object.hasOwn(USAGE_FIELD, name),
  );
  const ceiling = charged.unpriced_ceiling;
  if (missing === 0 || !tokensMiss || card === undefined || card.dearest === null) {
    return ceiling === null ? null : `a ceiling of ${ceiling} out of nothing`;
  }
  return ceiling !== null && ceiling > charged.cost ? null : `no ceiling above ${charged.cost}`;
}

function cardsAt(key: Key, at: number) {
  const { model_id, region, scope, tier } = key;
  const card = book.rateCard({ model_id, region, scope, tier, at });
  const query = { model_id: GUARDRAIL_MODEL_ID, region, at };
  const units = book.rateCard({ ...query, scope: 'in_region', tier: 'standard' });
  return { card: model_id === GUARDRAIL_MODEL_ID ? undefined : card, units };
}

describe('every shipped price', () => {
  test('is charged as the oracle says, class by class, to the pico', () => {
    const counts = { keys: keys.length, charges: 0, priced: 0, partly: 0, unpriced: 0 };
    const wrong: string[] = [];
    for (const key of keys) {
      const usages = usagesOf(key);
      for (const at of momentsOf(key)) {
        const { card, units } = cardsAt(key, at);
        for (const usage of usages) {
          const charged = charge(card, usage, units);
          const amounts = oracle.amounts({ ...key, at, usage });
          counts.charges++;
          if (charged.priced === 'yes') counts.priced++;
          else if (charged.priced === 'partly') counts.partly++;
          else counts.unpriced++;
          const found = difference(charged, amounts, card);
          if (found !== null) {
            wrong.push(`${nameOf(key)} at ${at}, ${JSON.stringify(usage)}: ${found}`);
          }
        }
      }
    }
    console.log('charges compared with the oracle:', counts);
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(counts.keys).toBeGreaterThan(2_000);
    expect(counts.charges).toBeGreaterThan(80_000);
  });
});

/** A request with a prompt of exactly so many bytes, each of which may be a token. */
function shapeOf(change: Partial<RequestShape>): RequestShape {
  return {
    text_bytes: 0,
    parts: 1,
    opaque_input: false,
    has_tools: false,
    writes_cache: false,
    max_output_tokens: OUTPUT_TOKENS,
    tier: 'standard',
    references: [],
    tags: {},
    ...change,
  };
}

/** As `boundOf` promises: the classes that a request can cause, with a price or without. */
function canCause(
  usage: Usage,
  writes: boolean,
  model: ModelFacts,
  cards: readonly RateCard[],
): boolean {
  const used = Object.entries(USAGE_FIELD).filter(([, field]) => usage[field] > 0);
  const known = cards.flatMap((card) => [...card.priced]);
  const anyWrite = known.some((name) => name.startsWith('cache_write'));
  return used.every(([name]) => {
    const priced = known.includes(name as TokenClass);
    if (name === 'input' || name === 'output') return true;
    if (name === 'cache_read') return writes || priced;
    if (writes && !anyWrite) return name !== 'cache_write_30m';
    return priced && (writes || !model.explicit_cache);
  });
}

describe('the bound', () => {
  const standard = (key: Key): RateCard | undefined => {
    const { model_id, region, scope } = key;
    return book.rateCard({ model_id, region, scope, tier: 'standard', at: NOW });
  };

  test('is no less than any charge of tokens, or than its ceiling', () => {
    const counts = { bounds: 0, unpriced: 0, beyondWindow: 0 };
    const wrong: string[] = [];
    for (const key of keys) {
      const model = models.get(key.model_id);
      const { card } = cardsAt(key, NOW);
      const base = standard(key);
      if (model === undefined || card === undefined || key.units.has('image')) continue;
      if (model.kind !== 'text' && model.kind !== 'embedding') continue;
      const cards = base === undefined || base === card ? [card] : [card, base];
      for (const usage of usagesOf(key)) {
        if (Object.keys(usage.units).length > 0) continue;
        const output_tokens = model.kind === 'text' ? usage.output_tokens : 0;
        for (const writes_cache of [true, false]) {
          const used = { ...usage, output_tokens };
          if (!canCause(used, writes_cache, model, cards)) continue;
          const text_bytes = promptTokens(used);
          const shape = shapeOf({ text_bytes, writes_cache, max_output_tokens: output_tokens });
          const bound = boundOf(shape, model, cards, { cap_tokens: null });
          if (bound.kind === 'bounded' && bound.input_tokens < text_bytes) counts.beyondWindow++;
          else if (bound.kind === 'unpriced') counts.unpriced++;
          else {
            counts.bounds++;
            const found = shortfall(bound, cards, used);
            if (found !== null) wrong.push(`${nameOf(key)}, ${JSON.stringify(used)}: ${found}`);
          }
        }
      }
    }
    console.log('bounds compared with charges:', counts);
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(counts.bounds).toBeGreaterThan(10_000);
  });

  test('is no less than any charge of units', () => {
    let bounds = 0;
    for (const key of keys) {
      const { card, units: unitCard } = cardsAt(key, NOW);
      const cards = key.model_id === GUARDRAIL_MODEL_ID ? [unitCard] : [card];
      const known = cards.filter((each) => each !== undefined);
      for (const { units } of usagesOf(key)) {
        if (Object.keys(units).length === 0) continue;
        const charged = charge(card, usageOf({ units }), unitCard);
        const bound = boundOfUnits(units, key.model_id, known, unitCard);
        if (charged.priced !== 'yes') {
          // A quality that nobody knows may turn out to be one with a price; nothing else may.
          const image = Object.keys(units).every((unit) => unit.startsWith('image:'));
          expect([bound.kind, nameOf(key)]).not.toEqual([image ? '' : 'bounded', nameOf(key)]);
          continue;
        }
        if (bound.kind !== 'bounded') throw new Error(`${nameOf(key)}: ${bound.kind}`);
        expect(bound.amounts.usd, nameOf(key)).toBeGreaterThanOrEqual(charged.cost);
        bounds++;
      }
    }
    expect(bounds).toBeGreaterThan(100);
  });
});

/** By how much a charge on one of the cards is beyond the bound; null when on none. */
function shortfall(bound: Bound, cards: readonly RateCard[], usage: Usage): string | null {
  if (bound.kind !== 'bounded') return bound.kind;
  for (const card of cards) {
    const { cost, unpriced_ceiling } = charge(card, usage);
    const most = unpriced_ceiling ?? cost;
    if (most > bound.amounts.usd) return `${most} in ${card.tier}, held ${bound.amounts.usd}`;
  }
  return null;
}

test('what is not in the catalogue has no card, no amount and no bound', () => {
  const known = new Set(keys.map(nameOf));
  const regions = [...new Set(keys.map(({ region }) => region))];
  const tiers = ['standard', 'flex', 'priority', 'latency_optimized', 'batch', 'reserved'];
  const usage = usageOf({ input_tokens: 1, output_tokens: 1, units: { image: 1 } });
  const nothing = { priced: 'no', cost: 0n, unpriced_ceiling: null };
  expect(charge(undefined, usage)).toMatchObject(nothing);
  let combinations = 0;
  for (const [model_id, model] of models) {
    for (const region of regions) {
      for (const scope of ['in_region', 'geo', 'global'] as const) {
        for (const tier of tiers) {
          if (known.has(nameOf({ model_id, region, scope, tier }))) continue;
          combinations++;
          const card = book.rateCard({ model_id, region, scope, tier, at: NOW });
          const cards = card === undefined ? [] : [card];
          const bound = boundOf(shapeOf({ units: { image: 1 } }), model, cards, {
            cap_tokens: 1_000,
          });
          if (bound.kind === 'unpriced') continue;
          expect.fail(`${nameOf({ model_id, region, scope, tier })}: ${bound.kind}`);
        }
      }
    }
  }
  console.log('combinations without a price:', combinations);
  expect(combinations).toBeGreaterThan(50_000);
});
