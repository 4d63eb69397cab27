/**
 * Charging: every class in every band, one line each, and what happens where a price is missing.
 */
import { describe, expect, test } from 'vitest';
import { charge, NO_USAGE, USAGE_FIELD, usageOf } from '../../src/index.ts';
import type { TokenClass } from '../../src/index.ts';
import { aCard, aPrice, pricesOf } from './a-price.ts';

const SHORT = {
  input: '1',
  output: '5',
  cache_read: '0.1',
  cache_write_5m: '1.25',
  cache_write_1h: '2',
  cache_write_30m: '1.5',
};
const LONG = {
  input: '2',
  output: '7.5',
  cache_read: '0.2',
  cache_write_5m: '2.5',
  cache_write_1h: '4',
  cache_write_30m: '3',
};
const BANDED = aCard([
  ...pricesOf(SHORT, { context_band: 'le_200k' }),
  ...pricesOf(LONG, { context_band: 'gt_200k' }),
]);

/** Class, quantity, price of one token, amount in pico-USD; each worked by hand. */
const CASES: [TokenClass, number, string, bigint][] = [
  ['input', 200_000, '0.000001', 200_000_000_000n],
  ['cache_read', 200_000, '0.0000001', 20_000_000_000n],
  ['cache_write_5m', 200_000, '0.00000125', 250_000_000_000n],
  ['cache_write_1h', 200_000, '0.000002', 400_000_000_000n],
  ['cache_write_30m', 200_000, '0.0000015', 300_000_000_000n],
  ['output', 1_000_000, '0.000005', 5_000_000_000_000n],
  ['input', 200_001, '0.000002', 400_002_000_000n],
  ['cache_read', 200_001, '0.0000002', 40_000_200_000n],
  ['cache_write_5m', 200_001, '0.0000025', 500_002_500_000n],
  ['cache_write_1h', 200_001, '0.000004', 800_004_000_000n],
  ['cache_write_30m', 200_001, '0.000003', 600_003_000_000n],
];

describe('a class in a band', () => {
  test.each(CASES)('%s x %d costs %s each', (usageClass, quantity, unit_price_usd, amount) => {
    const usage = usageOf({ [USAGE_FIELD[usageClass]]: quantity });
    expect(charge(BANDED, usage)).toEqual({
      charges: [{ class: usageClass, quantity, unit_price_usd, amount }],
      cost: amount,
      priced: 'yes',
      unpriced_ceiling: null,
    });
  });

  test('output alone never makes a prompt long, and a long prompt makes output dear', () => {
    const long = usageOf({ input_tokens: 200_001, output_tokens: 10 });
    expect(charge(BANDED, long).charges.map((line) => line.unit_price_usd)).toEqual([
      '0.000002',
      '0.0000075',
    ]);
  });

  test.each(['cache_read', 'cache_write_5m', 'cache_write_1h', 'cache_write_30m'] as const)(
    '%s counts towards the band like any other part of the prompt',
    (usageClass) => {
      const usage = usageOf({ input_tokens: 1, [USAGE_FIELD[usageClass]]: 200_000 });
      const [input] = charge(BANDED, usage).charges;
      expect(input).toMatchObject({ class: 'input', unit_price_usd: '0.000002' });
      const short = usageOf({ input_tokens: 1, [USAGE_FIELD[usageClass]]: 199_999 });
      expect(charge(BANDED, short).charges[0]?.unit_price_usd).toBe('0.000001');
    },
  );
});

test('all classes together: a line each in a fixed order, and the cost is their sum', () => {
  const usage = usageOf({
    input_tokens: 18,
    output_tokens: 386,
    cache_read_input_tokens: 7502,
    cache_write_5m_input_tokens: 100,
    cache_write_1h_input_tokens: 10,
    cache_write_30m_input_tokens: 1,
  });
  const { charges, cost, priced } = charge(BANDED, usage);
  expect(charges.map((line) => [line.class, line.amount])).toEqual([
    ['input', 18_000_000n],
    ['output', 1_930_000_000n],
    ['cache_read', 750_200_000n],
    ['cache_write_5m', 125_000_000n],
    ['cache_write_1h', 20_000_000n],
    ['cache_write_30m', 1_500_000n],
  ]);
  expect(cost).toBe(2_844_700_000n);
  expect(priced).toBe('yes');
});

