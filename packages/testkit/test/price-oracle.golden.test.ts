/**
 * Golden prices: amounts computed by hand from published prices, and checked against both the
 * oracle and the product. Counts times USD per million tokens, added up, divided by a million.
 */
import { readFileSync } from 'node:fs';
import {
  catalogueFrom,
  charge,
  formatUsd,
  GUARDRAIL_MODEL_ID,
  usageOf,
  type PriceQuery,
  type PriceScope,
} from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import { oracleCost, type OracleUsage } from '../src/price-oracle.ts';

/** Input, output, cache read, cache write 5 min, cache write 1 h. */
type Counts = readonly [number, number, number?, number?, number?];

interface Golden {
  readonly model_id: string;
  readonly region: string;
  readonly scope: PriceScope;
  readonly day: string;
  readonly counts: Counts;
  readonly usd: string;
  readonly source: string;
}

const GOLDEN: Golden[] = [];

/** Prices of one model, region and scope, and where they were published. */
function prices(model_id: string, region: string, scope: PriceScope, source: string) {
  return (day: string, counts: Counts, usd: string) =>
    GOLDEN.push({ model_id, region, scope, day, counts, usd, source });
}

const LIST = 'AWS Price List and pricing page';
const TODAY = '2026-11-22';

// 0.25 in, 1.25 out
const haiku3 = prices('anthropic.claude-3-haiku-20240307-v1:0', 'us-east-1', 'in_region', LIST);
// 1000 x 0.25 = 250; 200 x 1.25 = 250; 500
haiku3(TODAY, [1000, 200], '0.0005');
// 1 x 0.25
haiku3(TODAY, [1, 0], '0.00000025');
// 9007199254740991 x 0.25 = 2251799813685247.75: beyond what a float holds
haiku3(TODAY, [9007199254740991, 0], '2251799813.68524775');

const haiku3Geo = prices('anthropic.claude-3-haiku-20240307-v1:0', 'us-east-1', 'geo', LIST);
// 7 x 0.25 = 1.75; 3 x 1.25 = 3.75; 5.5
haiku3Geo(TODAY, [7, 3], '0.0000055');

// 3 in, 15 out, 0.3 read, 3.75 write; doubled on 1 December 2025 (extended access)
const sonnet35 = prices(
  'anthropic.claude-3-5-sonnet-20241022-v2:0',
  'us-west-2',
  'in_region',
  'AWS pricing page of July 2026',
);
// first day: 10 x 3
sonnet35('2024-10-22', [10, 0], '0.00003');
// 1200 x 3 = 3600; 350 x 15 = 5250; 2048 x 0.3 = 614.4; 1024 x 3.75 = 3840; 13304.4
sonnet35('2025-11-30', [1200, 350, 2048, 1024], '0.0133044');
// 7200 + 10500 + 1228.8 + 7680 = 26608.8
sonnet35('2025-12-01', [1200, 350, 2048, 1024], '0.0266088');

const sonnet35v1 = prices(
  'anthropic.claude-3-5-sonnet-20240620-v1:0',
  'us-east-1',
  'in_region',
  'AWS pricing page of July 2026',
);
// 999 x 3 + 15 = 3012
sonnet35v1('2025-11-30', [999, 1], '0.003012');
// 999 x 6 + 30 = 6024
sonnet35v1('2026-01-01', [999, 1], '0.006024');

// geo: 1.1 in, 5.5 out, 0.11 read, 1.375 and 2.2 write
const haiku45 = 'anthropic.claude-haiku-4-5-20251001-v1:0';
// (1.1 + 5.5 + 0.11 + 1.375 + 2.2) x 1000 = 10285
prices(haiku45, 'us-east-1', 'geo', LIST)(TODAY, [1000, 1000, 1000, 1000, 1000], '0.010285');
// (1 + 5 + 0.1 + 1.25 + 2) x 1000 = 9350
prices(haiku45, 'us-east-1', 'global', LIST)(TODAY, [1000, 1000, 1000, 1000, 1000], '0.00935');
// 333 x 1.1 = 366.3; 77 x 5.5 = 423.5; 789.8
prices(haiku45, 'us-east-1', 'in_region', LIST)(TODAY, [333, 77], '0.0007898');

