/** The grammars of usage types behind the region: what each component may be, and what it means. */
import type { IgnoredReason } from './outcome.ts';
import type { Qualifiers } from './qualifiers.ts';
import { CAMEL_WORDS, LOWER_WORDS, readQualifiers } from './qualifiers.ts';
import type { UsageBody } from './usage-type.ts';

/** Stands for any class that is billed apart but that the meter does not tell apart. */
export const UNSUPPORTED_CLASS = 'unsupported';

/** A cache write whose time to live the qualifiers state; five minutes where they do not. */
const CACHE_WRITE = 'cache_write';

/** Dimensions of the plain form and, marked, of the form with `mantle`. */
const DIMENSIONS: ReadonlyMap<string, string> = new Map([
  ['input-tokens', 'input'],
  ['output-tokens', 'output'],
  ['input-token-count', 'input'],
  ['output-token-count', 'output'],
  ['text-input-tokens', 'input'],
  ['text-output-tokens', 'output'],
  ['cache-read-tokens', 'cache_read'],
  ['cache-read-input-tokens', 'cache_read'],
  ['cache-read-input-token-count', 'cache_read'],
  ['cache-write-tokens', CACHE_WRITE],
  ['cache-write-input-tokens', CACHE_WRITE],
  ['cache-write-input-token-count', CACHE_WRITE],
  ['speech-input-tokens', 'input_speech'],
  ['speech-output-tokens', 'output_speech'],
  ['input-image', 'input_image'],
  ['input-image-count', 'input_image'],
  ['input-audio-second', 'input_audio_second'],
  ['input-video-second', 'input_video_second'],
  ['searchunits', 'search_unit'],
  ['search-units', 'search_unit'],
  ['input-image-token-count', UNSUPPORTED_CLASS],
  ['output-image-token-count', UNSUPPORTED_CLASS],
  ['input-audio-token-count', UNSUPPORTED_CLASS],
  ['output-audio-token-count', UNSUPPORTED_CLASS],
  ['input-video-token-count', UNSUPPORTED_CLASS],
  ['output-image-count', UNSUPPORTED_CLASS],
]);
const DIMENSION_WORDS_MAX = 5;

/** Dimensions of the marketplace form in its older and newer spelling. */
const MARKETPLACE_DIMENSIONS: ReadonlyMap<string, readonly [string, 'standard' | 'batch']> =
  new Map([
    ['InputTokenCount', ['input', 'standard']],
    ['OutputTokenCount', ['output', 'standard']],
    ['CacheReadInputTokenCount', ['cache_read', 'standard']],
    ['CacheWriteInputTokenCount', ['cache_write_5m', 'standard']],
    ['CacheWrite1hInputTokenCount', ['cache_write_1h', 'standard']],
    ['MillionBatchInputTokens', ['input', 'batch']],
    ['MillionBatchOutputTokens', ['output', 'batch']],
    ['InputImageCount', ['input_image', 'standard']],
    ['Created_image', ['image', 'standard']],
    ['created_image', ['image', 'standard']],
    ['search_units', ['search_unit', 'standard']],
    ['inputVideoSecond', ['input_video_second', 'standard']],
    ['inputAudioSecond', ['input_audio_second', 'standard']],
    ['inputTextRequestCount', [UNSUPPORTED_CLASS, 'standard']],
    ['input_tokens', ['input', 'standard']],
    ['output_tokens', ['output', 'standard']],
    ['cache_read_tokens', ['cache_read', 'standard']],
    ['cached_input_tokens', ['cache_read', 'standard']],
    ['cache_write_tokens', [CACHE_WRITE, 'standard']],
  ]);
const MARKETPLACE_WORDS_MAX = 3;

const MARKETPLACE_IGNORED: ReadonlyMap<string, IgnoredReason> = new Map([
  ['ProvisionedThroughput', 'provisioned_throughput'],
  ['Reserved', 'reserved_throughput'],
  ['ModelStorage', 'customization'],
  ['Customization', 'customization'],
]);

