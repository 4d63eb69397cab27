/** Lines about calls, held against what CloudWatch and the readers of usage lines expect. */
import { NO_USAGE, type EntryDraft } from '@tollkeeper/core';
import { entry } from '@tollkeeper/testkit/conformance/fixtures';
import { expect, test } from 'vitest';
import {
  emfLine,
  principalFigures,
  usageLine,
} from '../../../src/adapters/telemetry/call-lines.ts';

const call = (over: Partial<EntryDraft> = {}): EntryDraft =>
  entry('a', 4_260_000_000n, {
    model_id: 'anthropic.claude-3-sonnet-20240229-v1:0',
    user_id: 'Jane Doe',
    key_id: 'abcdefghij234567',
    usage: { ...NO_USAGE, input_tokens: 10, output_tokens: 282 },
    charges: [
      { class: 'input', quantity: 10, unit_price_usd: '0.000003', amount: 30_000_000n },
      { class: 'output', quantity: 282, unit_price_usd: '0.000015', amount: 4_230_000_000n },
    ],
    ended_at: Date.UTC(2026, 10, 22, 14, 33),
    started_at: Date.UTC(2026, 10, 22, 14, 32, 58),
    ...over,
  });

function lineOf(over: Partial<EntryDraft> = {}): string {
  const figures = principalFigures(call(over));
  if (figures === undefined) throw new Error('The call has no figures.');
  return emfLine(call(over), figures, 'BedrockCostApportionment');
}

test('a call is four metrics by model and principal, in the embedded metric format', () => {
  expect(JSON.parse(lineOf())).toEqual({
    _aws: {
      Timestamp: Date.UTC(2026, 10, 22, 14, 33),
      CloudWatchMetrics: [
        {
          Namespace: 'BedrockCostApportionment',
          Dimensions: [['ModelId', 'PrincipalId']],
          Metrics: [
            { Name: 'InputTokensUsed', Unit: 'Count' },
            { Name: 'InputTokensCost', Unit: 'None' },
            { Name: 'OutputTokensUsed', Unit: 'Count' },
            { Name: 'OutputTokensCost', Unit: 'None' },
          ],
        },
      ],
    },
    ModelId: 'anthropic.claude-3-sonnet-20240229-v1:0',
    PrincipalId: 'User::Jane Doe',
    InputTokensUsed: 10,
    OutputTokensUsed: 282,
    InputTokensCost: 0.00003,
    OutputTokensCost: 0.00423,
    RequestId: call().request_id,
  });
});

test('costs are exact decimals, and every metric is a member of its line', () => {
  const line = lineOf();
  expect(line).toContain('"InputTokensCost":0.00003,"OutputTokensCost":0.00423}');
  expect(line).not.toContain('\n');
});

test('a key that is no user is a principal of its own', () => {
  const { PrincipalId } = JSON.parse(lineOf({ user_id: null })) as { PrincipalId: string };
  expect(PrincipalId).toBe('Key::abcdefghij234567');
});

test('a principal is one that CloudWatch takes: ASCII alone, of a length that it keeps', () => {
  const principalOf = (user_id: string): string =>
    (JSON.parse(lineOf({ user_id })) as { PrincipalId: string }).PrincipalId;
  expect(principalOf('Jörg Øst')).toBe('User::J%C3%B6rg %C3%98st');
  expect(principalOf('50 % ~ (a)')).toBe('User::50 % ~ (a)');
  const long = principalOf('語'.repeat(256));
  expect(long).toMatch(/^User::(?:%[0-9A-F]{2})+$/);
  expect(long).toHaveLength(1_023);
  // Half a character, which no header can bring, but a token may.
  expect(principalOf('a\ud800')).toBe('User::a%EF%BF%BD');
});

test('what no model answered, or nobody knows the usage of, has no metrics', () => {
  expect(principalFigures(call({ outcome: 'refused' }))).toBeUndefined();
  expect(principalFigures(call({ outcome: 'upstream_error' }))).toBeUndefined();
  expect(principalFigures(call({ operation: 'CountTokens' }))).toBeUndefined();
  expect(principalFigures(call({ usage: null }))).toBeUndefined();
  expect(principalFigures(call({ user_id: null, key_id: null }))).toBeUndefined();
});

test('a line of usage has every column that its readers sum up', () => {
  expect(JSON.parse(usageLine(call({ user_id: 'sub-1' }), 'tenant-1') ?? '')).toEqual({
    event_type: 'bedrock_token_usage',
    timestamp: '2026-11-22T14:32:58.000Z',
    tenant_id: 'tenant-1',
    user_id: 'sub-1',
    model_id: 'anthropic.claude-3-sonnet-20240229-v1:0',
    input_tokens: 10,
    output_tokens: 282,
    total_tokens: 292,
    request_id: call().request_id,
  });
});

test('usage that is not known is null and never zero; a refused call has no line', () => {
  const unknown = JSON.parse(usageLine(call({ usage: null }), 't') ?? '') as object;
  expect(unknown).toMatchObject({ input_tokens: null, output_tokens: null, total_tokens: null });
  expect(usageLine(call({ outcome: 'refused' }), 't')).toBeUndefined();
});
