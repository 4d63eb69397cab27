/**
 * The law that admission rests on: whatever a request within its bound turns out to use, it costs
 * at most the bound - over made-up prices of every kind, and over every card of the shipped
 * catalogue. The test says for itself which usage classes a request can cause.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  boundOf,
  catalogueFrom,
  charge,
  GUARDRAIL_MODEL_ID,
  largestMaxTokens,
  priceBook,
  totalTokens,
  USAGE_FIELD,
  usageOf,
} from '../../src/index.ts';
import type {
  Bound,
  ModelFacts,
  PriceRow,
  RateCard,
  RequestShape,
  TokenClass,
  Usage,
} from '../../src/index.ts';
import { aPrice, aShape, cardOf, NOW } from './a-price.ts';

type Bounded = Extract<Bound, { kind: 'bounded' }>;
const TIME_BOX = { numRuns: 5000, interruptAfterTimeLimit: 2000 };
const PROMPT = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'cache_write_30m',
] as const;
const WRITES = ['cache_write_5m', 'cache_write_1h', 'cache_write_30m'] as const;
const TIERS = ['standard', 'priority', 'flex'];

/** The classes that the prompt of this request can be charged as. */
function possible(shape: RequestShape, model: ModelFacts, cards: readonly RateCard[]) {
  const onACard = (name: TokenClass) =>
    cards.some((card) => card.bands.some((band) => band.prices[name] !== null));
  const writeIsPriced = WRITES.some(onACard);
  return PROMPT.filter((name) => {
    if (name === 'input') return true;
    if (name === 'cache_read') return shape.writes_cache || onACard(name);
    if (!shape.writes_cache && model.explicit_cache) return false;
    if (onACard(name)) return true;
    return shape.writes_cache && !writeIsPriced && name !== 'cache_write_30m';
  });
}

/** Deals tokens out to classes in the given shares; the last class takes what is left. */
function split(total: number, classes: readonly TokenClass[], shares: readonly number[]): Usage {
  let left = total;
  const counts: Record<string, number> = {};
  for (const [index, name] of classes.entries()) {
    const last = index === classes.length - 1;
    const part = last ? left : Math.floor(left * (shares[index] ?? 0));
    counts[USAGE_FIELD[name]] = part;
    left -= part;
  }
  return usageOf(counts);
}

/** What an entry counts: what is known, or the ceiling where a price is missing. */
function counted(card: RateCard, usage: Usage): bigint {
  const { cost, priced, unpriced_ceiling } = charge(card, usage);
  if (priced === 'yes') return cost;
  expect(unpriced_ceiling).not.toBeNull();
  return unpriced_ceiling ?? cost;
}

const usd = fc.oneof(
  fc.stringMatching(/^[0-9]{1,2}(\.[0-9]{1,3})?$/),
  // Finer than a pico a token, so that every line is rounded.
  fc.stringMatching(/^0\.[0-9]{7,10}$/),
);
const band = fc.constantFrom('all', 'all', 'le_1k', 'gt_1k', 'le_2k', 'gt_2k');
const optionalRows = fc.array(
  fc.record({
    usage_class: fc.constantFrom<string>(...PROMPT, 'output'),
    context_band: band,
    tier: fc.constantFrom(...TIERS),
    effective_from: fc.constantFrom('2026-02-01', '2026-03-01', '2027-01-01'),
    usd,
  }),
  { maxLength: 12 },
);
const basics = fc.array(fc.tuple(usd, usd), { minLength: 1, maxLength: 3 });

/** Cards of up to three tiers, each with at least an input and an output price. */
const someCards = fc.tuple(basics, optionalRows).map(([prices, more]) => {
  const rows: PriceRow[] = prices.flatMap(([input, output], index) => {
    const tier = TIERS[index] ?? '';
    return [
      aPrice({ usage_class: 'input', tier, usd: input }),
      aPrice({ usage_class: 'output', tier, usd: output }),
    ];
  });
  const tiers = TIERS.slice(0, prices.length);
  const extra = more.filter(({ tier }) => tiers.includes(tier)).map((row) => aPrice(row));
  const unique = new Map(
    [...rows, ...extra].map((row) => [Object.values(row).slice(0, 7).join(), row]),
  );
  const book = priceBook([...unique.values()], 'test');
  return tiers.map((tier) => cardOf(book, tier)).filter((card) => card !== undefined);
});
const aModel = fc.record({
  model_id: fc.constant('a.model'),
  provider: fc.constant('a'),
  family: fc.constantFrom('anthropic', 'nova', 'unknown'),
  kind: fc.constantFrom('text', 'embedding'),
  context_window: fc.constantFrom(null, 500, 1500, 100_000),
  max_output_tokens: fc.constantFrom(null, 4000),
  default_max_tokens: fc.constantFrom(null, 512),
  explicit_cache: fc.boolean(),
  sources: fc.constant([]),
}) satisfies fc.Arbitrary<ModelFacts>;
const someShape = fc
  .record({
    text_bytes: fc.nat({ max: 5000 }),
    parts: fc.nat({ max: 20 }),
    opaque_input: fc.boolean(),
    has_tools: fc.boolean(),
    writes_cache: fc.boolean(),
    max_output_tokens: fc.option(fc.nat({ max: 10_000 })),
  })
  .map((change) => aShape(change));
