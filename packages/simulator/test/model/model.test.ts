/** Identifiers of every accepted kind find their model; nothing else does. */
import { describe, expect, it } from 'vitest';
import { findModel, vendorName } from '../../src/model/model.ts';

describe('an identifier', () => {
  it.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic', 4096],
    ['anthropic.claude-v2:1', 'anthropic', 4096],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic', 8192],
    ['anthropic.claude-3-haiku-20240307-v1:0:48k', 'anthropic', 4096],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 'anthropic', 32_000],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic', 64_000],
    ['anthropic.claude-opus-4-7', 'anthropic', 128_000],
    ['eu.amazon.nova-micro-v1:0', 'nova', 10_000],
    ['us.amazon.nova-2-lite-v1:0', 'nova', 65_535],
    ['amazon.titan-text-lite-v1', 'titan_text', 4096],
    ['amazon.titan-embed-text-v1', 'titan_embed', 0],
    ['amazon.titan-embed-text-v2:0', 'titan_embed', 0],
    ['arn:aws:bedrock:eu-west-2::foundation-model/amazon.nova-pro-v1:0', 'nova', 10_000],
    [
      'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/' +
        'us-gov.anthropic.claude-3-haiku-20240307-v1:0',
      'anthropic',
      4096,
    ],
  ])('%s is of family %s with at most %i output tokens', (id, family, outputTokensMax) => {
    expect(findModel(id)).toMatchObject({ requestedId: id, family, outputTokensMax });
  });

  it.each([
    'meta.llama3-1-70b-instruct-v1:0',
    'amazon.nova-canvas-v1:0',
    'amazon.nova-sonic-v1:0',
    'us.amazon.titan-text-lite-v1',
    'claude-3-haiku',
    'us.us.anthropic.claude-opus-4-7',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123def456',
    '',
  ])('%j is invalid', (id) => {
    expect(() => findModel(id)).toThrow('The provided model identifier is invalid.');
  });
});

it('the vendor calls its models without prefix and version', () => {
  const model = findModel('us.anthropic.claude-3-haiku-20240307-v1:0');
  expect(vendorName(model)).toBe('claude-3-haiku-20240307');
});
