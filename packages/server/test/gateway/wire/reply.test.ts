/**
 * Usage of non-streamed replies, by family and cache class. The bodies are written by hand from the
 * dialects.
 */
import { describe, expect, test } from 'vitest';
import { usageOf } from '@tollkeeper/core';
import type { BodyFamily, Usage } from '@tollkeeper/core';
import type { OperationPath, ReplyReading } from '../../../src/gateway/wire/reading.ts';
import { readReply } from '../../../src/gateway/wire/reply.ts';

type Case = readonly [
  string,
  OperationPath,
  BodyFamily,
  unknown,
  Record<string, string>,
  Partial<Usage>,
];

function read(
  operation: OperationPath,
  family: BodyFamily,
  body: unknown,
  headers: Record<string, string> = {},
): ReplyReading {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readReply(operation, family, (name) => headers[name], Buffer.from(text));
}

const converse = (usage: object): object => ({
  output: { message: { role: 'assistant', content: [{ text: 'hi' }] } },
  stopReason: 'end_turn',
  usage,
  metrics: { latencyMs: 12 },
});
const anthropic = (usage: object): object => ({
  type: 'message',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  usage,
});
const tokenHeaders = (input: string, output: string): Record<string, string> => ({
  'x-amzn-bedrock-input-token-count': input,
  'x-amzn-bedrock-output-token-count': output,
});

const REPORTED: readonly Case[] = [
  [
    'Converse without cache',
    'converse',
    'unknown',
    converse({ inputTokens: 18, outputTokens: 386, totalTokens: 404 }),
    {},
    { input_tokens: 18, output_tokens: 386 },
  ],
  [
    'Converse, a cache write without a split: five minutes',
    'converse',
    'anthropic',
    converse({
      inputTokens: 18,
      outputTokens: 386,
      totalTokens: 7906,
      cacheWriteInputTokens: 7502,
    }),
    {},
    { input_tokens: 18, output_tokens: 386, cache_write_5m_input_tokens: 7502 },
  ],
  [
    'Converse, a cache read under both spellings, counted once',
    'converse',
    'anthropic',
    converse({
      inputTokens: 18,
      outputTokens: 503,
      totalTokens: 8023,
      cacheReadInputTokens: 7502,
      cacheReadInputTokenCount: 7502,
      cacheWriteInputTokens: 0,
      cacheWriteInputTokenCount: 0,
      cacheDetails: [],
      serverToolUsage: {},
    }),
    {},
    { input_tokens: 18, output_tokens: 503, cache_read_input_tokens: 7502 },
  ],
  [
    'Converse, writes split by time to live',
    'converse',
    'anthropic',
    converse({
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 1203,
      cacheReadInputTokens: 200,
      cacheWriteInputTokens: 1000,
      cacheDetails: [
        { ttl: '1h', inputTokens: 600 },
        { ttl: '5m', inputTokens: 400 },
      ],
    }),
    {},
    {
      input_tokens: 1,
      output_tokens: 2,
      cache_read_input_tokens: 200,
      cache_write_5m_input_tokens: 400,
      cache_write_1h_input_tokens: 600,
    },
  ],
  [
    'Converse, a split that names only the hour: the rest are five-minute writes',
    'converse',
    'anthropic',
    converse({
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 1003,
      cacheWriteInputTokens: 1000,
      cacheDetails: [{ ttl: '1h', inputTokens: 600 }],
    }),
    {},
    {
      input_tokens: 1,
      output_tokens: 2,
      cache_write_5m_input_tokens: 400,
      cache_write_1h_input_tokens: 600,
    },
  ],
  [
    'Converse with zeros: a fact, not a gap',
    'converse',
    'nova',
    converse({ inputTokens: 0, outputTokens: 0, totalTokens: 0 }),
    {},
    {},
  ],
  [
    'Anthropic without cache',
    'invoke',
    'anthropic',
    anthropic({ input_tokens: 12, output_tokens: 34 }),
    {},
    { input_tokens: 12, output_tokens: 34 },
  ],
  [
    'Anthropic with both times to live, thinking inside the output',
    'invoke',
    'anthropic',
    anthropic({
      input_tokens: 12,
      output_tokens: 34,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens_details: { thinking_tokens: 30 },
    }),
    tokenHeaders('12', '34'),
    {
      input_tokens: 12,
      output_tokens: 34,
      cache_read_input_tokens: 50,
      cache_write_5m_input_tokens: 100,
      cache_write_1h_input_tokens: 200,
    },
  ],
  [
    'Anthropic without a split: five minutes',
    'invoke',
    'anthropic',
    anthropic({ input_tokens: 12, output_tokens: 34, cache_creation_input_tokens: 300 }),
    {},
    { input_tokens: 12, output_tokens: 34, cache_write_5m_input_tokens: 300 },
  ],
  [
    'Anthropic body against different headers: the body',
    'invoke',
    'anthropic',
    anthropic({ input_tokens: 12, output_tokens: 34 }),
    tokenHeaders('99', '99'),
    { input_tokens: 12, output_tokens: 34 },
  ],
  [
    'Anthropic legacy text: headers',
    'invoke',
    'anthropic',
    { completion: 'hi', stop_reason: 'stop_sequence' },
    tokenHeaders('7', '9'),
    { input_tokens: 7, output_tokens: 9 },
  ],
  [
    'Nova with its own names of the cache counts',
    'invoke',
    'nova',
    {
      output: {},
      usage: {
        inputTokens: 5,
        outputTokens: 6,
        totalTokens: 41,
        cacheReadInputTokenCount: 10,
        cacheWriteInputTokenCount: 20,
      },
    },
    {},
    {
      input_tokens: 5,
      output_tokens: 6,
      cache_read_input_tokens: 10,
      cache_write_5m_input_tokens: 20,
    },
  ],
  [
    'Titan text: results are summed',
    'invoke',
    'titan_text',
    { inputTextTokenCount: 5, results: [{ tokenCount: 3 }, { tokenCount: 4 }] },
    {},
    { input_tokens: 5, output_tokens: 7 },
  ],
  [
    'Titan embeddings: no output',
    'invoke',
    'titan_embed',
    { embedding: [0.1], inputTextTokenCount: 8 },
    {},
    { input_tokens: 8 },
  ],
  [
    'Titan embeddings by header only',
    'invoke',
    'titan_embed',
    { embedding: [0.1] },
    { 'x-amzn-bedrock-input-token-count': '8' },
    { input_tokens: 8 },
  ],
  [
    'an unknown family: headers, cache classes among them',
    'invoke',
    'unknown',
    'not json',
    {
      ...tokenHeaders('7', '9'),
      'x-amzn-bedrock-cache-read-input-token-count': '3',
      'x-amzn-bedrock-cache-write-input-token-count': '2',
    },
    {
      input_tokens: 7,
      output_tokens: 9,
      cache_read_input_tokens: 3,
      cache_write_5m_input_tokens: 2,
    },
  ],
];

