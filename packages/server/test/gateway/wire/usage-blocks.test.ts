/** Usage blocks one by one; whole replies are in `reply.test.ts`. */
import { expect, test } from 'vitest';
import {
  readAnthropicUsage,
  readCountHeaders,
  readInvocationMetrics,
} from '../../../src/gateway/wire/usage-blocks.ts';
import type { Counts } from '../../../src/gateway/wire/usage-counts.ts';

test('a later Anthropic block replaces what it states and keeps the rest', () => {
  const counts: Counts = {};
  readAnthropicUsage(
    {
      input_tokens: 5,
      output_tokens: 1,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      server_tool_use: { web_search_requests: 1 },
    },
    counts,
  );
  readAnthropicUsage({ output_tokens: 9, server_tool_use: { web_search_requests: 2 } }, counts);
  expect(counts).toEqual({
    input: 5,
    output: 9,
    cacheWrite: 7,
    write5m: 3,
    write1h: 4,
    units: { web_search_request: 2 },
  });
});

test('metrics state four counts and no time to live', () => {
  const counts: Counts = {};
  readInvocationMetrics(
    {
      inputTokenCount: 1,
      outputTokenCount: 2,
      cacheReadInputTokenCount: 3,
      cacheWriteInputTokenCount: 4,
      invocationLatency: 99,
      firstByteLatency: 9,
    },
    counts,
  );
  expect(counts).toEqual({ input: 1, output: 2, cacheRead: 3, cacheWrite: 4 });
});

test('an absent header states nothing', () => {
  const counts: Counts = {};
  readCountHeaders((name) => (name.includes('output') ? '0' : undefined), counts);
  expect(counts).toEqual({ output: 0 });
});
