/** A price book of round numbers, for what the shipped one has no prices of. */
import { priceBook, type ModelFacts, type PriceBook, type PriceRow } from '@tollkeeper/core';

/** 2026-07-01, after every row of the book has begun. */
export const AT = Date.UTC(2026, 6, 1);

/** One micro-USD in pico-USD. */
export const MICRO = 1_000_000n;

/** Model, class, scope and price of one unit in micro-USD. */
const ROWS: readonly (readonly [string, string, PriceRow['scope'], number])[] = [
  ['test.cheap-v1:0', 'input', 'geo', 1],
  ['test.cheap-v1:0', 'output', 'geo', 2],
  ['test.dear-v1:0', 'input', 'in_region', 10],
  ['test.dear-v1:0', 'output', 'in_region', 20],
  ['amazon.bedrock-guardrails', 'guardrail_content_policy_unit', 'in_region', 150],
  ['amazon.bedrock-guardrails', 'guardrail_topic_policy_unit', 'in_region', 100],
  ['amazon.bedrock-guardrails', 'guardrail_word_policy_unit', 'in_region', 0],
  ['amazon.bedrock-guardrails', 'guardrail_check_prompt_attack_unit', 'in_region', 70],
];

/** The rows above, and more of the same form. */
export function smallBook(more: typeof ROWS = []): PriceBook {
  const rows = [...ROWS, ...more].map(([model_id, usage_class, scope, micro]): PriceRow => ({
    model_id,
    region: 'us-east-1',
    scope,
    tier: 'standard',
    usage_class,
    context_band: 'all',
    effective_from: '2026-01-01',
    usd: String(micro),
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
  }));
  return priceBook(rows, 'test-1');
}

/** The price of one request through a prompt router, in micro-USD. */
export const ROUTER_FEE = [
  'amazon.bedrock-prompt-router',
  'prompt_router_request',
  'in_region',
  1_000,
] as const;

/** A text model of 1,000 tokens of context and 100 of output. */
export function textModel(model_id: string): ModelFacts {
  return {
    model_id,
    provider: 'test',
    family: 'nova',
    kind: 'text',
    context_window: 1_000,
    max_output_tokens: 100,
    default_max_tokens: null,
    explicit_cache: false,
    sources: ['test'],
  };
}
