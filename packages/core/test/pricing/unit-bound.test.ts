/** The bound of named units: what they can cost at most, and what is never taken as free. */
import { describe, expect, test } from 'vitest';
import { boundOf, boundOfUnits, GUARDRAIL_MODEL_ID } from '../../src/index.ts';
import type { ModelFacts, PriceRow } from '../../src/index.ts';
import { aCard, aPrice, aShape, pricesOf } from './a-price.ts';

const NO_CAP = { cap_tokens: null };
const MODEL: ModelFacts = {
  model_id: 'a.model',
  provider: 'a',
  family: 'unknown',
  kind: 'image',
  context_window: null,
  max_output_tokens: null,
  default_max_tokens: null,
  explicit_cache: false,
  sources: [],
};

function unitPrices(usd: Readonly<Record<string, string>>, change: Partial<PriceRow> = {}) {
  return Object.entries(usd).map(([usage_class, price]) =>
    aPrice({ usage_class, usd: price, per: 1, ...change }),
  );
}

const GUARDRAILS = aCard(
  unitPrices({
    guardrail_content_policy_unit: '0.00015',
    guardrail_topic_policy_unit: '0.00015',
    guardrail_word_policy_unit: '0',
  }),
);
const IMAGES = aCard([
  aPrice({ usage_class: 'image', context_band: 'le_1024:standard', usd: '0.04', per: 1 }),
  aPrice({ usage_class: 'image', context_band: 'le_1024:premium', usd: '0.06', per: 1 }),
]);
const SEARCH = aCard(unitPrices({ search_unit: '0.002' }));

describe('a model that is billed in units alone', () => {
  test('needs neither a context window nor an output maximum', () => {
    const shape = aShape({ opaque_input: true, units: { 'image:1024:standard': 3 } });
    expect(boundOf(shape, MODEL, [IMAGES], NO_CAP)).toMatchObject({
      kind: 'bounded',
      input_tokens: 0,
      output_tokens: 0,
      amounts: { usd: 120_000_000_000n, tokens: 0n, requests: 1n },
      capped: false,
    });
    const rerank = { ...MODEL, kind: 'rerank' as const };
    const query = aShape({ text_bytes: 9_000_000, units: { search_unit: 12 } });
    expect(boundOf(query, rerank, [SEARCH], NO_CAP)).toMatchObject({
      kind: 'bounded',
      amounts: { usd: 24_000_000_000n, tokens: 0n, requests: 1n },
    });
  });

  test('is held at the dearest quality where the quality is not known', () => {
    const shape = aShape({ units: { 'image:1024': 2 } });
    expect(boundOf(shape, MODEL, [IMAGES], NO_CAP)).toMatchObject({
      amounts: { usd: 120_000_000_000n },
    });
  });

  test('is held at the dearest of the cards that may serve it', () => {
    const dear = aCard(unitPrices({ search_unit: '0.003' }));
    const rerank = { ...MODEL, kind: 'rerank' as const };
    const shape = aShape({ units: { search_unit: 1 } });
    expect(boundOf(shape, rerank, [SEARCH, dear], NO_CAP)).toMatchObject({
      amounts: { usd: 3_000_000_000n },
    });
  });

  test.each([
    ['no units', undefined],
    ['an empty list', {}],
    ['units of which there are none', { 'image:1024:standard': 0 }],
  ])('is not free where the request tells of %s', (_what, units) => {
    const shape = aShape(units === undefined ? {} : { units });
    expect(boundOf(shape, MODEL, [IMAGES], { cap_tokens: 5000 })).toMatchObject({
      kind: 'unbounded',
      reason: 'no_units',
    });
  });

  test('is unpriced without a card, and where a card lacks one of its units', () => {
    const units = { 'image:1024:standard': 1, second: 4 };
    expect(boundOf(aShape({ units }), MODEL, [], NO_CAP).kind).toBe('unpriced');
    const bound = boundOf(aShape({ units }), MODEL, [IMAGES], NO_CAP);
    expect(bound.kind === 'unpriced' && bound.message).toMatch(/price for second with a\.model/);
    const one = aShape({ units: { 'image:1024:standard': 1 } });
    expect(boundOf(one, MODEL, [IMAGES, SEARCH], NO_CAP).kind).toBe('unpriced');
  });

  test('holds tokens all the same once a card has a price for them', () => {
    const both = aCard([...pricesOf({ input: '5' }), ...unitPrices({ image: '0.04' })]);
    const model = { ...MODEL, context_window: 4000 };
    const shape = aShape({ units: { image: 1 }, text_bytes: 36, parts: 0 });
    // 36 + 64 tokens at 5 USD a million, and an image.
    expect(boundOf(shape, model, [both], NO_CAP)).toMatchObject({
      input_tokens: 100,
      output_tokens: 0,
      amounts: { usd: 500_000_000n + 40_000_000_000n },
    });
    expect(boundOf({ ...shape, units: { second: 1 } }, model, [both], NO_CAP).kind).toBe(
      'unpriced',
    );
  });
});