const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const shares = fc.array(share, { minLength: 6, maxLength: 6 });

test('no usage within the bound costs more than the bound, whatever the prices', () => {
  let seen = 0;
  fc.assert(
    fc.property(
      someCards,
      aModel,
      someShape,
      shares,
      fc.nat(),
      fc.constantFrom(null, 3000),
      (cards, model, shape, parts, pick, cap_tokens) => {
        const bound = boundOf(shape, model, cards, { cap_tokens });
        const card = cards[pick % cards.length];
        if (bound.kind !== 'bounded' || card === undefined) return;
        seen++;
        const [promptShare = 1, outputShare = 1, ...rest] = parts;
        const prompt = Math.floor(bound.input_tokens * promptShare);
        const usage = {
          ...split(prompt, possible(shape, model, cards), rest),
          output_tokens: Math.floor(bound.output_tokens * outputShare),
        };
        expect(counted(card, usage) <= bound.amounts.usd).toBe(true);
        expect(BigInt(totalTokens(usage)) <= bound.amounts.tokens).toBe(true);
      },
    ),
    TIME_BOX,
  );
  expect(seen).toBeGreaterThan(100);
});

test('the largest maxTokens fits into the room, and one more does not', () => {
  fc.assert(
    fc.property(
      someCards,
      someShape,
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.constantFrom(null, 4000),
      (cards, shape, room, max_output_tokens) => {
        const model: ModelFacts = {
          ...SHIPPED_MODEL,
          max_output_tokens,
          context_window: 100_000,
        };
        const bound = (stated: number) =>
          boundOf({ ...shape, max_output_tokens: stated }, model, cards, { cap_tokens: null });
        const largest = largestMaxTokens(bound(1), room);
        const costs = (stated: number) => (bound(stated) as Bounded).amounts.usd;
        if (bound(1).kind !== 'bounded') return;
        if (largest > 0) expect(costs(largest) <= room).toBe(true);
        const most = max_output_tokens ?? Number.MAX_SAFE_INTEGER;
        if (largest < most) expect(costs(largest + 1) > room).toBe(true);
      },
    ),
    TIME_BOX,
  );
});

const SHIPPED = catalogueFrom(shippedFile('prices.json'), shippedFile('models.json'));
const SHIPPED_MODEL = modelOf('amazon.nova-pro-v1:0');

function shippedFile(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

function modelOf(id: string): ModelFacts {
  const model = SHIPPED.models.get(id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

/** Every card of a model that the shipped book ever gives: each key at each of its dates. */
function shippedCards(): RateCard[] {
  const cards = new Set<RateCard>();
  for (const row of SHIPPED.book.rows()) {
    if (row.model_id === GUARDRAIL_MODEL_ID) continue;
    const at = Date.parse(row.effective_from);
    for (const moment of [at, NOW]) {
      const card = SHIPPED.book.rateCard({ ...row, at: moment });
      if (card !== undefined) cards.add(card);
    }
  }
  return [...cards];
}

const SHAPES = [
  aShape({ max_output_tokens: 100 }),
  aShape({ has_tools: true, parts: 7, text_bytes: 150_000 }),
  aShape({ opaque_input: true }),
  aShape({ writes_cache: true, text_bytes: 300_000 }),
];

test('every shipped card: some usage reaches the bound, and none at the edges passes it', () => {
  let checked = 0;
  for (const card of shippedCards()) {
    const model = modelOf(card.model_id);
    for (const shape of SHAPES) {
      const bound = boundOf(shape, model, [card], { cap_tokens: 50_000 });
      if (bound.kind !== 'bounded') continue;
      const edges = card.bands.flatMap(({ up_to }) => [up_to, up_to + 1]);
      let largest = 0n;
      for (const size of [...edges, bound.input_tokens]) {
        if (size > bound.input_tokens) continue;
        for (const name of possible(shape, model, [card])) {
          const prompt = { [USAGE_FIELD[name]]: size };
          const usage = usageOf({ ...prompt, output_tokens: bound.output_tokens });
          const amount = counted(card, usage);
          if (amount > largest) largest = amount;
        }
      }
      // Shipped prices are whole in pico-dollars, so the bound is not a pico too large either.
      if (largest !== bound.amounts.usd) expect([card.model_id, largest]).toEqual([bound]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(5000);
});

test('every shipped card: no usage within the bound costs more than the bound', () => {
  const cards = shippedCards();
  fc.assert(
    fc.property(
      fc.constantFrom(...cards),
      someShape,
      fc.nat({ max: 2_000_000 }),
      shares,
      (card, someRequest, text_bytes, parts) => {
        const model = modelOf(card.model_id);
        const shape = { ...someRequest, text_bytes };
        const bound = boundOf(shape, model, [card], { cap_tokens: 50_000 });
        if (bound.kind !== 'bounded') return;
        const [promptShare = 1, outputShare = 1, ...rest] = parts;
        const prompt = Math.floor(bound.input_tokens * promptShare);
        const usage = {
          ...split(prompt, possible(shape, model, [card]), rest),
          output_tokens: Math.floor(bound.output_tokens * outputShare),
        };
        expect(counted(card, usage) <= bound.amounts.usd).toBe(true);
      },
    ),
    TIME_BOX,
  );
});