test('each line is rounded once, half up, by itself', () => {
  // Half a pico a token: 1 token rounds up in each line; together they would be one pico.
  const card = aCard(pricesOf({ input: '0.0000005', output: '0.0000005' }));
  const { charges, cost } = charge(card, usageOf({ input_tokens: 1, output_tokens: 1 }));
  expect(charges.map((line) => line.amount)).toEqual([1n, 1n]);
  expect(cost).toBe(2n);
});

describe('no usage', () => {
  test.each([
    ['a card', BANDED],
    ['no card', undefined],
  ])('costs nothing with %s, and that is known', (_name, card) => {
    expect(charge(card, NO_USAGE)).toEqual({
      charges: [],
      cost: 0n,
      priced: 'yes',
      unpriced_ceiling: null,
    });
  });

  test('a unit that was used zero times makes no line', () => {
    expect(charge(BANDED, usageOf({ units: { image: 0 } })).charges).toEqual([]);
  });
});

describe('a price that is missing', () => {
  const card = aCard(pricesOf({ input: '1', output: '5' }));

  test('leaves its line without an amount; the ceiling takes the dearest known price', () => {
    const usage = usageOf({ input_tokens: 100, cache_write_5m_input_tokens: 10 });
    expect(charge(card, usage)).toEqual({
      charges: [
        { class: 'input', quantity: 100, unit_price_usd: '0.000001', amount: 100_000_000n },
        { class: 'cache_write_5m', quantity: 10, unit_price_usd: null, amount: null },
      ],
      cost: 100_000_000n,
      priced: 'partly',
      unpriced_ceiling: 150_000_000n,
    });
  });

  test('for everything that was used: nothing is priced, the ceiling still is', () => {
    const { cost, priced, unpriced_ceiling } = charge(
      card,
      usageOf({ cache_read_input_tokens: 10, cache_write_1h_input_tokens: 10 }),
    );
    expect({ cost, priced, unpriced_ceiling }).toEqual({
      cost: 0n,
      priced: 'no',
      unpriced_ceiling: 100_000_000n,
    });
  });

  test('for a band: the dearest price of another band stands in for the ceiling', () => {
    const short = aCard(pricesOf({ input: '1', output: '5' }, { context_band: 'le_100k' }));
    const { priced, cost, unpriced_ceiling } = charge(short, usageOf({ input_tokens: 100_001 }));
    expect({ priced, cost }).toEqual({ priced: 'no', cost: 0n });
    expect(unpriced_ceiling).toBe(500_005_000_000n);
  });

  test('for the whole model: no line has an amount, and nothing gives a ceiling', () => {
    expect(charge(undefined, usageOf({ input_tokens: 3, output_tokens: 4 }))).toEqual({
      charges: [
        { class: 'input', quantity: 3, unit_price_usd: null, amount: null },
        { class: 'output', quantity: 4, unit_price_usd: null, amount: null },
      ],
      cost: 0n,
      priced: 'no',
      unpriced_ceiling: null,
    });
  });

  test('for a unit: the price of a token says nothing about it, so there is no ceiling', () => {
    const usage = usageOf({ input_tokens: 100, units: { image: 2 } });
    expect(charge(card, usage)).toMatchObject({
      cost: 100_000_000n,
      priced: 'partly',
      unpriced_ceiling: null,
    });
    const both = usageOf({ cache_read_input_tokens: 1, units: { image: 2 } });
    expect(charge(card, both)).toMatchObject({ priced: 'no', unpriced_ceiling: null });
  });
});

