/** The bound of a request: what counts, what is refused, and what would still fit. */
import { describe, expect, test } from 'vitest';
import {
  boundOf,
  charge,
  largestMaxTokens,
  PART_TOKENS,
  REQUEST_TOKENS,
  TOOL_SET_TOKENS,
  TOOL_SET_TOKENS_OTHERWISE,
  usageOf,
} from '../../src/index.ts';
import type { Bound, ModelFacts, PriceRow, RateCard, RequestShape } from '../../src/index.ts';
import { aCard, aPrice, aShape, pricesOf } from './a-price.ts';

const MODEL: ModelFacts = {
  model_id: 'a.model',
  provider: 'a',
  family: 'unknown',
  kind: 'text',
  context_window: 100_000,
  max_output_tokens: 4000,
  default_max_tokens: null,
  explicit_cache: true,
  sources: ['test'],
};
const PLAIN = aCard(pricesOf({ input: '1', output: '5' }));
const CACHING = aCard(
  pricesOf({
    input: '1',
    output: '5',
    cache_read: '0.1',
    cache_write_5m: '1.25',
    cache_write_1h: '2',
  }),
);
const NO_CAP = { cap_tokens: null };

function bounded(
  shape: Partial<RequestShape>,
  model: Partial<ModelFacts> = {},
  cards: readonly RateCard[] = [PLAIN],
  cap_tokens: number | null = null,
): Extract<Bound, { kind: 'bounded' }> {
  const bound = boundOf(aShape(shape), { ...MODEL, ...model }, cards, { cap_tokens });
  if (bound.kind !== 'bounded') throw new Error(bound.message);
  return bound;
}

/** What is left once the prompt's own text is taken away. */
const overhead = (bound: { input_tokens: number }) => bound.input_tokens - 1000;

describe('the input', () => {
  test('is a token for each byte, a constant for each part, and one for the request', () => {
    expect(bounded({ parts: 0 }).input_tokens).toBe(1000 + REQUEST_TOKENS);
    expect(bounded({ parts: 5 }).input_tokens).toBe(1000 + 5 * PART_TOKENS + REQUEST_TOKENS);
  });

  test.each(['anthropic', 'nova', 'titan_text', 'unknown'] as const)(
    'holds the hidden tool prompt of the family %s when there are tools',
    (family) => {
      const without = overhead(bounded({}, { family }));
      const tools = overhead(bounded({ has_tools: true }, { family })) - without;
      expect(tools).toBe(TOOL_SET_TOKENS[family] ?? TOOL_SET_TOKENS_OTHERWISE);
      // Anthropic documents up to 804 tokens for the prompt and 1,680 for three built-in tools.
      expect(tools).toBeGreaterThanOrEqual(family === 'anthropic' ? 804 + 735 + 700 + 245 : 1024);
    },
  );

  test('is never more than the context window', () => {
    expect(bounded({ text_bytes: 5_000_000 }).input_tokens).toBe(100_000);
    expect(bounded({ text_bytes: 5_000_000 }, { context_window: null }).input_tokens).toBe(
      5_000_000 + PART_TOKENS + REQUEST_TOKENS,
    );
  });

  test('is the whole context window when a part of it is opaque', () => {
    expect(bounded({ opaque_input: true, text_bytes: 1 }).input_tokens).toBe(100_000);
  });

  test('is the extended window unless the request is known not to opt into it', () => {
    const model = { extended_context_window: 1_000_000 };
    const input = (extended_context?: boolean) =>
      bounded(
        { opaque_input: true, ...(extended_context === undefined ? {} : { extended_context }) },
        model,
      ).input_tokens;
    expect(input()).toBe(1_000_000);
    expect(input(true)).toBe(1_000_000);
    expect(input(false)).toBe(100_000);
  });
});