/** First components of what is no model. */
const FEATURES: ReadonlyMap<string, IgnoredReason> = new Map([
  ['AgentCore', 'platform_feature'],
  ['APO', 'platform_feature'],
  ['BedrockFlows', 'platform_feature'],
  ['BedrockKnowledgeBase', 'platform_feature'],
  ['CustomModelImport', 'custom_model'],
  ['DataAutomation', 'platform_feature'],
  ['GenerateSQL', 'platform_feature'],
  ['KnowledgeBase', 'platform_feature'],
  ['ModelEvaluation', 'platform_feature'],
]);

/** Components behind the name of a model after which nothing prices a call, whatever follows. */
const IGNORED_DIMENSIONS: ReadonlyMap<string, IgnoredReason> = new Map([
  ['ProvisionedThroughput', 'provisioned_throughput'],
  ['Customization', 'customization'],
  ['ModelStorage', 'customization'],
  ['CustomModelImport', 'custom_model'],
  ['T2V', 'video_generation'],
  ['I2V', 'video_generation'],
]);

const GUARDRAIL_CLASSES: ReadonlyMap<string, string> = new Map([
  ['Guardrail-TopicPolicyUnitsConsumed', 'guardrail_topic_policy_unit'],
  ['Guardrail-ContentPolicyUnitsConsumed', 'guardrail_content_policy_unit'],
  ['Guardrail-ContentPolicyImageUnitsConsumed', 'guardrail_content_policy_image_unit'],
  ['Guardrail-WordPolicyUnitsConsumed', 'guardrail_word_policy_unit'],
  [
    'Guardrail-SensitiveInformationPolicyPaidUnitsConsumed',
    'guardrail_sensitive_information_policy_unit',
  ],
  [
    'Guardrail-SensitiveInformationPolicyFreeUnitsConsumed',
    'guardrail_sensitive_information_policy_free_unit',
  ],
  [
    'Guardrail-ContextualGroundingPolicyUnitsConsumed',
    'guardrail_contextual_grounding_policy_unit',
  ],
  ['Guardrail-AutomatedReasoningPolicyUnitsConsumed', 'guardrail_automated_reasoning_policy_unit'],
  ['GuardrailChecks-ContentFilterCheckUnitsConsumed', 'guardrail_check_content_filter_unit'],
  ['GuardrailChecks-PromptAttackCheckUnitsConsumed', 'guardrail_check_prompt_attack_unit'],
  [
    'GuardrailChecks-SensitiveInformationCheckUnitsConsumed',
    'guardrail_check_sensitive_information_unit',
  ],
]);

/** The class of a guardrail's unit, or null for any other usage. */
export function guardrailClass(body: string): string | null {
  return GUARDRAIL_CLASSES.get(body) ?? null;
}

/** Reads what stands between `MP:USE1_` and `-Units`; null when a component is not known. */
export function readMarketplace(words: readonly string[]): UsageBody | null {
  const ignored = MARKETPLACE_IGNORED.get(words[0] ?? '');
  if (ignored !== undefined) return { kind: 'ignored', reason: ignored };
  for (let length = MARKETPLACE_WORDS_MAX; length > 0; length--) {
    const dimension = MARKETPLACE_DIMENSIONS.get(words.slice(0, length).join('_'));
    if (dimension === undefined || length > words.length) continue;
    const [usageClass, tier] = dimension;
    const camel = readQualifiers(words, length, CAMEL_WORDS);
    const read = camel ?? readQualifiers(words, length, LOWER_WORDS);
    if (read === null || (tier === 'batch' && read.tier !== null)) return null;
    return bodyOf('marketplace', null, usageClass, { ...read, tier: read.tier ?? tier });
  }
  return null;
}

/**
 * Reads `NovaPro-input-tokens-batch` and `zai.glm-5-mantle-input-tokens-standard`: the first
 * component at which a dimension begins ends the name. Null when a component is not known.
 */
