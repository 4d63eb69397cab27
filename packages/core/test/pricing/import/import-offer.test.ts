/** Offer files of all three kinds into rows, with every trap that they are known to hold. */
import { describe, expect, test } from 'vitest';
import { importListings, importOffer } from '../../../src/index.ts';
import type { AProduct } from './an-offer.ts';
import { NAMES, anOffer, linesOf, refusalsOf } from './an-offer.ts';

const NOVA_PRO = { model: 'Nova Pro', regionCode: 'us-east-1', location: 'US East (N. Virginia)' };
const OPUS_4_8 = { servicename: 'Claude Opus 4.8 (Amazon Bedrock Edition)' };
const HAIKU_4_5 = { servicename: 'Claude Haiku 4.5 (Amazon Bedrock Edition)' };
const ASTRA = { servicename: 'OpenAI GPT-6 Astra (Amazon Bedrock Edition)' };

function aws(...products: AProduct[]) {
  return importOffer(anOffer('AmazonBedrock', products), NAMES);
}

/** Marketplace products are priced per million. */
function marketplace(...products: AProduct[]) {
  const perMillion = products.map((product) => ({ unit: '1M tokens', ...product }));
  return importOffer(anOffer('AmazonBedrockFoundationModels', perMillion), NAMES);
}

describe('the offer of models that AWS sells', () => {
  test('becomes prices for a million tokens, in the region and for its geo profiles', () => {
    const imported = aws(
      { usagetype: 'USE1-NovaPro-input-tokens', usd: '0.0008000000', attributes: NOVA_PRO },
      { usagetype: 'USE1-NovaPro-output-tokens', usd: '0.0032000000', attributes: NOVA_PRO },
    );
    expect(linesOf(imported)).toEqual([
      'S1 amazon.nova-pro-v1:0 us-east-1 in_region standard input all 0.8/1M',
      'S1 amazon.nova-pro-v1:0 us-east-1 geo standard input all 0.8/1M',
      'S2 amazon.nova-pro-v1:0 us-east-1 in_region standard output all 3.2/1M',
      'S2 amazon.nova-pro-v1:0 us-east-1 geo standard output all 3.2/1M',
    ]);
    expect(imported).toMatchObject({ products: 2, accepted: 2, rejections: [], ignored: [] });
  });

  test('leaves with each row the line of the offer that states it', () => {
    const product = { usagetype: 'USE1-NovaPro-input-tokens', attributes: NOVA_PRO };
    expect(aws(product).rows[0]).toEqual({
      row: {
        model_id: 'amazon.nova-pro-v1:0',
        region: 'us-east-1',
        scope: 'in_region',
        tier: 'standard',
        usage_class: 'input',
        context_band: 'all',
        effective_from: '2026-09-01',
        usd: '1',
        per: 1_000_000,
        confidence: 'high',
        sources: ['AmazonBedrock:20261001000000'],
      },
      sku: 'S1',
      rate_code: 'S1.JRTCKXETXF.6YS6EN2CT7',
      usage_type: 'USE1-NovaPro-input-tokens',
      unit: '1K tokens',
    });
    expect(aws(product).offers).toEqual([
      {
        code: 'AmazonBedrock',
        version: '20261001000000',
        published: '2026-10-01T00:00:00Z',
      },
    ]);
  });

  test('reads tiers and scopes from every component, in any combination', () => {
    const lite = { model: 'Nova 2.0 Lite', regionCode: 'us-east-1' };
    const imported = aws(
      { usagetype: 'USE1-Nova2.0Lite-input-tokens-batch', attributes: lite },
      { usagetype: 'USE1-Nova2.0Lite-input-tokens-flex', attributes: lite },
      { usagetype: 'USE1-Nova2.0Lite-text-input-tokens-cross-region-global', attributes: lite },
      {
        usagetype: 'USE1-Nova2.0Lite-input-tokens-priority-cross-region-global',
        attributes: lite,
      },
      { usagetype: 'USE1-Nova2.0Lite-output-tokens-cross-region-global-batch', attributes: lite },
      { usagetype: 'USE1-Nova2.0Lite-output-tokens-cross-region-geo', attributes: lite },
    );
    expect(linesOf(imported)).toEqual([
      'S1 amazon.nova-2-lite-v1:0 us-east-1 in_region batch input all 1/1M',
      'S1 amazon.nova-2-lite-v1:0 us-east-1 geo batch input all 1/1M',
      'S2 amazon.nova-2-lite-v1:0 us-east-1 in_region flex input all 1/1M',
      'S2 amazon.nova-2-lite-v1:0 us-east-1 geo flex input all 1/1M',
      'S3 amazon.nova-2-lite-v1:0 us-east-1 global standard input all 1/1M',
      'S4 amazon.nova-2-lite-v1:0 us-east-1 global priority input all 1/1M',
      'S5 amazon.nova-2-lite-v1:0 us-east-1 global batch output all 1/1M',
      'S6 amazon.nova-2-lite-v1:0 us-east-1 geo standard output all 1/1M',
    ]);
  });

  test('finds the latency-optimized tier in the name, the suffix and the attribute', () => {
    const region = { regionCode: 'us-east-2' };
    const ohio = 'us-east-2 in_region latency_optimized';
    const imported = aws(
      { usagetype: 'USE2-Llama3-1-70B-LatencyOptimized-input-tokens', attributes: region },
      { usagetype: 'USE2-NovaPro-output-tokens-latency-optimized', attributes: region },
      {
        usagetype: 'USE2-NovaPro-input-tokens',
        attributes: { model: 'Nova Pro Latency Optimized', ...region },
      },
    );
    expect(linesOf(imported).filter((line) => line.includes('in_region'))).toEqual([
      `S1 meta.llama3-1-70b-instruct-v1:0 ${ohio} input all 1/1M`,
      `S2 amazon.nova-pro-v1:0 ${ohio} output all 1/1M`,
      `S3 amazon.nova-pro-v1:0 ${ohio} input all 1/1M`,
    ]);
  });

  test('tells cache reads and writes from input, with their time to live', () => {
    const imported = aws(
      { usagetype: 'EU-NovaPro-cache-read-input-token-count', attributes: {} },
      { usagetype: 'EU-Claude4.6Sonnet-cache-write-input-token-count-1h', attributes: {} },
      {
        usagetype: 'EU-openai.gpt-5.6-luna-mantle-cache-write-tokens-30m-long-ctx-standard',
        attributes: {},
      },
    );
    expect(linesOf(imported).filter((line) => line.includes('in_region'))).toEqual([
      'S1 amazon.nova-pro-v1:0 eu-west-1 in_region standard cache_read all 1/1M',
      'S2 anthropic.claude-sonnet-4-6 eu-west-1 in_region standard cache_write_1h all 1/1M',
      'S3 openai.gpt-5.6-luna eu-west-1 in_region standard cache_write_30m gt_272k 1/1M',
    ]);
  });

  test('takes the model id of a mantle line as it is, and leaves ids of another endpoint', () => {
    const imported = aws(
      { usagetype: 'USW2-zai.glm-5-mantle-input-tokens-standard', attributes: {} },
      { usagetype: 'USW2-anthropic.claude-opus-4-8-mantle-output-tokens-global-standard' },
      { usagetype: 'USW2-openai.gpt-oss-120b-mantle-input-tokens-standard' },
      { usagetype: 'USW2-acme.new-model-mantle-input-tokens-standard' },
    );
    expect(linesOf(imported)).toEqual([
      'S1 zai.glm-5 us-west-2 in_region standard input all 1/1M',
      'S1 zai.glm-5 us-west-2 geo standard input all 1/1M',
      'S2 anthropic.claude-opus-4-8 us-west-2 global standard output all 1/1M',
    ]);
    expect(imported.ignored).toEqual([
      {
        sku: 'S3',
        usage_type: 'USW2-openai.gpt-oss-120b-mantle-input-tokens-standard',
        reason: 'other_endpoint',
      },
    ]);
    expect(refusalsOf(imported)).toEqual(['S4 unknown_model']);
  });

  test('prices Titan embeddings, which have no model attribute, by the usage type', () => {
    const imported = aws({
      usagetype: 'USE1-TitanEmbeddingV2-Text-input-tokens',
      usd: '0.0000200000',
    });
    expect(linesOf(imported)[0]).toBe(
      'S1 amazon.titan-embed-text-v2:0 us-east-1 in_region standard input all 0.02/1M',
    );
  });

  test('prices images by size and quality, rerank by search unit, guardrails by text unit', () => {
    const canvas = { model: 'Nova Canvas', regionCode: 'us-east-1' };
    const imported = aws(
      {
        usagetype: 'USE1-NovaCanvas-T2I-1024-Premium',
        unit: 'image',
        usd: '0.06',
        attributes: canvas,
      },
      { usagetype: 'USE1-TitanImageGeneratorG1-I2I-1024-Standard', unit: 'image', usd: '0.01' },
      { usagetype: 'USW2-AmazonRerank-v1-searchunits', unit: 'Search Units', usd: '0.0010000000' },
      {
        usagetype: 'USE1-TitanEmbeddingsG1-Image-input-image',
        unit: 'Images Processed',
        usd: '0.0000600000',
      },
      {
        usagetype: 'USE1-NovaMultiModalEmbeddings-input-audio-second',
        unit: '1K seconds',
        usd: '0.14',
      },
      { usagetype: 'USE1-Guardrail-ContentPolicyUnitsConsumed', unit: 'TextUnit', usd: '0.00015' },
      {
        usagetype: 'USE1-Guardrail-ContentPolicyImageUnitsConsumed',
        unit: 'Images Processed',
        usd: '0.00075',
      },
      {
        usagetype: 'USE1-GuardrailChecks-PromptAttackCheckUnitsConsumed',
        unit: 'TextUnit',
        usd: '0.00008',
      },
      {
        usagetype: 'USE1-Guardrail-WordPolicyUnitsConsumed',
        unit: 'TextUnit',
        usd: '0.0000000000',
      },
      { usagetype: 'USE1-NovaSonic-speech-input-tokens', usd: '0.0034' },
    );
    const lines = linesOf(imported).filter((line) => line.includes('in_region'));
    expect(lines.map((line) => line.replace('in_region standard ', ''))).toEqual([
      'S1 amazon.nova-canvas-v1:0 us-east-1 image le_1024:premium 0.06/1',
      'S2 amazon.titan-image-generator-v1 us-east-1 image gt_512:standard 0.01/1',
      'S3 amazon.rerank-v1:0 us-west-2 search_unit all 0.001/1',
      'S4 amazon.titan-embed-image-v1 us-east-1 input_image all 0.00006/1',
      'S5 amazon.nova-2-multimodal-embeddings-v1:0 us-east-1 input_audio_second all 0.00014/1',
      'S6 amazon.bedrock-guardrails us-east-1 guardrail_content_policy_unit all 0.00015/1',
      'S7 amazon.bedrock-guardrails us-east-1 guardrail_content_policy_image_unit all 0.00075/1',
      'S8 amazon.bedrock-guardrails us-east-1 guardrail_check_prompt_attack_unit all 0.00008/1',
      'S9 amazon.bedrock-guardrails us-east-1 guardrail_word_policy_unit all 0/1',
      'S10 amazon.nova-sonic-v1:0 us-east-1 input_speech all 3.4/1M',
    ]);
    expect(imported.rejections).toEqual([]);
    expect(linesOf(imported).filter((line) => line.includes('guardrails us-east-1 geo'))).toEqual(
      [],
    );
  });
});