describe('the output', () => {
  test.each([
    ['what the request states', 100, 512, 4000, 100],
    ["what it states, even above the model's own", 9000, 512, 4000, 9000],
    ["else the model's default", null, 512, 4000, 512],
    ["else the model's maximum", null, null, 4000, 4000],
    ['what it states, of a model of which nothing is known', 77, null, null, 77],
  ])('is %s', (_what, stated, default_max_tokens, max_output_tokens, expected) => {
    const bound = bounded({ max_output_tokens: stated }, { default_max_tokens, max_output_tokens });
    expect(bound.output_tokens).toBe(expected);
  });

  test('of an embedding is none, and has no price', () => {
    const embedding = aCard(pricesOf({ input: '0.1' }));
    const bound = bounded({}, { kind: 'embedding', max_output_tokens: null }, [embedding]);
    expect(bound.output_tokens).toBe(0);
    expect(bound.amounts.usd).toBe(108_000_000n);
  });
});

describe('an output maximum that may not bind', () => {
  const loose = (maximum: number) => ({
    max_output_tokens: maximum,
    output_maximum_binds: false,
  });

  test('never lowers what the model writes without one, and still raises it', () => {
    expect(bounded(loose(5), { default_max_tokens: 512 }).output_tokens).toBe(512);
    expect(bounded(loose(5)).output_tokens).toBe(4000);
    expect(bounded(loose(9000)).output_tokens).toBe(9000);
  });

  test('does not stand in for a maximum that nobody knows', () => {
    const bound = boundOf(aShape(loose(5)), { ...MODEL, max_output_tokens: null }, [PLAIN], NO_CAP);
    expect(bound).toMatchObject({ kind: 'unbounded', reason: 'no_output_maximum' });
    const capped = { max_output_tokens: null };
    expect(bounded(loose(5), capped, [PLAIN], 700).output_tokens).toBe(700);
    expect(bounded(loose(900), capped, [PLAIN], 700).output_tokens).toBe(900);
  });
});

describe('the amounts', () => {
  test('are dollars, tokens and one request', () => {
    // 1,080 x 1 + 100 x 5 USD a million = 1,580 micro-dollars.
    expect(bounded({ max_output_tokens: 100 }).amounts).toEqual({
      usd: 1_580_000_000n,
      tokens: 1180n,
      requests: 1n,
    });
  });

  test.each([
    ['input, when nothing writes the cache', {}, { explicit_cache: true }, '1'],
    ['the dearest write, when the request asks for one', { writes_cache: true }, {}, '2'],
    ['the dearest write, when the model writes unasked', {}, { explicit_cache: false }, '2'],
  ])('take the prompt at the price of %s', (_which, shape, model, price) => {
    const { usd } = bounded({ max_output_tokens: 0, ...shape }, model, [CACHING]).amounts;
    expect(usd).toBe(1080n * BigInt(price) * 1_000_000n);
  });

  test('take a write without any price at the dearest known price', () => {
    const asked = bounded({ max_output_tokens: 0, writes_cache: true }, {}, [PLAIN]);
    expect(asked.amounts.usd).toBe(1080n * 5_000_000n);
    const silent = bounded({ max_output_tokens: 0 }, { explicit_cache: false }, [PLAIN]);
    expect(silent.amounts.usd).toBe(1080n * 1_000_000n);
  });

  test('take a write for an hour without a price at the dearest known one, if asked for', () => {
    const usd = { input: '1', output: '5', cache_read: '0.1', cache_write_5m: '1.25' };
    const short = aCard(pricesOf(usd));
    const asked = { max_output_tokens: 0, writes_cache: true };
    expect(bounded(asked, {}, [short]).amounts.usd).toBe(1080n * 1_250_000n);
    const long = bounded({ ...asked, writes_cache_1h: true }, {}, [short]);
    expect(long.amounts.usd).toBe(1080n * 5_000_000n);
  });

  test('take a usual write without a price at the dearest one, though an hour has its own', () => {
    const usd = { input: '1', output: '5', cache_read: '0.1', cache_write_1h: '2' };
    const bound = bounded({ max_output_tokens: 0, writes_cache: true }, {}, [aCard(pricesOf(usd))]);
    expect(bound.amounts.usd).toBe(1080n * 5_000_000n);
  });

  test('take a class that only another tier prices at the dearest known price of the tier', () => {
    const { usd } = bounded({ max_output_tokens: 0 }, { explicit_cache: false }, [
      CACHING,
      PLAIN,
    ]).amounts;
    expect(usd).toBe(1080n * 5_000_000n);
  });

  test('take the dearest of the tiers that may serve the request', () => {
    const flex = aCard(pricesOf({ input: '0.5', output: '2.5' }));
    const priority = aCard(pricesOf({ input: '1.75', output: '8.75' }));
    const usd = (...cards: RateCard[]) => bounded({ max_output_tokens: 10 }, {}, cards).amounts.usd;
    expect(usd(flex, priority, PLAIN)).toBe(usd(priority));
    expect(usd(PLAIN, flex)).toBe(usd(PLAIN));
  });

  describe('in context bands', () => {
    const rows = (short: [string, string], long: [string, string]): PriceRow[] => [
      ...pricesOf({ input: short[0], output: short[1] }, { context_band: 'le_50k' }),
      ...pricesOf({ input: long[0], output: long[1] }, { context_band: 'gt_50k' }),
    ];
    const dearer = aCard(rows(['1', '5'], ['2', '7.5']));
    const usd = (card: RateCard, text_bytes: number) =>
      bounded({ text_bytes, parts: 0, max_output_tokens: 10 }, {}, [card]).amounts.usd;
    const edge = 50_000 - REQUEST_TOKENS;

    test('take only bands that the request can reach', () => {
      expect(usd(dearer, edge)).toBe(50_000n * 1_000_000n + 10n * 5_000_000n);
      expect(usd(dearer, edge + 1)).toBe(50_001n * 2_000_000n + 10n * 7_500_000n);
    });

    test('take the lower band where a shorter prompt costs more', () => {
      const cheaper = aCard(rows(['2', '7.5'], ['1', '5']));
      expect(usd(cheaper, edge + 1)).toBe(50_000n * 2_000_000n + 10n * 7_500_000n);
      expect(usd(cheaper, edge + 50_000)).toBe(50_000n * 2_000_000n + 10n * 7_500_000n);
    });
  });

  test('are rounded up where a price is finer than a pico', () => {
    const fine = aCard(pricesOf({ input: '0.0000001', output: '0.0000001' }));
    // 108 pico for the prompt, and a tenth of one for the output.
    expect(bounded({ max_output_tokens: 1 }, {}, [fine]).amounts.usd).toBe(109n);
  });
});

