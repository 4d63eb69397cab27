/**
 * Submitted usage: what applications tell of calls that they made themselves, one by one or in
 * batches, and the inference profiles that they call by. Costs are computed here, never taken from
 * the caller.
 */
import { Type } from 'typebox';
import { AppId, ModelId, nullable, OrgId, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

/** UUIDs, in either case. */
export const SUBMITTED_ID_PATTERN =
  '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$';
export const CALLING_REGION_PATTERN = '^[a-z]{2}-[a-z]+-\\d$';
/** Inference profiles, those of AWS and those of an account. */
export const PROFILE_ARN_PATTERN =
  '^arn:aws(-[a-z]{1,12}){0,3}:bedrock:[a-z]{2}(-[a-z]{1,12}){1,3}-[0-9]{1,2}:[0-9]{12}:' +
  '(application-)?inference-profile/[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$';

/** What these patterns ask for, for people. */
export const SUBMISSION_RULES: Readonly<Record<string, string>> = {
  [SUBMITTED_ID_PATTERN]: 'must be a UUID, such as 3f2c1b0a-1111-4222-8333-123456789abc',
  [CALLING_REGION_PATTERN]: 'must be an AWS region, such as us-east-1',
  [PROFILE_ARN_PATTERN]:
    'must be the ARN of an inference profile, such as ' +
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123',
};

/** Submissions of one batch at most. */
export const BATCH_REQUESTS_MAX = 100;
/** Tokens of one class that one call can have used at most. */
export const SUBMITTED_TOKENS_MAX = 1_000_000_000;
const LABEL_LENGTH_MAX = 64;
const PROFILE_LABEL_LENGTH_MAX = 50;

function tokens(description: string) {
  return Type.Integer({ minimum: 0, maximum: SUBMITTED_TOKENS_MAX, description });
}

const Submission = strict(
  {
    request_id: Type.String({
      pattern: SUBMITTED_ID_PATTERN,
      description:
        'UUID of the call, chosen by the caller; the same one again changes nothing. That of a ' +
        'call through the gateway, or of AWS, if there is one.',
    }),
    model_label: Type.String({
      minLength: 1,
      maxLength: LABEL_LENGTH_MAX,
      description: "Label of the application's ordering, or of a registered inference profile.",
    }),
    bedrock_model_id: ModelId,
    calling_region: Type.Optional(
      Type.String({
        pattern: CALLING_REGION_PATTERN,
        description: "Region that was called; the gateway's if absent. Profiles need it.",
      }),
    ),
    input_tokens: tokens('Input that went through no prompt cache.'),
    output_tokens: tokens('All output.'),
    cache_read_input_tokens: Type.Optional(tokens('Input that was read from the prompt cache.')),
    cache_write_input_tokens: Type.Optional(
      tokens('Input that was written to the prompt cache for five minutes.'),
    ),
    cache_write_1h_input_tokens: Type.Optional(
      tokens('Input that was written to the prompt cache for an hour; not counted above.'),
    ),
    status: Type.Enum(['OK', 'ERROR']),
    timestamp: Time,
    aws_request_id: Type.Optional(
      Type.String({
        pattern: '^[!-~]{1,128}$',
        description:
          'The `x-amzn-RequestId` of the answer: a call that the gateway metered is known by it.',
      }),
    ),
    cost_usd_micros: Type.Optional(
      Type.Unknown({ description: 'Ignored: the cost is computed here.' }),
    ),
  },
  'Submission',
);

const CostMicros = Type.Integer({
  minimum: 0,
  description: 'Micro-USD, rounded half up from the exact cost.',
});
const ShardId = Type.Integer({
  minimum: 0,
  description: 'Hash of the request id by the number of shards. For compatibility.',
});

const Accepted = strict(
  {
    request_id: Type.String(),
    status: Type.Enum(['accepted']),
    message: Type.String(),
    processing: strict({
      shard_id: ShardId,
      expected_aggregation_lag_secs: Type.Integer({
        minimum: 0,
        description: 'Always 0: totals have it when the answer is sent.',
      }),
      cost_usd_micros: CostMicros,
    }),
    timestamp: Time,
  },
  'SubmissionAccepted',
);

const BatchItem = strict(
  {
    request_id: nullable(
      Type.String({ description: 'As it was sent; null where it was not a string.' }),
    ),
    status: Type.Enum(['accepted', 'failed']),
    shard_id: Type.Optional(ShardId),
    error: Type.Optional(Type.String({ description: 'A code; only when it failed.' })),
    message: Type.String({ description: 'For people.' }),
  },
  'SubmissionBatchItem',
);

const BatchAccepted = strict(
  {
    accepted: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
    results: Type.Array(BatchItem, { description: 'In the order of the requests.' }),
    timestamp: Time,
  },
  'SubmissionBatchAccepted',
);

const Batch = strict(
  {
    requests: Type.Array(Type.Unknown(), {
      minItems: 1,
      maxItems: BATCH_REQUESTS_MAX,
      description: 'Submissions; each is judged by itself.',
    }),
  },
  'SubmissionBatch',
);

const ProfileInput = strict(
  {
    profile_label: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      minLength: 1,
      maxLength: PROFILE_LABEL_LENGTH_MAX,
      description: 'Label that submissions name the profile by; none of the ordering.',
    }),
    inference_profile_arn: Type.String({ pattern: PROFILE_ARN_PATTERN, maxLength: 2048 }),
    description: Type.Optional(Type.String({ maxLength: 500 })),
  },
  'InferenceProfileInput',
);

const Profile = strict(
  {
    profile_label: Type.String(),
    inference_profile_arn: Type.String(),
    status: Type.Enum(['registered']),
    description: nullable(Type.String()),
    created_at: Time,
  },
  'InferenceProfile',
);

const params = strict({ org_id: OrgId, app_id: AppId });

export const submissions = {
  submitUsage: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/usage',
    summary: 'Report the usage of a call that did not go through the gateway',
    access: 'client',
    scope: 'write:costs',
    rate: 'usage',
    params,
    query: null,
    body: Submission,
    result: Accepted,
    success: [202],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'ALREADY_EXISTS',
      'RATE_LIMIT_EXCEEDED',
    ],
    command: null,
  },
  submitUsageBatch: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/usage/batch',
    summary: 'Report the usage of up to 100 calls; each succeeds or fails by itself',
    access: 'client',
    scope: 'write:costs',
    rate: 'usage_batch',
    params,
    query: null,
    body: Batch,
    result: BatchAccepted,
    success: [207],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'RATE_LIMIT_EXCEEDED'],
    command: null,
  },
  registerInferenceProfile: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/inference-profiles',
    summary: 'Register an inference profile under a label that submissions may name',
    access: 'client',
    scope: 'write:costs',
    // It changes the configuration, of which every cache has to learn.
    rate: 'provisioning',
    params,
    query: null,
    body: ProfileInput,
    result: Profile,
    success: [201],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'RATE_LIMIT_EXCEEDED',
    ],
    command: null,
  },
} as const satisfies Record<string, Operation>;
