/** Paths, as SDKs send them and as somebody who wants around the gateway would. */
import { describe, expect, test } from 'vitest';
import { matchModelPath, modelPath } from '../../../src/gateway/wire/path.ts';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456';

describe('paths that AWS SDKs send', () => {
  test.each([
    ['/model/amazon.nova-lite-v1%3A0/converse', 'converse', 'amazon.nova-lite-v1:0'],
    ['/model/amazon.titan-embed-text-v2%3A0/invoke', 'invoke', 'amazon.titan-embed-text-v2:0'],
    [
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
      'converse-stream',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile' +
        '%2Fabc123def456/invoke-with-response-stream',
      'invoke-with-response-stream',
      ARN,
    ],
    ['/model/anthropic.claude-opus-4-7/converse', 'converse', 'anthropic.claude-opus-4-7'],
    [
      '/model/meta.llama3-1-70b-instruct-v1%3A0%3A128k/converse',
      'converse',
      'meta.llama3-1-70b-instruct-v1:0:128k',
    ],
  ])('%s is matched, decoded once, and forwarded byte for byte', (path, operation, modelId) => {
    expect(matchModelPath(path)).toEqual({
      kind: 'operation',
      operation,
      modelId,
      guardrailId: null,
      forwardPath: path,
    });
  });

  test('a literal colon is accepted and forwarded as SDKs would have encoded it', () => {
    expect(matchModelPath('/model/amazon.nova-lite-v1:0/converse')).toMatchObject({
      kind: 'operation',
      modelId: 'amazon.nova-lite-v1:0',
      forwardPath: '/model/amazon.nova-lite-v1%3A0/converse',
    });
  });

  test('what is forwarded is what the official encoder makes of the identifier', async () => {
    const { extendedEncodeURIComponent } = await import('@smithy/core/protocols');
    for (const id of [ARN, "odd!'()*id", 'x.y-z_~1:0', 'a@b=c+d,e;f&g$h']) {
      expect(modelPath('converse', id)).toBe(`/model/${extendedEncodeURIComponent(id)}/converse`);
    }
  });
});

describe('operations that are billed otherwise than by model', () => {
  const guardrail = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123def456';
  test.each([
    ['/model/amazon.nova-lite-v1%3A0/count-tokens', 'count-tokens', 'amazon.nova-lite-v1:0', null],
    ['/guardrail/abc123def456/version/DRAFT/apply', 'apply-guardrail', null, 'abc123def456'],
    [
      '/guardrail/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aguardrail%2Fabc123def456' +
        '/version/12345678/apply',
      'apply-guardrail',
      null,
      guardrail,
    ],
    ['/guardrail-checks/invoke', 'guardrail-checks', null, null],
  ])('%s is matched and forwarded byte for byte', (path, operation, modelId, guardrailId) => {
    expect(matchModelPath(path)).toEqual({
      kind: 'operation',
      operation,
      modelId,
      guardrailId,
      forwardPath: path,
    });
  });

  test('a model identifier of CountTokens has at most 256 characters', () => {
    expect(matchModelPath(`/model/${'x'.repeat(256)}/count-tokens`).kind).toBe('operation');
    expect(matchModelPath(`/model/${'x'.repeat(257)}/count-tokens`).kind).toBe('malformed');
  });

  test.each([
    ['an id in upper case', '/guardrail/ABC/version/1/apply'],
    ['an ARN of something else', `/guardrail/${encodeURIComponent(ARN)}/version/1/apply`],
    [
      'an ARN with more behind it',
      `/guardrail/${encodeURIComponent(`${guardrail}/x`)}/version/1/apply`,
    ],
    ['an id of 2049 characters', `/guardrail/${'x'.repeat(2049)}/version/1/apply`],
    ['a version that is a word', '/guardrail/abc/version/latest/apply'],
    ['version zero', '/guardrail/abc/version/0/apply'],
    ['a version with a slash', '/guardrail/abc/version/1%2Fapply/apply'],
    ['a query string', '/guardrail/abc/version/1/apply?x=1'],
    ['a query string of the checks', '/guardrail-checks/invoke?x=1'],
    ['an encoded root', '/guardrai%6C/abc/version/1/apply'],
    ['an encoded root of the checks', '/guardrail%2Dchecks/invoke'],
    ['dots for an id', '/guardrail/%2e%2e/version/1/apply'],
  ])('%s is malformed', (_, path) => {
    expect(matchModelPath(path)).toMatchObject({ kind: 'malformed' });
  });
});