test('a unit with a price is charged by its name', () => {
  const card = aCard([
    aPrice({ usage_class: 'image', usd: '0.04', per: 1 }),
    aPrice({ usage_class: 'image', context_band: 'le_1024:premium', usd: '0.06', per: 1 }),
  ]);
  const usage = usageOf({ units: { image: 2, 'image:le_1024:premium': 1 } });
  expect(charge(card, usage)).toEqual({
    charges: [
      { class: 'image', quantity: 2, unit_price_usd: '0.04', amount: 80_000_000_000n },
      {
        class: 'image:le_1024:premium',
        quantity: 1,
        unit_price_usd: '0.06',
        amount: 60_000_000_000n,
      },
    ],
    cost: 140_000_000_000n,
    priced: 'yes',
    unpriced_ceiling: null,
  });
});

test('a price of nothing is a price: free is not unknown', () => {
  const card = aCard(pricesOf({ input: '0', output: '0' }));
  expect(charge(card, usageOf({ input_tokens: 5 }))).toMatchObject({ cost: 0n, priced: 'yes' });
});

describe('units of a guardrail', () => {
  const model = aCard([
    ...pricesOf({ input: '1', output: '5' }),
    aPrice({ usage_class: 'guardrail_topic_policy_unit', usd: '9', per: 1 }),
  ]);
  const guardrails = aCard([
    aPrice({ usage_class: 'guardrail_topic_policy_unit', usd: '0.15', per: 1000 }),
    aPrice({ usage_class: 'guardrail_word_policy_unit', usd: '0', per: 1 }),
    aPrice({ usage_class: 'image', usd: '3', per: 1 }),
  ]);
  const usage = (units: Record<string, number>) => usageOf({ input_tokens: 10, units });

  test('are charged by the card of guardrails, all else by that of the model', () => {
    const charged = charge(model, usage({ guardrail_topic_policy_unit: 2 }), guardrails);
    expect(charged.charges).toEqual([
      { class: 'input', quantity: 10, unit_price_usd: '0.000001', amount: 10_000_000n },
      {
        class: 'guardrail_topic_policy_unit',
        quantity: 2,
        unit_price_usd: '0.00015',
        amount: 300_000_000n,
      },
    ]);
    expect(charged).toMatchObject({ cost: 310_000_000n, priced: 'yes' });
    expect(charge(model, usage({ image: 1 }), guardrails).priced).toBe('partly');
  });

  test('without that card have no price, whatever the model says of them', () => {
    const { charges, priced, unpriced_ceiling } = charge(
      model,
      usage({ guardrail_topic_policy_unit: 2 }),
    );
    expect(charges[1]).toMatchObject({ unit_price_usd: null, amount: null });
    expect({ priced, unpriced_ceiling }).toEqual({ priced: 'partly', unpriced_ceiling: null });
  });

  test('are free only where a price says so', () => {
    const free = charge(
      undefined,
      usageOf({ units: { guardrail_word_policy_unit: 7 } }),
      guardrails,
    );
    expect(free).toMatchObject({ cost: 0n, priced: 'yes' });
    const unknown = usageOf({ units: { guardrail_sensitive_information_policy_free_unit: 7 } });
    expect(charge(undefined, unknown, guardrails)).toMatchObject({
      cost: 0n,
      priced: 'no',
      unpriced_ceiling: null,
    });
  });
});

test('a generated image is charged by its side and its quality', () => {
  const card = aCard([
    aPrice({ usage_class: 'image', context_band: 'le_1024:standard', usd: '0.04', per: 1 }),
    aPrice({ usage_class: 'image', context_band: 'le_2048:standard', usd: '0.06', per: 1 }),
  ]);
  const units = { 'image:768:standard': 2, 'image:1280:standard': 1, 'image:1280:premium': 1 };
  expect(charge(card, usageOf({ units }))).toMatchObject({
    charges: [
      { class: 'image:768:standard', unit_price_usd: '0.04', amount: 80_000_000_000n },
      { class: 'image:1280:standard', unit_price_usd: '0.06', amount: 60_000_000_000n },
      { class: 'image:1280:premium', unit_price_usd: null, amount: null },
    ],
    cost: 140_000_000_000n,
    priced: 'partly',
    unpriced_ceiling: null,
  });
});
