/** Usage types into components: every form, and words that stand where they must not. */
import { describe, expect, test } from 'vitest';
import { parseUsageType } from '../../../src/pricing/import/usage-type.ts';

/** What a usage type says, on one line. */
function said(text: string): string {
  const parsed = parseUsageType(text);
  if (parsed.kind !== 'price') return `${parsed.kind} ${parsed.reason}`;
  const { region_codes, form, name, usage_class, scope, tier, long_context, image } = parsed;
  const band = long_context ? 'long' : image === null ? '-' : `${image.size}:${image.quality}`;
  return [region_codes.join('+'), form, name, usage_class, scope ?? '-', tier, band].join(' ');
}

describe('a usage type is parsed whole', () => {
  test.each([
    ['USE1-NovaPro-input-tokens', 'USE1 plain NovaPro input - standard -'],
    ['EU-NovaPro-output-tokens-flex', 'EU plain NovaPro output - flex -'],
    ['gpt-oss-20b-input-tokens-flex', ' plain gpt-oss-20b input - flex -'],
    ['USE1-gpt-oss-120b-output-tokens-priority', 'USE1 plain gpt-oss-120b output - priority -'],
    ['USE1-deepseek.v3.2-input-tokens', 'USE1 plain deepseek.v3.2 input - standard -'],
    ['USE1-TitanText-Premier-output-tokens', 'USE1 plain TitanText-Premier output - standard -'],
    [
      'USE1-Nova2.0Pro-text-input-tokens-priority-cross-region-global',
      'USE1 plain Nova2.0Pro input global priority -',
    ],
    [
      'USE1-Claude4Sonnet-cache-read-input-token-count-long-context-cross-region-global',
      'USE1 plain Claude4Sonnet cache_read global standard long',
    ],
    [
      'APS3-Claude4.6Opus-cache-write-input-token-count-cross-region-geo',
      'APS3 plain Claude4.6Opus cache_write_5m geo standard -',
    ],
    [
      'USE2-Llama3-1-70B-LatencyOptimized-output-tokens',
      'USE2 plain Llama3-1-70B output - latency_optimized -',
    ],
    [
      'USE1-openai.gpt-5.6-luna-mantle-cache-write-tokens-5m-long-ctx-flex',
      'USE1 mantle openai.gpt-5.6-luna cache_write_5m - flex long',
    ],
    [
      'USE1-MP:USE1_InputTokenCount_LCtx_Global_Batch-Units',
      'USE1+USE1 marketplace  input global batch long',
    ],
    [
      'USE1-MP:USE1_OutputTokenCount_LatencyOptimized-Units',
      'USE1+USE1 marketplace  output - latency_optimized -',
    ],
    ['USE1-MP:USE1_created_image-Units', 'USE1+USE1 marketplace  image - standard -'],
    ['USE1-MP:USE1_search_units-Units', 'USE1+USE1 marketplace  search_unit - standard -'],
    [
      'USE1-MP:USE1_cached_input_tokens_long_ctx_global_standard-Units',
      'USE1+USE1 marketplace  cache_read global standard long',
    ],
    ['USE1-NovaCanvas-T2I-1024-Standard', 'USE1 plain NovaCanvas image - standard 1024:standard'],
    [
      'USE1-Guardrail-TopicPolicyUnitsConsumed',
      'USE1 guardrail  guardrail_topic_policy_unit - standard -',
    ],
  ])('%s', (text, expected) => {
    expect(said(text)).toBe(expected);
  });
});

describe('a usage type that prices no call is ignored, by name', () => {
  test.each([
    [
      'USW2-MP:USW2_ProvisionedThroughput_NoCommit_ModelUnits_Usage-Units',
      'provisioned_throughput',
    ],
    ['USE1-Claude2.0-ProvisionedThroughput-1MonthCommit-ModelUnits', 'provisioned_throughput'],
    ['USE1-MP:USE1_Reserved_3Month_OutputTPM_Global-Units', 'reserved_throughput'],
    [
      'USE1-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-geo',
      'reserved_throughput',
    ],
    ['USE1-Llama3-1-70B-Customization-Training', 'customization'],
    ['USE1-NovaPro-cache-write-input-token-count-custom-model', 'custom_model'],
    ['USE1-TitanImageGeneratorG1-T2I-512-Standard-Custom', 'custom_model'],
    ['USE1-NovaReel-T2V-Medfps-HDRes', 'video_generation'],
    ['USE1-Nova2.0Lite-nova-grounding', 'tool_fee'],
    ['USE1-Bedrock-Websearch-Queries', 'tool_fee'],
    ['USE1-DataAutomation-Standard-ImagesProcessed', 'platform_feature'],
  ])('%s as %s', (text, reason) => {
    expect(said(text)).toBe(`ignored ${reason}`);
  });
});

describe('a component that no grammar explains refuses the whole', () => {
  test.each([
    ['USE1-input-tokens'],
    ['USE1-NovaPro-input-tokens-custom'],
    ['USE1-NovaPro-input-tokens-global-cross-region-global'],
    ['USE1-NovaPro-xinput-tokens'],
    ['USE1-NovaPro-input-tokens-standard-batch'],
    ['USE1-Llama3-1-70B-LatencyOptimized-output-tokens-batch'],
    ['USE1-LatencyOptimized-output-tokens-batch-batch'],
    ['USE1-zai.glm-5-mantle-extra-input-tokens-standard'],
    ['USE1-zai.glm-5-mantle-speech'],
    ['USE1-MP:USE1_XInputTokenCount-Units'],
    ['USE1-MP:USE1_InputTokenCount_global-Units-Units'],
    ['USE1-MP:USE1_InputTokenCount_Global_Global-Units'],
    ['USE1-MP:USE1_InputTokenCount_Global'],
    ['USE1-MP:USE1_MillionBatchInputTokens_Batch-Units'],
    ['USE1-MP:USE1_input_tokens_overnight-Units'],
    ['USE1-NovaCanvas-T2I-1024-Excellent'],
    ['USE1-NovaCanvas-T2I-big-Standard'],
    ['USE1-Guardrail-QuantumPolicyUnitsConsumed'],
    ['USE1-Guardrail-TopicPolicyUnitsConsumed-batch'],
    ['USE1'],
    ['-'],
  ])('%s', (text) => {
    expect(said(text)).toBe('rejected unknown_usage_type');
  });
});
