/** A call in the words of the conventions for generative AI. */
import { expect, test } from 'vitest';
import { NO_USAGE } from '@tollkeeper/core';
import { entry, unknownUsage } from '@tollkeeper/testkit/conformance/fixtures';
import {
  inputTokensOf,
  operationOf,
  spanAttributes,
} from '../../../src/adapters/telemetry/gen-ai.ts';

const SERVER = new URL('https://bedrock-runtime.us-east-1.amazonaws.com');

test('tokens of the cache are among those of the input, unlike in the ledger', () => {
  const usage = {
    ...NO_USAGE,
    input_tokens: 1,
    cache_read_input_tokens: 10,
    cache_write_5m_input_tokens: 100,
    cache_write_1h_input_tokens: 1_000,
    cache_write_30m_input_tokens: 10_000,
    output_tokens: 5,
  };
  expect(inputTokensOf(usage)).toBe(11_111);
  expect(spanAttributes(entry('a', 7n, { usage }), SERVER)).toMatchObject({
    'gen_ai.usage.input_tokens': 11_111,
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.usage.cache_read.input_tokens': 10,
    'gen_ai.usage.cache_creation.input_tokens': 11_100,
    'server.port': 443,
  });
});

test('usage that is not known is not told, and an error has its type', () => {
  const attributes = spanAttributes(
    entry('a', 0n, { ...unknownUsage(9n), outcome: 'broken' }),
    SERVER,
  );
  expect(attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  expect(attributes).toMatchObject({ 'error.type': 'broken' });
});

test.each([
  ['ConverseStream', 'amazon.nova-micro-v1:0', 'chat'],
  ['InvokeModel', 'amazon.titan-embed-text-v2:0', 'embeddings'],
  ['InvokeModelWithResponseStream', 'meta.llama3-8b-instruct-v1:0', 'text_completion'],
  ['ApplyGuardrail', 'amazon.bedrock-guardrails', 'apply_guardrail'],
])('%s of %s is called %s', (operation, model_id, name) => {
  expect(operationOf(entry('a', 0n, { operation, model_id }))).toBe(name);
});

test('who used a model is never told to the conventions: only ids of ours, and no user', () => {
  const attributes = spanAttributes(entry('a', 0n, { user_id: 'ann@example.com' }), SERVER);
  expect(JSON.stringify(attributes)).not.toContain('ann@example.com');
});