// up to 200,000 prompt tokens 3, 15, 0.3, 3.75; above 6, 22.5, 0.6, 7.5
const sonnet4 = prices('anthropic.claude-sonnet-4-20250514-v1:0', 'us-east-1', 'geo', LIST);
// 200000 x 3 = 600000; 10 x 15 = 150
sonnet4(TODAY, [200000, 10], '0.60015');
// 200001 x 6 = 1200006; 10 x 22.5 = 225
sonnet4(TODAY, [200001, 10], '1.200231');
// the whole prompt chooses the band, 100000 + 60000 + 40000 = 200000:
// 300000 + 100 x 15 = 1500 + 60000 x 0.3 = 18000 + 40000 x 3.75 = 150000; 469500
sonnet4(TODAY, [100000, 100, 60000, 40000], '0.4695');
// one more: 600000 + 100 x 22.5 = 2250 + 60000 x 0.6 = 36000 + 40001 x 7.5 = 300007.5; 938257.5
sonnet4(TODAY, [100000, 100, 60000, 40001], '0.9382575');

const sonnet4Global = prices(
  'anthropic.claude-sonnet-4-20250514-v1:0',
  'us-east-1',
  'global',
  LIST,
);
// 50 x 3 = 150; 60 x 15 = 900
sonnet4Global(TODAY, [50, 60], '0.00105');

// 15 in, 75 out, 1.5 read, 18.75 write
const opus4 = prices('anthropic.claude-opus-4-20250514-v1:0', 'us-east-1', 'geo', LIST);
// 321 x 15 = 4815; 123 x 75 = 9225; 4096 x 1.5 = 6144; 2048 x 18.75 = 38400; 58584
opus4(TODAY, [321, 123, 4096, 2048], '0.058584');

const sonnet37 = prices('anthropic.claude-3-7-sonnet-20250219-v1:0', 'us-east-1', 'geo', LIST);
// 3 + 15
sonnet37(TODAY, [1, 1], '0.000018');

// to 100,000: 0.11, 0.55, 0.011, 0.1375, 0.22
const haiku55 = prices(
  'anthropic.claude-haiku-5-5',
  'us-east-1',
  'geo',
  'a reseller of Bedrock tokens',
);
// (0.11 + 0.55 + 0.011 + 0.1375 + 0.22) x 100 = 102.85
haiku55(TODAY, [100, 100, 100, 100, 100], '0.00010285');

const haiku55Global = prices(
  'anthropic.claude-haiku-5-5',
  'us-east-1',
  'global',
  'Anthropic price list',
);
// 100000 x 0.1 = 10000; 40 x 0.5 = 20
haiku55Global(TODAY, [100000, 40], '0.01002');
// 100001 x 0.5 = 50000.5; 40 x 2.5 = 100
haiku55Global(TODAY, [100001, 40], '0.0501005');

const opus45 = 'anthropic.claude-opus-4-5-20251101-v1:0';
// 12 x 5 = 60; 34 x 25 = 850; 56 x 0.5 = 28; 78 x 6.25 = 487.5; 90 x 10 = 900; 2325.5
prices(opus45, 'us-east-1', 'global', LIST)(TODAY, [12, 34, 56, 78, 90], '0.0023255');
// 12 x 5.5 = 66; 34 x 27.5 = 935; 56 x 0.55 = 30.8; 78 x 6.875 = 536.25; 90 x 11 = 990; 2558.05
prices(opus45, 'us-east-1', 'geo', LIST)(TODAY, [12, 34, 56, 78, 90], '0.00255805');

const haiku35 = prices(
  'anthropic.claude-3-5-haiku-20241022-v1:0',
  'us-west-2',
  'in_region',
  'AWS pricing page of July 2026',
);
// 5000 x 0.8 = 4000; 100 x 4 = 400; 3000 x 0.08 = 240; 500 x 1 = 500; 5140
haiku35(TODAY, [5000, 100, 3000, 500], '0.00514');

const novaMicro = prices('amazon.nova-micro-v1:0', 'us-east-1', 'in_region', LIST);
// 0.035 + 0.14 + 0.00875 = 0.18375
novaMicro(TODAY, [1, 1, 1], '0.00000018375');
// the cheapest token there is
novaMicro(TODAY, [0, 0, 1], '0.00000000875');

const novaLite = prices('amazon.nova-lite-v1:0', 'us-east-1', 'in_region', LIST);
// 1000 x 0.06 = 60; 200 x 0.24 = 48
novaLite(TODAY, [1000, 200], '0.000108');
// nothing costs nothing
novaLite(TODAY, [0, 0], '0');
// 1111 x 0.078 = 86.658; 222 x 0.312 = 69.264; 155.922
prices('amazon.nova-lite-v1:0', 'eu-central-1', 'geo', LIST)(TODAY, [1111, 222], '0.000155922');

// 40 x 0.8 = 32; 50 x 3.2 = 160; 60 x 0.2 = 12
prices('amazon.nova-pro-v1:0', 'us-east-1', 'geo', LIST)(TODAY, [40, 50, 60], '0.000204');
// 10 x (0.96 + 3.84 + 0.24) = 50.4
prices('amazon.nova-pro-v1:0', 'ap-northeast-1', 'geo', LIST)(TODAY, [10, 10, 10], '0.0000504');
// 3 x 2.5 = 7.5; 2 x 12.5 = 25; 0.625
prices('amazon.nova-premier-v1:0', 'us-east-1', 'geo', LIST)(TODAY, [3, 2, 1], '0.000033125');