describe('the offer of models that the marketplace sells', () => {
  test('never takes a cache write of an hour for input, though its name ends so', () => {
    const imported = marketplace(
      {
        usagetype: 'USE1-MP:USE1_InputTokenCount-Units',
        usd: '1.1000000000',
        attributes: HAIKU_4_5,
      },
      {
        usagetype: 'USE1-MP:USE1_CacheWrite1hInputTokenCount-Units',
        usd: '2.2',
        attributes: HAIKU_4_5,
      },
      {
        usagetype: 'USE1-MP:USE1_CacheWriteInputTokenCount-Units',
        usd: '1.375',
        attributes: HAIKU_4_5,
      },
      {
        usagetype: 'USE1-MP:USE1_CacheReadInputTokenCount-Units',
        usd: '0.11',
        attributes: HAIKU_4_5,
      },
      { usagetype: 'USE1-MP:USE1_InputTokenCount_Global-Units', usd: '1.0', attributes: HAIKU_4_5 },
      {
        usagetype: 'USE1-MP:USE1_InputTokenCount_Global_Batch-Units',
        usd: '0.5',
        attributes: HAIKU_4_5,
      },
      {
        usagetype: 'USE1-MP:USE1_MillionBatchOutputTokens-Units',
        usd: '2.75',
        attributes: HAIKU_4_5,
      },
    );
    const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0 us-east-1';
    expect(linesOf(imported).filter((line) => !line.includes(' geo '))).toEqual([
      `S1 ${haiku} in_region standard input all 1.1/1M`,
      `S2 ${haiku} in_region standard cache_write_1h all 2.2/1M`,
      `S3 ${haiku} in_region standard cache_write_5m all 1.375/1M`,
      `S4 ${haiku} in_region standard cache_read all 0.11/1M`,
      `S5 ${haiku} global standard input all 1/1M`,
      `S6 ${haiku} global batch input all 0.5/1M`,
      `S7 ${haiku} in_region batch output all 2.75/1M`,
    ]);
  });

  test('reads the newer spelling, its times to live and its long prompts', () => {
    const imported = marketplace(
      { usagetype: 'USW2-MP:USW2_input_tokens_standard-Units', usd: '11', attributes: ASTRA },
      {
        usagetype: 'USW2-MP:USW2_input_tokens_long_ctx_standard-Units',
        usd: '22',
        attributes: ASTRA,
      },
      {
        usagetype: 'USW2-MP:USW2_input_tokens_global_standard-Units',
        usd: '10',
        attributes: ASTRA,
      },
      {
        usagetype: 'USW2-MP:USW2_cache_write_tokens_30m_long_ctx_global_standard-Units',
        usd: '25',
        attributes: ASTRA,
      },
      {
        usagetype: 'USW2-MP:USW2_cache_write_tokens_1h_global_standard-Units',
        usd: '8',
        attributes: OPUS_4_8,
      },
      { usagetype: 'USW2-MP:USW2_output_tokens_batch-Units', usd: '12.5', attributes: OPUS_4_8 },
    );
    expect(linesOf(imported).filter((line) => !line.includes(' geo '))).toEqual([
      'S1 openai.gpt-6-astra us-west-2 in_region standard input le_272k 11/1M',
      'S2 openai.gpt-6-astra us-west-2 in_region standard input gt_272k 22/1M',
      'S3 openai.gpt-6-astra us-west-2 global standard input all 10/1M',
      'S4 openai.gpt-6-astra us-west-2 global standard cache_write_30m gt_272k 25/1M',
      'S5 anthropic.claude-opus-4-8 us-west-2 global standard cache_write_1h all 8/1M',
      'S6 anthropic.claude-opus-4-8 us-west-2 in_region batch output all 12.5/1M',
    ]);
  });

  test('names models by nothing but the service name', () => {
    const usagetype = 'USE1-MP:USE1_InputTokenCount-Units';
    const imported = marketplace(
      { usagetype, attributes: { servicename: 'Claude Opus 4.8 (Amazon Bedrock Version)' } },
      { usagetype, attributes: { servicename: 'Claude Opus 99 (Amazon Bedrock Edition)' } },
      { usagetype, attributes: { model: 'Nova Pro' } },
      { usagetype, attributes: { servicename: 'Claude (100K) (Amazon Bedrock Edition)' } },
    );
    expect(refusalsOf(imported)).toEqual([
      'S1 unknown_model',
      'S2 unknown_model',
      'S3 unknown_model',
      'S4 unknown_model',
    ]);
    expect(imported.rejections[1]?.message).toContain('Claude Opus 99 (Amazon Bedrock Edition)');
  });

  test('ignores provisioned hours, reserved tokens, storage and training, by name', () => {
    const attributes = OPUS_4_8;
    const { ignored, rejections, rows } = marketplace(
      {
        usagetype: 'USW2-MP:USW2_ProvisionedThroughput_1MonthCommit_ModelUnits_Usage-Units',
        unit: 'hour',
        usd: '158.40',
        attributes,
      },
      {
        usagetype: 'USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units',
        unit: '1K TPM Hour',
        attributes,
      },
      { usagetype: 'USE1-MP:USE1_ModelStorage-Units', unit: 'model/month', attributes },
      {
        usagetype: 'USE1-MP:USE1_Customization_Training-Units',
        unit: 'training tokens',
        attributes,
      },
    );
    expect(ignored.map(({ reason }) => reason)).toEqual([
      'provisioned_throughput',
      'reserved_throughput',
      'customization',
      'customization',
    ]);
    expect([...rejections, ...rows]).toEqual([]);
  });
});