describe('units beside tokens', () => {
  const text = { ...MODEL, kind: 'text' as const, context_window: 10_000, max_output_tokens: 50 };
  const card = aCard(pricesOf({ input: '1', output: '5' }));
  const shape = aShape({ parts: 0, max_output_tokens: 10 });
  const guarded = {
    ...shape,
    units: { guardrail_content_policy_unit: 4, guardrail_word_policy_unit: 4 },
  };

  test('add to the bound, at the prices of guardrails', () => {
    const plain = boundOf(shape, text, [card], NO_CAP);
    const bound = boundOf(guarded, text, [card], { cap_tokens: null, unitCard: GUARDRAILS });
    if (plain.kind !== 'bounded' || bound.kind !== 'bounded') throw new Error('not bounded');
    expect(bound.amounts.usd - plain.amounts.usd).toBe(600_000_000n);
    expect(bound.amounts.tokens).toBe(plain.amounts.tokens);
  });

  test('of a guardrail without prices leave the call unpriced, not free', () => {
    expect(boundOf(guarded, text, [card], NO_CAP).kind).toBe('unpriced');
    const grounded = { ...shape, units: { guardrail_contextual_grounding_policy_unit: 1 } };
    const options = { cap_tokens: null, unitCard: GUARDRAILS };
    expect(boundOf(grounded, text, [card], options).kind).toBe('unpriced');
  });

  test('of a guardrail are never priced by the card of the model', () => {
    const mixed = aCard([
      ...pricesOf({ input: '1', output: '5' }),
      ...unitPrices({ guardrail_content_policy_unit: '7' }),
    ]);
    const one = { ...shape, units: { guardrail_content_policy_unit: 1 } };
    expect(boundOf(one, text, [mixed], NO_CAP).kind).toBe('unpriced');
  });

  test('of an embedding add to its text', () => {
    const embedding = { ...MODEL, kind: 'embedding' as const };
    const prices = aCard([
      ...pricesOf({ input: '0.8' }),
      ...unitPrices({ input_image: '0.00006' }),
    ]);
    const image = aShape({ text_bytes: 36, parts: 0, units: { input_image: 1 } });
    expect(boundOf(image, embedding, [prices], NO_CAP)).toMatchObject({
      input_tokens: 100,
      output_tokens: 0,
      amounts: { usd: 80_000_000n + 60_000_000n },
    });
  });
});

describe('a call of a guardrail by itself', () => {
  const bound = (units: Record<string, number>) =>
    boundOfUnits(units, GUARDRAIL_MODEL_ID, [GUARDRAILS], GUARDRAILS);

  test('is bounded by its units', () => {
    expect(bound({ guardrail_topic_policy_unit: 2, guardrail_content_policy_unit: 2 })).toEqual({
      kind: 'bounded',
      input_tokens: 0,
      output_tokens: 0,
      amounts: { usd: 600_000_000n, tokens: 0n, requests: 1n },
      capped: false,
      max_output_tokens: null,
      lines: [{ prompt: 600_000_000n, output: null }],
    });
  });

  test('may cost nothing where a stated price is nothing', () => {
    expect(bound({ guardrail_word_policy_unit: 9 })).toMatchObject({ amounts: { usd: 0n } });
  });
});