// 300 x 0.33 = 99; 70 x 2.75 = 192.5; 30 x 0.0825 = 2.475
prices('amazon.nova-2-lite-v1:0', 'us-east-1', 'geo', LIST)(TODAY, [300, 70, 30], '0.000293975');
// 0.374 + 3.157
prices('amazon.nova-2-lite-v1:0', 'eu-west-1', 'geo', LIST)(TODAY, [1, 1], '0.000003531');
// 100 x 0.36 = 36; 100 x 3.01 = 301
prices('amazon.nova-2-lite-v1:0', 'ap-northeast-1', 'global', LIST)(TODAY, [100, 100], '0.000337');

const titan = prices(
  'amazon.titan-text-express-v1',
  'us-east-1',
  'in_region',
  'lists of mid-2024 and later',
);
// 100 x 0.8 + 100 x 1.6 = 240
titan('2024-10-10', [100, 100], '0.00024');
// 100 x 0.2 + 100 x 0.6 = 80
titan('2024-10-11', [100, 100], '0.00008');
// 7 x 0.3 = 2.1; 9 x 0.863 = 7.767
prices(
  'amazon.titan-text-express-v1',
  'eu-central-1',
  'in_region',
  LIST,
)(TODAY, [7, 9], '0.000009867');
// 1000 x 0.15 + 1000 x 0.2 = 350
prices('amazon.titan-text-lite-v1', 'us-east-1', 'in_region', LIST)(TODAY, [1000, 1000], '0.00035');

// 8192 x 0.02 = 163.84
prices(
  'amazon.titan-embed-text-v2:0',
  'us-east-1',
  'in_region',
  LIST,
)(TODAY, [8192, 0], '0.00016384');
// 3 x 0.026004 = 0.078012
prices(
  'amazon.titan-embed-text-v2:0',
  'eu-west-1',
  'in_region',
  LIST,
)(TODAY, [3, 0], '0.000000078012');
// 5 x 0.2 = 1
prices(
  'amazon.titan-embed-text-v1',
  'ap-northeast-1',
  'in_region',
  LIST,
)(TODAY, [5, 0], '0.000001');

/** Units or other tiers: what is counted is named. */
interface NamedGolden {
  readonly model_id: string;
  readonly scope: PriceScope;
  readonly tier: string;
  readonly region: string;
  readonly used: OracleUsage;
  readonly usd: string;
  readonly source: string;
}

const NAMED: readonly NamedGolden[] = [
  // 3 x 0.04; 1024 is the larger side and still within its band
  ...units('amazon.nova-canvas-v1:0', { 'image:1024:standard': 3 }, '0.12'),
  // 2 x 0.08: beyond 1024, premium
  ...units('amazon.nova-canvas-v1:0', { 'image:1280:premium': 2 }, '0.16'),
  // 1 x 0.01 and 1 x 0.012: beyond 512
  ...units('amazon.titan-image-generator-v1', { 'image:513:standard': 1 }, '0.01'),
  ...units('amazon.titan-image-generator-v1', { 'image:1024:premium': 1 }, '0.012'),
  // more than 50 steps: 0.08
  ...units('stability.stable-diffusion-xl-v1', { 'image:1024:premium': 1 }, '0.08'),
  // 250 documents are three units of 0.002
  ...units('cohere.rerank-v3-5:0', { search_unit: 3 }, '0.006'),
  // 5 words-of-text tokens at 0.8 a million and an image at 0.00006: 0.000004 + 0.00006
  ...units('amazon.titan-embed-image-v1', { input_image: 1 }, '0.000064', { input_tokens: 5 }),
  // 2 x 0.00015 + 2 x 0.00015 + 2 x 0 + 2 x 0.0001: text units of topic, content, word and PII
  ...units(
    'amazon.bedrock-guardrails',
    {
      guardrail_topic_policy_unit: 2,
      guardrail_content_policy_unit: 2,
      guardrail_word_policy_unit: 2,
      guardrail_sensitive_information_policy_unit: 2,
    },
    '0.0008',
  ),
  // beside a model: 1000 x 0.035 + 10 x 0.14 a million, and one unit:
  // 0.000035 + 0.0000014 + 0.00015
  ...units('amazon.nova-micro-v1:0', { guardrail_content_policy_unit: 1 }, '0.0001864', {
    input_tokens: 1000,
    output_tokens: 10,
  }),
  // half of 3 and of 15 a million: 1000 x 1.5 + 1000 x 7.5 = 9000
  tiered('anthropic.claude-3-7-sonnet-20250219-v1:0', 'batch', [1000, 1000], '0.009', 'geo'),
  // 0.4 and 1.6 a million: 40 + 160 = 200
  tiered('amazon.nova-pro-v1:0', 'flex', [100, 100], '0.0002'),
  // 1.4 and 5.6 a million: 140 + 560 = 700
  tiered('amazon.nova-pro-v1:0', 'priority', [100, 100], '0.0007'),
  // 1 and 4 a million: 100 + 400 = 500
  tiered('amazon.nova-pro-v1:0', 'latency_optimized', [100, 100], '0.0005'),
  // 0.72 each way: 7 x 0.72 = 5.04
  tiered('meta.llama3-3-70b-instruct-v1:0', 'standard', [4, 3], '0.00000504', 'geo'),
  // 1.35 and 5.4: 13.5 + 54 = 67.5
  tiered('deepseek.r1-v1:0', 'standard', [10, 10], '0.0000675', 'geo'),
  // 0.15 and 0.2: 15 + 20 = 35
  tiered('mistral.mistral-7b-instruct-v0:2', 'standard', [100, 100], '0.000035'),
  // 0.1 a million: 12 x 0.1 = 1.2
  tiered('cohere.embed-english-v3', 'standard', [12, 0], '0.0000012'),
  // 0.15 and 0.6 a million: 150 + 600 = 750
  tiered('openai.gpt-oss-120b-1:0', 'standard', [1000, 1000], '0.00075'),
  // kept for an hour at 6 a million: 2048 x 6 = 12288; 10 x 3 + 10 x 15 = 180; 12468
  {
    ...tiered('anthropic.claude-sonnet-4-5-20250929-v1:0', 'standard', [], '0.012468', 'global'),
    used: { input_tokens: 10, output_tokens: 10, cache_write_1h_input_tokens: 2048 },
  },
];