export function readPlain(words: readonly string[]): UsageBody | null {
  const feature = FEATURES.get(words[0] ?? '');
  if (feature !== undefined) return { kind: 'ignored', reason: feature };
  if (words.join('-') === 'Bedrock-Websearch-Queries')
    return { kind: 'ignored', reason: 'tool_fee' };
  const mantle = words.indexOf('mantle');
  if (mantle > 0) {
    return readDimension('mantle', words.slice(0, mantle).join('-'), words, mantle + 1);
  }
  for (let at = 1; at < words.length; at++) {
    const body = readAt(words, at);
    if (body !== null) return body;
  }
  return null;
}

function readAt(words: readonly string[], at: number): UsageBody | null {
  const ignored = IGNORED_DIMENSIONS.get(words[at] ?? '');
  if (ignored !== undefined) return { kind: 'ignored', reason: ignored };
  if (words[at] === 'reserved' && words[at + 2] === 'month') {
    return { kind: 'ignored', reason: 'reserved_throughput' };
  }
  if (words[at] === 'nova' && words[at + 1] === 'grounding' && words.length === at + 2) {
    return { kind: 'ignored', reason: 'tool_fee' };
  }
  const name = words.slice(0, at);
  const image = readImage(name.join('-'), words.slice(at));
  if (image !== null) return image;
  const optimized = name.length > 1 && name.at(-1) === 'LatencyOptimized';
  const body = readDimension('plain', name.slice(0, optimized ? -1 : at).join('-'), words, at);
  if (!optimized || body === null || body.kind === 'ignored') return body;
  return body.tier === 'standard' ? { ...body, tier: 'latency_optimized' } : null;
}

/** `T2I-1024-Standard`: making from text or editing, the largest side, the quality. */
function readImage(name: string, words: readonly string[]): UsageBody | null {
  const [task, size = '', quality = '', custom, ...more] = words;
  if (task !== 'T2I' && task !== 'I2I') return null;
  if (!/^\d{3,4}$/.test(size) || more.length > 0) return null;
  if (custom === 'Custom') return { kind: 'ignored', reason: 'custom_model' };
  if (custom !== undefined || (quality !== 'Standard' && quality !== 'Premium')) return null;
  const body = bodyOf('plain', name, 'image', NOTHING_STATED);
  return body.kind === 'ignored'
    ? body
    : { ...body, image: { size, quality: quality.toLowerCase() } };
}

function readDimension(
  form: 'plain' | 'mantle',
  name: string,
  words: readonly string[],
  at: number,
): UsageBody | null {
  for (let length = DIMENSION_WORDS_MAX; length > 0; length--) {
    if (at + length > words.length) continue;
    const usageClass = DIMENSIONS.get(words.slice(at, at + length).join('-'));
    if (usageClass === undefined) continue;
    const qualifiers = readQualifiers(words, at + length, LOWER_WORDS);
    if (qualifiers === null) continue;
    if (qualifiers.ttl !== null && usageClass !== CACHE_WRITE) continue;
    return bodyOf(form, name, usageClass, qualifiers);
  }
  return null;
}

const NOTHING_STATED: Qualifiers = {
  scope: null,
  tier: null,
  long_context: false,
  ttl: null,
  custom_model: false,
};

function bodyOf(
  form: 'plain' | 'mantle' | 'marketplace',
  name: string | null,
  usageClass: string,
  qualifiers: Qualifiers,
): UsageBody {
  if (qualifiers.custom_model) return { kind: 'ignored', reason: 'custom_model' };
  const { scope, tier, long_context, ttl } = qualifiers;
  return {
    kind: 'price',
    form,
    name,
    usage_class: usageClass === CACHE_WRITE ? `cache_write_${ttl ?? '5m'}` : usageClass,
    scope,
    tier: tier ?? 'standard',
    long_context,
    image: null,
  };
}
