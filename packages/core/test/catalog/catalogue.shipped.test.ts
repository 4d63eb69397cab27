/**
 * The shipped catalogue as data: how many prices of which kind, single ones held against the
 * published figures by hand, and what is known of the models.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BODY_FAMILIES,
  bandFor,
  catalogueFrom,
  charge,
  formatUsd,
  GUARDRAIL_MODEL_ID,
  isTokenClass,
  parseModelId,
  usageOf,
} from '../../src/index.ts';
import type { PriceScope, Usage } from '../../src/index.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

const shipped = catalogueFrom(read('prices.json'), read('models.json'));
const NOVEMBER_2026 = Date.UTC(2026, 10, 22);

function costOf(
  model_id: string,
  counts: Partial<Usage>,
  region = 'us-east-1',
  at = NOVEMBER_2026,
) {
  const query = { model_id, region, scope: 'in_region' as const, tier: 'standard', at };
  const { cost, priced } = charge(shipped.book.rateCard(query), usageOf(counts));
  return priced === 'yes' ? formatUsd(cost) : priced;
}

describe('the shipped prices', () => {
  test('have a version', () => {
    expect(shipped.book.version).toMatch(/^\d{4}-\d{2}-\d{2}\.\d+$/);
  });

  test('are exact decimals for a million tokens or one unit, with source and confidence', () => {
    for (const row of shipped.book.rows()) {
      const tokens = isTokenClass(row.usage_class) || /^(in|out)put_speech$/.test(row.usage_class);
      expect(row.usd).toMatch(/^\d{1,3}(\.\d{1,6})?$/);
      expect(row.per, row.usage_class).toBe(tokens ? 1_000_000 : 1);
      expect(['high', 'medium']).toContain(row.confidence);
      expect(row.sources.length).toBeGreaterThan(0);
    }
  });

  test('repeat no key', () => {
    const keys = shipped.book
      .rows()
      .map((row) =>
        [
          row.model_id,
          row.region,
          row.scope,
          row.tier,
          row.usage_class,
          row.context_band,
          row.effective_from,
        ].join(' '),
      );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(7872 + 11);
  });

  test('hold no wildcard and no prefix', () => {
    for (const { model_id, region, tier } of shipped.book.rows()) {
      expect(region).toMatch(/^[a-z]{2}-[a-z]+-\d$/);
      expect(model_id).not.toMatch(/^(us|eu|apac|au|jp|us-gov|in|ca|global)\./);
      expect(['standard', 'batch', 'flex', 'priority', 'latency_optimized']).toContain(tier);
    }
  });

  test('price input and output of every text model, and no tokens of images and reranks', () => {
    const keys = new Map<string, Set<string>>();
    for (const { model_id, region, scope, tier, usage_class } of shipped.book.rows()) {
      const key = [model_id, region, scope, tier].join(' ');
      keys.set(key, (keys.get(key) ?? new Set()).add(usage_class));
    }
    // Its output price is of low confidence, and so left out.
    keys.delete('amazon.nova-2-lite-v1:0 eu-central-1 geo batch');
    for (const [key, classes] of keys) {
      const kind = shipped.models.get(key.split(' ')[0] ?? '')?.kind;
      expect(classes.has('input'), key).toBe(kind === 'text' || kind === 'embedding');
      expect(classes.has('output'), key).toBe(kind === 'text');
    }
  });

  test.each([
    ['amazon.nova-pro-v1:0', 1500, 800, '0.00376'],
    ['amazon.nova-2-lite-v1:0', 10_000, 2000, '0.0088'],
    ['amazon.nova-micro-v1:0', 5000, 1000, '0.000315'],
    ['amazon.nova-pro-v1:0', 1, 1, '0.000004'],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 10, 0, '0.00003'],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 0, 282, '0.00423'],
    ['amazon.titan-embed-text-v1', 1000, 0, '0.0001'],
  ])('%s: %d in and %d out cost %s USD in us-east-1', (id, input_tokens, output_tokens, usd) => {
    expect(costOf(id, { input_tokens, output_tokens })).toBe(usd);
  });

  test('Claude 3 Haiku and Sonnet in London cost 0.25 / 1.25 and 3 / 15 a million', () => {
    const million = { input_tokens: 1_000_000, output_tokens: 1_000_000 };
    const claude = 'anthropic.claude-3-';
    expect(costOf(`${claude}haiku-20240307-v1:0`, million, 'eu-west-2')).toBe('1.5');
    expect(costOf(`${claude}sonnet-20240229-v1:0`, million, 'eu-west-2')).toBe('18');
  });

  test('a cut counts from its date on, and not a millisecond before', () => {
    const express = (at: number) =>
      costOf('amazon.titan-text-express-v1', { input_tokens: 1_000_000 }, 'us-east-1', at);
    expect(express(Date.UTC(2024, 9, 11) - 1)).toBe('0.8');
    expect(express(Date.UTC(2024, 9, 11))).toBe('0.2');
    expect(express(Date.UTC(2024, 5, 27) - 1)).toBe('no');
  });

  test.each<[PriceScope, string]>([
    ['in_region', '3.3'],
    ['geo', '3.3'],
    ['global', '3'],
  ])('Claude Sonnet 4.6 called %s costs %s a million in', (scope, usd) => {
    const card = shipped.book.rateCard({
      model_id: 'anthropic.claude-sonnet-4-6',
      region: 'eu-west-1',
      scope,
      tier: 'standard',
      at: NOVEMBER_2026,
    });
    expect(formatUsd(charge(card, usageOf({ input_tokens: 1_000_000 })).cost)).toBe(usd);
  });
});

/** How many rows there are of each value of a field, in the order of the values. */
function countsOf(field: 'confidence' | 'scope' | 'tier' | 'usage_class' | 'context_band') {
  const counts = new Map<string, number>();
  for (const row of MODEL_PRICES) counts.set(row[field], (counts.get(row[field]) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const MODEL_PRICES = shipped.book.rows().filter((row) => row.model_id !== GUARDRAIL_MODEL_ID);

/** Counted in the published table by another program, a row for each region of a line. */
describe('the shipped prices of models, counted', () => {
  test('by confidence, scope and tier', () => {
    expect(countsOf('confidence')).toEqual({ high: 5836, medium: 2036 });
    expect(countsOf('scope')).toEqual({ geo: 2300, global: 2466, in_region: 3106 });
    expect(countsOf('tier')).toEqual({
      batch: 1788,
      flex: 40,
      latency_optimized: 12,
      priority: 40,
      standard: 5992,
    });
  });

  test('by class', () => {
    expect(countsOf('usage_class')).toEqual({
      cache_read: 973,
      cache_write_1h: 771,
      cache_write_30m: 52,
      cache_write_5m: 882,
      image: 70,
      input: 2599,
      input_audio_second: 2,
      input_document_image: 2,
      input_image: 6,
      input_speech: 2,
      input_video_second: 2,
      output: 2503,
      output_speech: 2,
      search_unit: 4,
      second: 2,
    });
  });

  test('by context band', () => {
    const { all = 0, ...bands } = countsOf('context_band');
    expect(all).toBe(6663);
    expect(bands).toEqual({
      gt_100k: 30,
      le_100k: 50,
      gt_200k: 448,
      le_200k: 448,
      gt_272k: 96,
      le_272k: 112,
      'gt_512:premium': 4,
      'gt_512:standard': 4,
      'le_512:premium': 4,
      'le_512:standard': 5,
      'le_1024:premium': 3,
      'le_1024:standard': 3,
      'le_2048:premium': 1,
      'le_2048:standard': 1,
    });
  });

  test('by model and region', () => {
    expect(new Set(MODEL_PRICES.map((row) => row.model_id)).size).toBe(145);
    expect(new Set(MODEL_PRICES.map((row) => row.region)).size).toBe(33);
  });
});

describe('what prompts of the shipped models can hold', () => {
  const takes = (id: string) => shipped.models.get(id)?.input_modalities;

  test('is as published: Nova Micro reads text alone, Nova Pro also pictures and video', () => {
    expect(takes('amazon.nova-micro-v1:0')).toEqual(['text']);
    expect(takes('amazon.nova-pro-v1:0')).toEqual(['text', 'image', 'video']);
    expect(takes('anthropic.claude-3-7-sonnet-20250219-v1:0')).toEqual(['text', 'image']);
    expect(takes('meta.llama3-3-70b-instruct-v1:0')).toEqual(['text']);
  });

  test('is not stated where sources disagree or say too little', () => {
    // One catalogue says text only, two say pictures as well; of the second nobody tells of video.
    expect(takes('anthropic.claude-3-5-haiku-20241022-v1:0')).toBeUndefined();
    expect(takes('amazon.nova-2-lite-v1:0')).toBeUndefined();
  });

  test('is stated of 61 models', () => {
    const stated = [...shipped.models.values()].filter(({ input_modalities: of }) => of);
    expect(stated).toHaveLength(61);
    for (const { input_modalities: of } of stated) expect(of?.[0]).toBe('text');
  });
});

const NOVA_EMBEDDINGS = 'amazon.nova-2-multimodal-embeddings-v1:0';

/** `model region scope tier class band date`, the price, and for how many. */
const ROWS: readonly (readonly [string, string, number])[] = [
  ['ai21.j2-mid-v1 us-west-2 in_region standard input all 2023-09-28', '12.5', 1e6],
  ['amazon.nova-pro-v1:0 us-east-1 geo latency_optimized input all 2025-07-20', '1', 1e6],
  ['amazon.nova-pro-v1:0 us-east-1 in_region latency_optimized output all 2025-07-20', '4', 1e6],
  [
    'openai.gpt-5.6-sol us-east-1 in_region standard cache_write_30m le_272k 2026-07-13',
    '6.875',
    1e6,
  ],
  ['openai.gpt-5.6-sol us-east-1 global standard cache_write_30m gt_272k 2026-08-21', '10', 1e6],
  [
    'anthropic.claude-haiku-5-5 eu-central-1 global standard cache_read gt_100k 2026-10-07',
    '0.05',
    1e6,
  ],
  [
    'anthropic.claude-haiku-5-5 us-west-2 global standard cache_write_5m gt_100k 2026-10-07',
    '0.625',
    1e6,
  ],
  [
    'anthropic.claude-opus-5-5 us-east-1 in_region standard cache_write_1h all 2026-09-22',
    '8.8',
    1e6,
  ],
  [
    'anthropic.claude-3-7-sonnet-20250219-v1:0 ap-south-2 geo batch output all 2025-02-19',
    '7.5',
    1e6,
  ],
  ['qwen.qwen3-32b-v1:0 ap-south-1 in_region batch output all 2025-09-15', '0.355', 1e6],
  [
    'qwen.qwen3-coder-30b-a3b-v1:0 us-east-1 in_region priority input all 2025-11-18',
    '0.2625',
    1e6,
  ],
  ['amazon.nova-premier-v1:0 us-west-2 geo priority output all 2025-11-18', '21.875', 1e6],
  ['openai.gpt-oss-20b-1:0 us-west-2 in_region flex output all 2025-11-18', '0.15', 1e6],
  [
    'meta.llama3-1-405b-instruct-v1:0 us-east-2 geo latency_optimized input all 2025-07-20',
    '3',
    1e6,
  ],
  ['mistral.mistral-large-2407-v1:0 us-west-2 in_region standard output all 2024-10-11', '6', 1e6],
  ['amazon.nova-2-lite-v1:0 ca-central-1 global standard output all 2025-12-02', '2.67', 1e6],
  ['amazon.titan-embed-text-v2:0 us-west-2 in_region batch input all 2024-04-30', '0.01', 1e6],
  ['amazon.rerank-v1:0 ap-northeast-1 in_region standard search_unit all 2024-12-01', '0.001', 1],
  ['cohere.rerank-v3-5:0 us-east-1 in_region standard search_unit all 2024-12-01', '0.002', 1],
  [
    'amazon.nova-canvas-v1:0 us-east-1 in_region standard image le_2048:premium 2024-12-03',
    '0.08',
    1,
  ],
  ['stability.sd3-5-large-v1:0 us-west-2 in_region standard image all 2024-12-12', '0.08', 1],
  ['stability.stable-creative-upscale-v1:0 us-east-2 geo standard image all 2025-05-22', '0.6', 1],
  [
    'amazon.titan-embed-image-v1 eu-west-3 in_region standard input_image all 2023-11-29',
    '0.00008',
    1,
  ],
  [`${NOVA_EMBEDDINGS} us-east-1 in_region batch input_video_second all 2025-10-28`, '0.00056', 1],
  ['amazon.nova-reel-v1:1 us-east-1 in_region standard second all 2024-12-03', '0.08', 1],
  ['amazon.nova-sonic-v1:0 us-east-1 in_region standard input_speech all 2025-04-08', '3.4', 1e6],
];

describe('a shipped price, as published', () => {
  const byKey = new Map(
    shipped.book.rows().map((row) => {
      const { model_id, region, scope, tier, usage_class, context_band, effective_from } = row;
      const key = [model_id, region, scope, tier, usage_class, context_band, effective_from];
      return [key.join(' '), row];
    }),
  );

  test.each(ROWS)('%s is %s USD for %d', (key, usd, per) => {
    expect(byKey.get(key)).toMatchObject({ usd, per });
  });

  test('is left out where its confidence is low', () => {
    const card = (model_id: string, region: string, tier = 'standard') =>
      shipped.book.rateCard({ model_id, region, scope: 'in_region', tier, at: NOVEMBER_2026 });
    for (const region of ['eu-central-1', 'eu-west-2', 'sa-east-1', 'ca-central-1']) {
      expect(card('amazon.titan-embed-text-v2:0', region), region).toBeUndefined();
      expect(card('amazon.titan-embed-text-v2:0', region, 'batch'), region).toBeUndefined();
    }
    expect(card('amazon.nova-pro-v1:0', 'us-east-1')?.priced.has('cache_write_5m')).toBe(false);
    expect(card('mistral.mistral-large-2407-v1:0', 'us-west-2', 'batch')).toBeUndefined();
    const images = card('amazon.titan-image-generator-v2:0', 'us-east-1')?.units;
    expect([...(images?.keys() ?? [])]).toEqual(['image:le_512:standard']);
  });
});

describe('what decides between shipped prices', () => {
  const inputOf = (modelId: string, prompt: number, tier = 'standard', region = 'us-east-1') => {
    const named = parseModelId(modelId);
    if (named.kind !== 'foundation') throw new Error(named.kind);
    const query = { ...named, region, tier, at: NOVEMBER_2026 };
    const card = shipped.book.rateCard(query);
    return card === undefined ? 'no card' : (bandFor(card, prompt).prices.input?.usd ?? 'none');
  };

  test.each([
    ['anthropic.claude-sonnet-4-20250514-v1:0', 'us', 200_000, '3', '6'],
    ['openai.gpt-5.6-sol', 'global', 272_000, '4', '8'],
    ['anthropic.claude-haiku-5-5', 'global', 100_000, '0.1', '0.5'],
  ])('%s costs more above its band', (id, prefix, edge, below, above) => {
    expect(inputOf(`${prefix}.${id}`, edge)).toBe(below);
    expect(inputOf(`${prefix}.${id}`, edge + 1)).toBe(above);
  });

  test.each([
    ['us', 'us-east-1', '3.3'],
    ['eu', 'eu-west-1', '3.3'],
    ['jp', 'ap-northeast-1', '3.3'],
    ['au', 'ap-southeast-2', '3.3'],
    ['global', 'us-east-1', '3'],
    ['global', 'ap-southeast-2', '3'],
  ])('%s. in %s takes the price of its scope', (prefix, region, usd) => {
    const id = `${prefix}.anthropic.claude-sonnet-4-6`;
    expect(inputOf(id, 1, 'standard', region)).toBe(usd);
  });

  test.each([
    ['standard', '0.8'],
    ['latency_optimized', '1'],
    ['priority', '1.4'],
    ['flex', '0.4'],
    ['batch', '0.4'],
    ['reserved', 'no card'],
  ])('tier %s of Nova Pro costs %s', (tier, usd) => {
    expect(inputOf('us.amazon.nova-pro-v1:0', 1, tier)).toBe(usd);
  });

  test.each(['meta.llama3-1-70b-instruct-v1:0:128k', 'amazon.nova-lite-v1:0:300k'])(
    '%s, an id with a context suffix, has no price: none is published for it',
    (id) => {
      expect(inputOf(id, 1)).toBe('no card');
      expect(shipped.models.has(id)).toBe(false);
    },
  );
});

describe('the shipped prices of guardrail units', () => {
  const guardrails = shipped.book.rateCard({
    model_id: GUARDRAIL_MODEL_ID,
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    at: NOVEMBER_2026,
  });

  test('are eleven, of medium confidence, in the one region that the sources name', () => {
    const rows = shipped.book.find({ model_id: GUARDRAIL_MODEL_ID });
    expect(rows).toHaveLength(11);
    expect(new Set(rows.map((row) => `${row.region} ${row.confidence}`))).toEqual(
      new Set(['us-east-1 medium']),
    );
  });

  test.each([
    ['topic_policy_unit', '0.15'],
    ['content_policy_unit', '0.15'],
    ['content_policy_image_unit', '0.75'],
    ['word_policy_unit', '0'],
    ['sensitive_information_policy_unit', '0.1'],
    ['sensitive_information_policy_free_unit', '0'],
    ['contextual_grounding_policy_unit', '0.1'],
    ['automated_reasoning_policy_unit', '0.17'],
    ['check_content_filter_unit', '0.07'],
    ['check_prompt_attack_unit', '0.08'],
    ['check_sensitive_information_unit', '0.1'],
  ])('a thousand of guardrail_%s cost %s USD', (unit, usd) => {
    const usage = usageOf({ units: { [`guardrail_${unit}`]: 1000 } });
    const { cost, priced } = charge(undefined, usage, guardrails);
    expect([formatUsd(cost), priced]).toEqual([usd, 'yes']);
  });
});

describe('the shipped models', () => {
  test('have a row for every price', () => {
    const priced = new Set(shipped.book.rows().map((row) => row.model_id));
    expect([...priced].filter((id) => !shipped.models.has(id))).toEqual([GUARDRAIL_MODEL_ID]);
    expect(shipped.models.size).toBe(145);
  });

  test.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 200_000, 4096],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 200_000, 4096],
    ['anthropic.claude-3-opus-20240229-v1:0', 200_000, 4096],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 200_000, 8192],
    ['anthropic.claude-3-7-sonnet-20250219-v1:0', 200_000, 131_072],
    ['anthropic.claude-sonnet-4-20250514-v1:0', 200_000, 64_000],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 200_000, 64_000],
    ['anthropic.claude-sonnet-4-6', 1_000_000, 128_000],
    ['amazon.nova-micro-v1:0', 128_000, 10_000],
    ['amazon.nova-lite-v1:0', 300_000, 10_000],
    ['amazon.nova-pro-v1:0', 300_000, 10_000],
    ['amazon.nova-premier-v1:0', 1_000_000, 16_384],
    ['amazon.nova-2-lite-v1:0', 1_000_000, 131_072],
    ['amazon.titan-text-express-v1', 42_000, 8192],
    ['amazon.titan-text-lite-v1', 42_000, 4096],
    ['amazon.titan-text-premier-v1:0', 42_000, 3072],
    ['amazon.titan-embed-text-v1', 8192, null],
    ['amazon.titan-embed-text-v2:0', 8192, null],
    ['meta.llama3-3-70b-instruct-v1:0', 131_072, 4096],
    ['meta.llama3-70b-instruct-v1:0', 8192, 8192],
    ['mistral.mistral-large-3-675b-instruct', 256_000, 32_768],
    ['mistral.devstral-2-123b', 262_144, 32_768],
    ['mistral.pixtral-large-2502-v1:0', 131_072, 16_384],
    ['mistral.mistral-small-2402-v1:0', 32_768, 8192],
    ['qwen.qwen3-coder-480b-a35b-v1:0', 262_144, 65_536],
    ['openai.gpt-oss-120b-1:0', 131_072, 16_384],
    ['deepseek.r1-v1:0', 131_072, 32_768],
    ['minimax.minimax-m2.5', 1_048_576, 98_304],
    ['cohere.command-r-plus-v1:0', 131_072, 4096],
  ])('%s takes %d and writes at most %s', (id, context_window, max_output_tokens) => {
    expect(shipped.models.get(id)).toMatchObject({ context_window, max_output_tokens });
  });

  test('are bounded, but for the few without a sourced maximum', () => {
    const unbounded = [...shipped.models.values()]
      .filter(({ kind, max_output_tokens }) => kind === 'text' && max_output_tokens === null)
      .map(({ model_id }) => model_id);
    expect(unbounded).toEqual([
      'amazon.nova-sonic-v1:0',
      'meta.llama2-13b-chat-v1',
      'meta.llama2-70b-chat-v1',
    ]);
  });

  test('that write their cache only when asked are Claude and Nova', () => {
    for (const { model_id, kind, explicit_cache } of shipped.models.values()) {
      const asked = /^(anthropic|amazon\.nova-(?!(2-)?sonic))/.test(model_id) && kind === 'text';
      expect(explicit_cache, model_id).toBe(asked);
    }
  });

  test.each([
    ['anthropic.claude-v2:1', 'anthropic_text', 'text'],
    ['anthropic.claude-sonnet-4-6', 'anthropic', 'text'],
    ['amazon.nova-micro-v1:0', 'nova', 'text'],
    ['amazon.nova-canvas-v1:0', 'image_task', 'image'],
    ['amazon.titan-image-generator-v2:0', 'image_task', 'image'],
    ['amazon.titan-embed-image-v1', 'titan_embed_image', 'embedding'],
    ['amazon.titan-embed-text-v2:0', 'titan_embed', 'embedding'],
    ['amazon.titan-text-express-v1', 'titan_text', 'text'],
    ['amazon.nova-2-multimodal-embeddings-v1:0', 'unknown', 'embedding'],
    ['amazon.rerank-v1:0', 'rerank', 'rerank'],
    ['cohere.rerank-v3-5:0', 'rerank', 'rerank'],
    ['cohere.embed-v4:0', 'cohere_embed', 'embedding'],
    ['cohere.command-text-v14', 'cohere_command', 'text'],
    ['cohere.command-r-plus-v1:0', 'cohere_chat', 'text'],
    ['ai21.j2-ultra-v1', 'ai21_j2', 'text'],
    ['ai21.jamba-1-5-large-v1:0', 'openai_chat', 'text'],
    ['meta.llama4-scout-17b-instruct-v1:0', 'llama', 'text'],
    ['mistral.mistral-7b-instruct-v0:2', 'mistral_text', 'text'],
    ['mistral.mistral-large-2402-v1:0', 'mistral_text', 'text'],
    ['mistral.mistral-large-2407-v1:0', 'openai_chat', 'text'],
    ['mistral.pixtral-large-2502-v1:0', 'openai_chat', 'text'],
    ['deepseek.r1-v1:0', 'deepseek_text', 'text'],
    ['deepseek.v3-v1:0', 'openai_chat', 'text'],
    ['qwen.qwen3-32b-v1:0', 'openai_chat', 'text'],
    ['openai.gpt-oss-120b-1:0', 'openai_chat', 'text'],
    ['stability.sd3-5-large-v1:0', 'stability', 'image'],
    ['stability.stable-diffusion-xl-v1', 'stability', 'image'],
  ])('%s has the body %s and answers with %s', (id, family, kind) => {
    expect(shipped.models.get(id)).toMatchObject({ family, kind });
  });

  test('name every body shape there is, and leave only streamed media unknown', () => {
    const families = new Set([...shipped.models.values()].map(({ family }) => family));
    expect(BODY_FAMILIES.filter((family) => !families.has(family))).toEqual([]);
    const unknown = [...shipped.models.values()].filter(({ family }) => family === 'unknown');
    expect(unknown.map(({ model_id }) => model_id)).toEqual([
      'amazon.nova-2-multimodal-embeddings-v1:0',
      'amazon.nova-2-sonic-v1:0',
      'amazon.nova-reel-v1:0',
      'amazon.nova-reel-v1:1',
      'amazon.nova-sonic-v1:0',
    ]);
  });
});