describe('reported usage', () => {
  test.each(REPORTED)('%s', (_, operation, family, body, headers, expected) => {
    const reading = read(operation, family, body, headers);
    expect(reading.usage).toEqual({ source: 'reported', usage: usageOf(expected) });
  });

  test('server tools and guardrail units are named units', () => {
    const body = {
      ...converse({
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 3,
        serverToolUsage: { webSearchRequests: 2 },
      }),
      trace: {
        guardrail: {
          inputAssessment: {
            g1: { invocationMetrics: { usage: { contentPolicyUnits: 1, wordPolicyUnits: 0 } } },
          },
          outputAssessments: {
            g1: [{ invocationMetrics: { usage: { contentPolicyUnits: 2, topicPolicyUnits: 4 } } }],
          },
        },
      },
    };
    const { usage } = read('converse', 'unknown', body);
    expect(usage.source === 'reported' && usage.usage.units).toEqual({
      web_search_request: 2,
      guardrail_content_policy_unit: 3,
      guardrail_topic_policy_unit: 4,
    });
  });
});

describe('unknown usage is never zero', () => {
  test.each([
    ['no usage in Converse', 'converse', 'unknown', { output: {} }, {}],
    ['Converse ignores token headers', 'converse', 'unknown', {}, tokenHeaders('1', '1')],
    ['Converse without output tokens', 'converse', 'unknown', { usage: { inputTokens: 1 } }, {}],
    ['usage that is no object', 'converse', 'unknown', { usage: 7 }, {}],
    ['a body that is not JSON', 'converse', 'unknown', '<html>', {}],
    ['an empty body', 'invoke', 'anthropic', '', {}],
    ['Anthropic without usage', 'invoke', 'anthropic', { content: [] }, {}],
    ['Titan without results', 'invoke', 'titan_text', { inputTextTokenCount: 5 }, {}],
    ['Titan with no results', 'invoke', 'titan_text', { inputTextTokenCount: 5, results: [] }, {}],
    [
      'Titan with a result that has no count',
      'invoke',
      'titan_text',
      { inputTextTokenCount: 5, results: [{ tokenCount: 1 }, {}] },
      {},
    ],
    ['an embedding without its count', 'invoke', 'titan_embed', { embedding: [] }, {}],
    ['an unknown family without headers', 'invoke', 'unknown', { usage: { input_tokens: 1 } }, {}],
    ['half the headers', 'invoke', 'unknown', {}, { 'x-amzn-bedrock-input-token-count': '7' }],
  ] as const)('%s', (_, operation, family, body, headers) => {
    expect(read(operation, family, body, headers).usage).toMatchObject({ source: 'unknown' });
  });

  test.each([-1, 1.5, 1e300, 1_000_000_001, '7', true, [1], {}])(
    'a count of %j makes the usage unknown, with a reason, whatever else is there',
    (count) => {
      const inConverse = converse({ inputTokens: count, outputTokens: 2, totalTokens: 3 });
      const { usage } = read('converse', 'unknown', inConverse);
      expect(usage.source === 'unknown' && usage.reason).toContain('usage.inputTokens');
      const inAnthropic = anthropic({ input_tokens: 1, output_tokens: count });
      const reading = read('invoke', 'anthropic', inAnthropic, tokenHeaders('1', '1'));
      expect(reading.usage.source).toBe('unknown');
    },
  );

  test.each(['-1', '1.5', '', 'many', '1e3', '0x10', '99999999999999999999'])(
    'a header count of "%s" is none',
    (count) => {
      const reading = read('invoke', 'unknown', {}, tokenHeaders(count, '1'));
      expect(reading.usage.source).toBe('unknown');
    },
  );
});