describe('the offer of the service', () => {
  test('prices Claude per thousand tokens, long prompts beside short ones', () => {
    const attributes = { model: 'Claude Sonnet 4', regionCode: 'us-east-1' };
    const imported = importOffer(
      anOffer('AmazonBedrockService', [
        {
          usagetype: 'USE1-Claude4Sonnet-output-tokens-cross-region-global',
          usd: '0.015',
          attributes,
        },
        {
          usagetype: 'USE1-Claude4Sonnet-output-tokens-long-context-cross-region-global',
          usd: '0.0225',
          attributes,
        },
        {
          usagetype: 'USE1-Claude4Sonnet-input-tokens-cross-region-global-batch',
          usd: '0.0015',
          attributes,
        },
        {
          usagetype:
            'USE1-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global',
          usd: '1.5',
        },
      ]),
      NAMES,
    );
    const sonnet = 'anthropic.claude-sonnet-4-20250514-v1:0 us-east-1 global';
    expect(linesOf(imported)).toEqual([
      `S1 ${sonnet} standard output le_200k 15/1M`,
      `S2 ${sonnet} standard output gt_200k 22.5/1M`,
      `S3 ${sonnet} batch input all 1.5/1M`,
    ]);
    expect(imported.ignored.map(({ reason }) => reason)).toEqual(['reserved_throughput']);
  });
});

