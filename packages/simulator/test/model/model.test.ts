/** Identifiers of every accepted kind find their model; nothing else does. */
import { describe, expect, it } from 'vitest';
import { findModel, vendorName } from '../../src/model/model.ts';

describe('an identifier', () => {
  it.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic', 4096],
    ['anthropic.claude-v2:1', 'anthropic_text', 4096],
    ['anthropic.claude-instant-v1', 'anthropic_text', 4096],
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
    ['amazon.titan-embed-image-v1', 'titan_embed_image', 0],
    ['amazon.titan-image-generator-v2:0', 'image_task', null],
    ['amazon.nova-canvas-v1:0', 'image_task', null],
    ['amazon.rerank-v1:0', 'rerank', null],
    ['cohere.rerank-v3-5:0', 'rerank', null],
    ['stability.sd3-5-large-v1:0', 'stability', null],
    ['us.stability.stable-image-inpaint-v1:0', 'stability', null],
    ['stability.stable-diffusion-xl-v1', 'stability', null],
    ['meta.llama2-13b-chat-v1', 'llama', 2048],
    ['us.meta.llama3-1-70b-instruct-v1:0:128k', 'llama', 4096],
    ['us.meta.llama4-scout-17b-instruct-v1:0', 'llama', 8192],
    ['mistral.mistral-7b-instruct-v0:2', 'mistral_text', 8191],
    ['mistral.mixtral-8x7b-instruct-v0:1', 'mistral_text', 8191],
    ['mistral.mistral-small-2402-v1:0', 'mistral_text', 8191],
    ['mistral.mistral-large-2407-v1:0', 'chat', 8191],
    ['eu.mistral.pixtral-large-2502-v1:0', 'chat', 8191],
    ['mistral.ministral-3-8b-instruct', 'chat', 4096],
    ['ai21.j2-ultra-v1', 'ai21_j2', 8191],
    ['ai21.jamba-1-5-mini-v1:0', 'chat', 4096],
    ['cohere.command-light-text-v14', 'cohere_command', 4096],
    ['cohere.command-r-v1:0', 'cohere_chat', 4000],
    ['cohere.command-r-plus-v1:0', 'cohere_chat', 4000],
    ['cohere.embed-v4:0', 'cohere_embed', null],
    ['us.deepseek.r1-v1:0', 'deepseek_text', 32_768],
    ['deepseek.v3-v1:0', 'chat', 81_920],
    ['deepseek.v3.2', 'chat', 81_920],
    ['qwen.qwen3-32b-v1:0', 'chat', 16_384],
    ['openai.gpt-oss-120b-1:0', 'chat', 16_384],
    ['openai.gpt-5.5', 'chat', 128_000],
    ['moonshotai.kimi-k2.5', 'chat', 128_000],
    ['writer.palmyra-x5-v1:0', 'chat', 8192],
    ['arn:aws:bedrock:eu-west-2::foundation-model/amazon.nova-pro-v1:0', 'nova', 10_000],
    [
      'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/' +
        'us-gov.anthropic.claude-3-haiku-20240307-v1:0',
      'anthropic',
      4096,
    ],
  ])('%s is of family %s with at most %i output tokens', (id, family, outputTokensMax) => {
    expect(findModel(id)).toMatchObject({ requestedId: id, family, outputTokensMax });
    expect(findModel(id)).toMatchObject({ routedTo: null, billsCalls: true });
  });

  it.each([
    'meta.unknown-v1:0',
    'mistral.',
    'twelvelabs.pegasus-1-2-v1:0',
    'amazon.nova-reel-v1:0',
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