describe('what does not fit together is reported with a warning', () => {
  test('a total that is not the sum', () => {
    const reading = read(
      'converse',
      'unknown',
      converse({ inputTokens: 1, outputTokens: 2, totalTokens: 9 }),
    );
    expect(reading.usage.source).toBe('reported');
    expect(reading.warnings).toHaveLength(1);
  });

  test('two spellings that differ: the larger', () => {
    const reading = read(
      'converse',
      'unknown',
      converse({
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 10,
        cacheReadInputTokens: 5,
        cacheReadInputTokenCount: 7,
      }),
    );
    expect(reading.usage).toMatchObject({ usage: { cache_read_input_tokens: 7 } });
    expect(reading.warnings).toHaveLength(1);
  });

  test('parts above the total: the parts; an unknown time to live: the dearest', () => {
    const reading = read(
      'converse',
      'unknown',
      converse({
        inputTokens: 1,
        outputTokens: 2,
        cacheWriteInputTokens: 5,
        cacheDetails: [
          { ttl: '5m', inputTokens: 4 },
          { ttl: '24h', inputTokens: 8 },
        ],
      }),
    );
    expect(reading.usage).toMatchObject({
      usage: { cache_write_5m_input_tokens: 4, cache_write_1h_input_tokens: 8 },
    });
    expect(reading.warnings).toHaveLength(2);
  });

  test('a split without a total is its own total', () => {
    const reading = read(
      'converse',
      'unknown',
      converse({
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 7,
        cacheDetails: [{ ttl: '5m', inputTokens: 4 }],
      }),
    );
    expect(reading.usage).toMatchObject({ usage: { cache_write_5m_input_tokens: 4 } });
    expect(reading).not.toHaveProperty('warnings');
  });

  test('nothing to warn of, no warnings', () => {
    const reading = read(
      'converse',
      'unknown',
      converse({ inputTokens: 1, outputTokens: 2, totalTokens: 3 }),
    );
    expect(reading).not.toHaveProperty('warnings');
  });
});

describe('served tier and invoked model', () => {
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

  test.each([
    [{}, null],
    [{ serviceTier: { type: 'default' } }, 'standard'],
    [{ serviceTier: { type: 'reserved' } }, 'standard'],
    [{ serviceTier: { type: 'flex' } }, 'flex'],
    [{ serviceTier: { type: 'priority' } }, 'priority'],
    [{ performanceConfig: { latency: 'optimized' } }, 'latency_optimized'],
    [{ performanceConfig: { latency: 'standard' } }, 'standard'],
    [{ serviceTier: { type: 'default' }, performanceConfig: { latency: 'standard' } }, 'standard'],
  ])('Converse with %j was served as %s', (members, tier) => {
    const reading = read('converse', 'unknown', { ...converse(usage), ...members });
    expect(reading.served_tier).toBe(tier);
  });

  test('InvokeModel says it in headers', () => {
    const headers = { 'x-amzn-bedrock-service-tier': 'flex' };
    expect(read('invoke', 'nova', { usage }, headers).served_tier).toBe('flex');
    const latency = { 'x-amzn-bedrock-performanceconfig-latency': 'optimized' };
    expect(read('invoke', 'nova', { usage }, latency).served_tier).toBe('latency_optimized');
  });

  test('the model that a prompt router chose is named', () => {
    const trace = { promptRouter: { invokedModelId: 'anthropic.claude-3-haiku-20240307-v1:0' } };
    expect(read('converse', 'unknown', { ...converse(usage), trace }).invoked_model_id).toBe(
      'anthropic.claude-3-haiku-20240307-v1:0',
    );
    expect(read('converse', 'unknown', converse(usage)).invoked_model_id).toBeNull();
  });
});