describe('the price list API', () => {
  test('answers with products that become the same rows', () => {
    const product = { usagetype: 'USE1-NovaPro-input-tokens', attributes: NOVA_PRO };
    const file = anOffer('AmazonBedrock', [product]);
    const { attributes } = file.products['S1'] ?? {};
    const listing = {
      product: { productFamily: 'Amazon Bedrock', sku: 'S1', attributes },
      serviceCode: 'AmazonBedrock',
      terms: { OnDemand: file.terms.OnDemand['S1'] },
      version: file.version,
      publicationDate: file.publicationDate,
    };
    expect(importListings([listing], NAMES)).toEqual(importOffer(file, NAMES));
  });

  test('is refused when an element is no product', () => {
    expect(() => importListings([{ serviceCode: 'AmazonBedrock' }], NAMES)).toThrow(/no product/);
  });
});

describe('a file that is no offer of Bedrock', () => {
  test.each<[string, unknown, RegExp]>([
    ['not an object', [], /not an object/],
    [
      'of another service',
      { ...anOffer('AmazonBedrock', []), offerCode: 'AmazonEC2' },
      /AmazonEC2/,
    ],
    ['without version', { ...anOffer('AmazonBedrock', []), version: undefined }, /version/],
    ['without products', { ...anOffer('AmazonBedrock', []), products: null }, /no products/],
  ])('is refused when it is %s', (_, json, message) => {
    expect(() => importOffer(json, NAMES)).toThrow(message);
    expect(() => importOffer(json, NAMES)).toThrow(RangeError);
  });
});