function units(
  model_id: string,
  named: Readonly<Record<string, number>>,
  usd: string,
  tokens: OracleUsage = {},
): readonly NamedGolden[] {
  const used = { ...tokens, units: named };
  return [{ ...tiered(model_id, 'standard', [], usd), used }];
}

function tiered(
  model_id: string,
  tier: string,
  [input_tokens = 0, output_tokens = 0]: readonly number[],
  usd: string,
  scope: PriceScope = 'in_region',
): NamedGolden {
  const used = { input_tokens, output_tokens };
  return { model_id, scope, tier, region: 'us-east-1', used, usd, source: LIST };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../core/data/${name}`, import.meta.url), 'utf8'));
}

describe('a golden amount is what the oracle and the product charge', () => {
  const { book } = catalogueFrom(readJson('prices.json'), readJson('models.json'));

  test('there are more than fifty', () => {
    expect(GOLDEN.length + NAMED.length).toBeGreaterThanOrEqual(55);
  });

  test.each(GOLDEN)('$model_id in $region ($scope) on $day: $usd', (golden) => {
    const { model_id, region, scope, counts } = golden;
    const at = Date.parse(`${golden.day}T12:00:00Z`);
    const [input, output, read = 0, write5m = 0, write1h = 0] = counts;
    const usage = usageOf({
      input_tokens: input,
      output_tokens: output,
      cache_read_input_tokens: read,
      cache_write_5m_input_tokens: write5m,
      cache_write_1h_input_tokens: write1h,
    });
    expect(oracleCost({ model_id, region, scope, tier: 'standard', at, usage })).toBe(golden.usd);

    const card = book.rateCard({ model_id, region, scope, tier: 'standard', at });
    const charged = charge(card, usage);
    expect(formatUsd(charged.cost)).toBe(golden.usd);
    expect(charged).toMatchObject({ priced: 'yes', unpriced_ceiling: null });
  });

  test.each(NAMED)('$model_id in tier $tier ($scope), $used: $usd', (golden) => {
    const { model_id, scope, tier, region, used } = golden;
    const at = Date.parse(`${TODAY}T12:00:00Z`);
    expect(oracleCost({ model_id, region, scope, tier, at, usage: used })).toBe(golden.usd);

    const guardrails = { model_id: GUARDRAIL_MODEL_ID, scope: 'in_region', tier: 'standard' };
    const unitCard = book.rateCard({ ...guardrails, region, at } as PriceQuery);
    const charged = charge(
      book.rateCard({ model_id, region, scope, tier, at }),
      usageOf(used),
      unitCard,
    );
    expect(formatUsd(charged.cost)).toBe(golden.usd);
    expect(charged).toMatchObject({ priced: 'yes', unpriced_ceiling: null });
  });
});
