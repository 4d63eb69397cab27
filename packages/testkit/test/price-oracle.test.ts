/** The oracle itself, on price documents small enough to check by eye. */
import { describe, expect, test } from 'vitest';
import { oracleModel, priceOracle } from '../src/price-oracle.ts';
import type { OracleQuery } from '../src/price-oracle.ts';

const FIELDS = [
  'model_id',
  'regions',
  'scope',
  'tier',
  'usage_class',
  'context_band',
  'effective_from',
  'usd',
  'per',
];
const MODEL = ['m', 'us-east-1 us-west-2', 'geo', 'standard'];
const QUERY: Omit<OracleQuery, 'usage'> = {
  model_id: 'm',
  region: 'us-west-2',
  scope: 'geo',
  tier: 'standard',
  at: Date.parse('2026-11-22T23:59:59.999Z'),
};

function oracle(...rows: (string | number)[][]) {
  return priceOracle({ fields: FIELDS, rows: rows.map((row) => [...MODEL, ...row]) }).cost;
}

test('each class is rounded half up to the twelfth digit, once, before it is added', () => {
  const cost = oracle(
    ['input', 'all', '2026-01-01', '0.0000005', 1_000_000],
    ['output', 'all', '2026-01-01', '0.0000004', 1_000_000],
  );
  // 1 x 0.5 pico rounds up to 1; 3 x 0.5 = 1.5 to 2; 1 x 0.4 down to 0; 3 x 0.4 = 1.2 to 1.
  expect(cost({ ...QUERY, usage: { input_tokens: 1 } })).toBe('0.000000000001');
  expect(cost({ ...QUERY, usage: { input_tokens: 3 } })).toBe('0.000000000002');
  expect(cost({ ...QUERY, usage: { output_tokens: 1 } })).toBe('0');
  expect(cost({ ...QUERY, usage: { input_tokens: 3, output_tokens: 3 } })).toBe('0.000000000003');
});

test('the latest price not after the UTC day counts', () => {
  const cost = oracle(
    ['input', 'all', '2026-11-22', '2', 1],
    ['input', 'all', '2026-01-01', '1', 1],
    ['input', 'all', '2026-11-23', '3', 1],
  );
  expect(cost({ ...QUERY, usage: { input_tokens: 1 } })).toBe('2');
  expect(cost({ ...QUERY, at: QUERY.at - 86_400_000, usage: { input_tokens: 1 } })).toBe('1');
});

test('the whole prompt chooses the band, also of the output', () => {
  const cost = oracle(
    ['input', 'all', '2026-01-01', '1', 1],
    ['cache_read', 'all', '2026-01-01', '0', 1],
    ['output', 'le_2k', '2026-01-01', '10', 1],
    ['output', 'gt_2k', '2026-01-01', '20', 1],
  );
  const usage = { input_tokens: 1, cache_read_input_tokens: 1999, output_tokens: 1 };
  expect(cost({ ...QUERY, usage })).toBe('11');
  expect(cost({ ...QUERY, usage: { ...usage, cache_read_input_tokens: 2000 } })).toBe('21');
});

test('named units have prices of their own', () => {
  const cost = oracle(['image', 'all', '2026-01-01', '0.04', 1]);
  expect(cost({ ...QUERY, usage: { units: { image: 3 } } })).toBe('0.12');
});

describe('a generated image', () => {
  const cost = oracle(
    ['image', 'le_512:standard', '2026-01-01', '1', 1],
    ['image', 'le_1024:standard', '2026-01-01', '2', 1],
    ['image', 'gt_1024:standard', '2026-01-01', '4', 1],
    ['image', 'gt_512:premium', '2026-01-01', '8', 1],
    ['image', 'gt_1024:premium', '2026-01-01', '16', 1],
  );
  test.each([
    ['image:512:standard', '1'],
    ['image:513:standard', '2'],
    ['image:1024:standard', '2'],
    ['image:1025:standard', '4'],
    ['image:513:premium', '8'],
    ['image:4096:premium', '16'],
  ])('%s costs %s: the narrowest range of its quality', (unit, usd) => {
    expect(cost({ ...QUERY, usage: { units: { [unit]: 1 } } })).toBe(usd);
  });

  test('without a range of its quality has no price', () => {
    const usage = { units: { 'image:512:premium': 1 } };
    expect(() => cost({ ...QUERY, usage })).toThrow(RangeError);
  });

  test('of any size costs the same where there is one price', () => {
    const one = oracle(['image', 'all', '2026-01-01', '3', 1]);
    expect(one({ ...QUERY, usage: { units: { 'image:77:splendid': 2 } } })).toBe('6');
  });
});

test('guardrail units are priced apart from the model, in the region that was called', () => {
  const unit = 'guardrail_topic_policy_unit';
  const guardrails = ['amazon.bedrock-guardrails', 'us-west-2', 'in_region', 'standard'];
  const rows = [[...guardrails, unit, 'all', '2026-01-01', '0.15', 1]];
  const { amounts } = priceOracle({ fields: FIELDS, rows });
  const usage = { units: { [unit]: 2, image: 1 } };
  expect([...amounts({ ...QUERY, tier: 'flex', usage })]).toEqual([
    [unit, '0.3'],
    ['image', null],
  ]);
  expect(amounts({ ...QUERY, region: 'us-east-1', usage }).get(unit)).toBeNull();
});

describe('what has no price, or two, is no guess', () => {
  const cost = oracle(
    ['input', 'all', '2026-01-01', '1', 1],
    ['output', 'all', '2026-01-01', '1', 1],
    ['output', 'le_2k', '2026-01-01', '1', 1],
  );
  test.each<[string, Partial<OracleQuery>]>([
    ['another region', { region: 'us-east' }],
    ['another scope', { scope: 'global' }],
    ['another tier', { tier: 'flex' }],
    ['another model', { model_id: 'm2' }],
    ['before the first date', { at: Date.parse('2025-12-31T23:59Z') }],
    ['another class', { usage: { cache_write_1h_input_tokens: 1 } }],
    ['two bands at once', { usage: { output_tokens: 1 } }],
  ])('%s', (_, change) => {
    expect(() => cost({ ...QUERY, usage: { input_tokens: 1 }, ...change })).toThrow(RangeError);
  });
});

test.each([
  ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', 'in_region'],
  ['us.amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0', 'geo'],
  ['global.anthropic.claude-sonnet-5', 'anthropic.claude-sonnet-5', 'global'],
])('%s is priced as %s (%s)', (named, model_id, scope) => {
  expect(oracleModel(named)).toEqual({ model_id, scope });
});
