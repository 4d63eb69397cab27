/** What a submission, a batch and an inference profile may say. */
import { describe, expect, test } from 'vitest';
import { BATCH_REQUESTS_MAX, parserOf, type OperationName } from '../../src/index.ts';

const params = { org_id: '3f2c1b0a-1111-4222-8333-123456789abc', app_id: 'web' };
const usage = {
  request_id: '7C9E6679-7425-40de-944b-e07fc1f90ae7',
  model_label: 'premium',
  bedrock_model_id: 'amazon.nova-pro-v1:0',
  input_tokens: 0,
  output_tokens: 0,
  status: 'OK',
  timestamp: '2026-11-22T14:33:00.123456+01:00',
};
const profile = {
  profile_label: 'tenant-a',
  inference_profile_arn: 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/tenant-a',
};

/** The members that are wrong. */
function wrong(name: OperationName, body: unknown): string[] {
  const parsed = parserOf(name)({ params, query: {}, body });
  return parsed.kind === 'problems' ? parsed.problems.map(({ member }) => member) : [];
}

describe('a submission', () => {
  test.each([
    ['as short as it can be', {}],
    [
      'with everything',
      {
        ...{ calling_region: 'ap-southeast-2', aws_request_id: 'abc' },
        ...{ cache_read_input_tokens: 1, cache_write_input_tokens: 2 },
        ...{ cache_write_1h_input_tokens: 3 },
      },
    ],
    ['with a cost, which is ignored whatever it is', { cost_usd_micros: 'much' }],
    ['with null for what it does not state', { calling_region: null, aws_request_id: null }],
  ])('%s is good', (_, change) => {
    expect(wrong('submitUsage', { ...usage, ...change })).toEqual([]);
  });

  test.each([
    ['request_id', 'abc'],
    ['request_id', 7],
    ['model_label', ''],
    ['bedrock_model_id', 'two words'],
    ['calling_region', 'us-gov-west-1'],
    ['calling_region', 'US-EAST-1'],
    ['input_tokens', -1],
    ['input_tokens', '5'],
    ['output_tokens', 0.5],
    ['input_tokens', null],
    ['cache_read_input_tokens', '0'],
    ['cache_write_1h_input_tokens', 1e12],
    ['status', 'ok'],
    ['timestamp', 'now'],
    ['timestamp', '2026-11-22T14:33:00'],
    ['timestamp', 1_795_358_000],
    ['anything', 1],
  ])('whose %s is %j is not', (member, value) => {
    expect(wrong('submitUsage', { ...usage, [member]: value })).toEqual([`body.${member}`]);
  });
});

test.each([
  [1, []],
  [BATCH_REQUESTS_MAX, []],
  [0, ['body.requests']],
  [BATCH_REQUESTS_MAX + 1, ['body.requests']],
])('a batch of %i', (length, expected) => {
  // Items are judged one by one, so here anything will do.
  expect(wrong('submitUsageBatch', { requests: Array.from({ length }, () => 'x') })).toEqual(
    expected,
  );
});

describe('an inference profile', () => {
  const arn = (text: string) => ({ ...profile, inference_profile_arn: text });
  test.each([
    [profile],
    [arn('arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123')],
    [arn('arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us.a.b-v1:0')],
    [{ ...profile, profile_label: 'x'.repeat(50), description: 'What it is for.' }],
  ])('%j is good', (body) => {
    expect(wrong('registerInferenceProfile', body)).toEqual([]);
  });

  test.each([
    [{ ...profile, profile_label: 'x'.repeat(51) }, 'profile_label'],
    [{ ...profile, profile_label: 'with space' }, 'profile_label'],
    [arn('not-a-valid-arn'), 'inference_profile_arn'],
    [arn('arn:aws:bedrock:us-east-1::foundation-model/a.b'), 'inference_profile_arn'],
    [arn('arn:aws:bedrock:us-east-1:12:inference-profile/x'), 'inference_profile_arn'],
    [arn('arn:aws:bedrock:us-east-1:123456789012:inference-profile/'), 'inference_profile_arn'],
    [arn('arn:aws:bedrock:a.evil/:123456789012:inference-profile/x'), 'inference_profile_arn'],
  ])('%j is not', (body, member) => {
    expect(wrong('registerInferenceProfile', body)).toEqual([`body.${member}`]);
  });
});