test('leaves room for the rounding of every line that the prompt can be split into', () => {
  // Half a pico a token: an odd count is rounded up in each of the lines that it is split into.
  const half = aCard(pricesOf({ input: '0.0000005', output: '0', cache_read: '0.0000005' }));
  const { usd } = bounded({ max_output_tokens: 0 }, {}, [half]).amounts;
  const usage = usageOf({ input_tokens: 539, cache_read_input_tokens: 541 });
  expect(charge(half, usage).cost).toBe(541n);
  expect(usd).toBe(541n);
});

describe('what cannot be bounded', () => {
  test('is an opaque input without a known window', () => {
    const model = { ...MODEL, context_window: null };
    expect(boundOf(aShape({ opaque_input: true }), model, [PLAIN], NO_CAP)).toMatchObject({
      kind: 'unbounded',
      reason: 'no_context_window',
    });
  });

  test('is an output without any maximum', () => {
    const model = { ...MODEL, max_output_tokens: null };
    expect(boundOf(aShape(), model, [PLAIN], NO_CAP)).toMatchObject({
      kind: 'unbounded',
      reason: 'no_output_maximum',
    });
  });

  test('is held at the cap where policy allows it, and says so', () => {
    const unknown = { context_window: null, max_output_tokens: null };
    const bound = bounded({ opaque_input: true }, unknown, [PLAIN], 5000);
    expect(bound).toMatchObject({ input_tokens: 5000, output_tokens: 5000, capped: true });
    expect(bounded({}, {}, [PLAIN], 5000).capped).toBe(false);
  });

  test('is never held below what its text alone can be', () => {
    const bound = bounded({ opaque_input: true }, { context_window: null }, [PLAIN], 10);
    expect(bound.input_tokens).toBe(1000 + PART_TOKENS + REQUEST_TOKENS);
  });
});