describe('paths that are refused', () => {
  test.each([
    ['no slash first', 'model/x/converse'],
    ['an absolute form', 'http://host/model/x/converse'],
    ['a dot segment', '/model/../model/x/converse'],
    ['an encoded dot segment', '/model/%2e%2e/x/converse'],
    ['a half-encoded dot segment', '/model/.%2E/converse'],
    ['a dot segment in front', '/./model/x/converse'],
    ['dots before an innocent path', '/x/../model/y/converse'],
    ['dot segments inside the identifier', '/model/a%2F..%2F..%2Fguardrail/converse'],
    ['a single dot inside the identifier', '/model/a%2F.%2Fb/converse'],
    ['an empty segment inside the identifier', '/model/a%2F%2Fb/converse'],
    ['an identifier that ends in a slash', '/model/a%2F/converse'],
    ['a double slash', '/model//converse'],
    ['a double slash in front', '//model/x/converse'],
    ['a trailing slash', '/model/x/converse/'],
    ['an empty identifier', '/model//converse'],
    ['a NUL', '/model/x%00/converse'],
    ['a line break', '/model/x%0d%0ay/converse'],
    ['a C1 control', '/model/x%C2%85y/converse'],
    ['a raw control character', '/model/x\u0001/converse'],
    ['a raw space', '/model/x y/converse'],
    ['raw bytes above ASCII', '/model/caf\u00e9/converse'],
    ['an unfinished percent', '/model/x%/converse'],
    ['a percent with no hex digits', '/model/x%zz/converse'],
    ['bytes that are no UTF-8', '/model/x%ff%fe/converse'],
    ['overlong UTF-8 for a slash', '/model/x%c0%afy/converse'],
    ['a doubly encoded slash', '/model/x%252Fy/converse'],
    ['a question mark in the identifier', '/model/x%3Fy/converse'],
    ['a number sign in the identifier', '/model/x%23y/converse'],
    ['a raw fragment', '/model/x/converse#y'],
    ['a backslash', '/model/x%5Cy/converse'],
    ['a raw backslash', '/model/..\\x/converse'],
    ['an identifier of 2049 characters', `/model/${'x'.repeat(2049)}/converse`],
    ['a path of a megabyte', `/model/${'%41'.repeat(350_000)}/converse`],
    ['a query string', '/model/x/converse?a=b'],
    ['an empty query string', '/model/x/converse?'],
    ['an encoded root', '/%6Dodel/x/converse'],
  ])('%s is malformed', (_, path) => {
    expect(matchModelPath(path)).toMatchObject({ kind: 'malformed' });
  });

  test('an identifier of exactly 2048 characters is accepted, fully encoded too', () => {
    expect(matchModelPath(`/model/${'x'.repeat(2048)}/converse`).kind).toBe('operation');
    expect(matchModelPath(`/model/${'%78'.repeat(2048)}/converse`).kind).toBe('operation');
  });
});

describe('inference that is known but not offered', () => {
  test.each([
    ['/model/x/invoke-with-bidirectional-stream', 'InvokeModelWithBidirectionalStream'],
    ['/async-invoke', 'AsyncInvoke'],
    ['/async-invoke/arn%3Aaws%3Ax', 'AsyncInvoke'],
    ['/openai/v1/chat/completions', 'the OpenAI-shaped API'],
    ['/openai/v1/responses', 'the OpenAI-shaped API'],
    ['/v1/chat/completions', 'the OpenAI-shaped API'],
    ['/anthropic/v1/messages', 'the Anthropic-shaped API'],
    ['/v1/messages', 'the Anthropic-shaped API'],
  ])('%s is named %s', (path, name) => {
    expect(matchModelPath(path)).toEqual({ kind: 'known_unsupported', name });
  });

  test.each([
    '/model/x/converse-later',
    '/model/x/y/converse',
    '/model/x',
    '/model/x/Converse',
    '/model/x/toString',
    '/model/x/conv%65rse',
    '/guardrail/g1/apply',
    '/guardrail/g1/version/1/apply/more',
    '/guardrail/g1/v%65rsion/1/apply',
    '/guardrail/g1/version/1/appl%79',
    '/guardrail-checks',
    '/guardrail-checks/invoke/more',
    '/guardrail-checks/invok%65',
    '/model/x/count-token',
  ])('%s is inference nobody knows', (path) => {
    expect(matchModelPath(path)).toEqual({ kind: 'unknown_inference' });
  });

  test.each(['/', '/health', '/api/v1/usage/entries?from=%zz', '/console/', '/foundation-models'])(
    '%s is left to others',
    (path) => {
      expect(matchModelPath(path)).toEqual({ kind: 'not_inference' });
    },
  );
});