describe('what is not priced', () => {
  const reason = (
    cards: readonly RateCard[],
    shape: Partial<RequestShape> = {},
    model: Partial<ModelFacts> = {},
  ) => {
    const bound = boundOf(aShape(shape), { ...MODEL, ...model }, cards, { cap_tokens: 100 });
    return bound.kind === 'unpriced' ? bound.message : bound.kind;
  };

  test('is a model without a card', () => {
    expect(reason([])).toMatch(/no price for a\.model/);
  });

  test('is a card without a price of input or output', () => {
    expect(reason([aCard(pricesOf({ output: '5' }))])).toMatch(/no input price/);
    expect(reason([aCard(pricesOf({ input: '1' }))])).toMatch(/no output price/);
    expect(reason([PLAIN, aCard(pricesOf({ input: '1' }))])).toMatch(/no output price/);
    expect(reason([aCard([aPrice({ usage_class: 'image', per: 1 })])])).toMatch(/no input price/);
  });

  test('is a context band without a price, once the request can reach it', () => {
    const short = aCard(pricesOf({ input: '1', output: '5' }, { context_band: 'le_50k' }));
    expect(reason([short], { text_bytes: 40_000 })).toBe('bounded');
    expect(reason([short], { text_bytes: 50_000 })).toMatch(/prompts above 50000 tokens/);
  });

  test('is an embedding of anything but text', () => {
    const embedding = [aCard(pricesOf({ input: '0.1' }))];
    expect(reason(embedding, { opaque_input: true }, { kind: 'embedding' })).toMatch(/images/);
    expect(reason(embedding, {}, { kind: 'embedding' })).toBe('bounded');
  });
});

describe('largestMaxTokens', () => {
  const bound = bounded({ max_output_tokens: 100 });
  const prompt = 1_080_000_000n;

  test.each([
    ['nothing', 0n, 0],
    ['the prompt, but no token more', prompt, 0],
    ['almost one token', prompt + 4_999_999n, 0],
    ['one token', prompt + 5_000_000n, 1],
    ['a thousand', prompt + 5_000_000_000n, 1000],
    ['more than the model writes', 10n ** 15n, 4000],
  ])('with room for %s', (_room, room, tokens) => {
    expect(largestMaxTokens(bound, room)).toBe(tokens);
  });

  test('counts tokens for a budget in tokens, and requests for one in requests', () => {
    expect(largestMaxTokens(bound, 1079n, 'tokens')).toBe(0);
    expect(largestMaxTokens(bound, 1090n, 'tokens')).toBe(10);
    expect(largestMaxTokens(bound, 1090n, 'tokens', 4)).toBe(6);
    expect(largestMaxTokens(bound, 10n ** 9n, 'tokens')).toBe(4000);
    expect(largestMaxTokens(bound, 0n, 'requests')).toBe(0);
    expect(largestMaxTokens(bound, 1n, 'requests')).toBe(4000);
  });

  test('is limited by the dearest tier and band alone', () => {
    const cards = [PLAIN, aCard(pricesOf({ input: '0.5', output: '50' }))];
    const two = bounded({ max_output_tokens: 1 }, {}, cards);
    expect(largestMaxTokens(two, prompt + 500_000_000n)).toBe(20);
  });

  test('of a model whose maximum is unknown or output is free is limited by nothing else', () => {
    const free = aCard(pricesOf({ input: '1', output: '0' }));
    const unknown = bounded({ max_output_tokens: 5 }, { max_output_tokens: null }, [free]);
    expect(largestMaxTokens(unknown, prompt)).toBe(Number.MAX_SAFE_INTEGER);
    expect(largestMaxTokens(unknown, prompt - 1n)).toBe(0);
  });

  test('leaves room for the units that the request causes beside its tokens', () => {
    const withImage = aCard([
      ...pricesOf({ input: '1', output: '5' }),
      aPrice({ usage_class: 'input_image', usd: '0.001', per: 1 }),
    ]);
    const shape = { max_output_tokens: 1, units: { input_image: 2 } };
    const two = bounded(shape, {}, [withImage]);
    expect(two.amounts.usd).toBe(prompt + 2_000_000_000n + 5_000_000n);
    expect(largestMaxTokens(two, prompt + 2_000_000_000n + 15_000_000n)).toBe(3);
    expect(largestMaxTokens(two, prompt + 1_999_999_999n)).toBe(0);
  });

  test('is 0 where there is no bound to fit', () => {
    expect(largestMaxTokens({ kind: 'unpriced', message: '' }, 10n ** 15n)).toBe(0);
  });
});
