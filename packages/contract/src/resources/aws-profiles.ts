/** Application inference profiles of Bedrock, made in the operator's account. */
import { Type } from 'typebox';
import { nullable, pageOf, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';
import {
  ClientToken,
  DryRun,
  MadeId,
  Name,
  PROVISIONED_ERRORS,
  TagQuery,
  Tags,
  TagsGiven,
  TagsShown,
  UntagQuery,
} from './provisioned-fields.ts';

const ProfileInput = strict(
  {
    name: Name,
    copy_from: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'ARN of a foundation model, or of an inference profile that AWS defines.',
    }),
    description: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tags: Type.Optional(Tags),
    client_token: Type.Optional(ClientToken),
    dry_run: Type.Optional(DryRun),
  },
  'AwsInferenceProfileInput',
);

const Made = strict(
  {
    dry_run: Type.Boolean(),
    inference_profile_id: nullable(Type.String()),
    inference_profile_arn: nullable(Type.String()),
    status: nullable(Type.String()),
  },
  'AwsInferenceProfileMade',
);

export const AwsInferenceProfile = strict(
  {
    inference_profile_id: Type.String(),
    inference_profile_arn: Type.String(),
    name: Type.String(),
    type: Type.String({ description: 'APPLICATION or SYSTEM_DEFINED.' }),
    status: Type.String(),
    description: nullable(Type.String()),
    model_arns: Type.Array(Type.String()),
    created_at: nullable(Time),
    updated_at: nullable(Time),
    user_id: nullable(Type.String({ description: 'Who made it, as its tag `userId` says.' })),
    tags: Tags,
  },
  'AwsInferenceProfile',
);

const params = strict({ inference_profile_id: MadeId });
const noun = 'inference-profiles';

export const awsProfiles = {
  createAwsInferenceProfile: {
    method: 'POST',
    path: '/api/v1/aws/inference-profiles',
    summary: 'Make an application inference profile',
    access: 'any_credential',
    params: null,
    query: null,
    body: ProfileInput,
    result: Made,
    success: [201, 200],
    errors: [...PROVISIONED_ERRORS, 'ALREADY_EXISTS'],
    command: { noun, verb: 'create' },
  },
  listAwsInferenceProfiles: {
    method: 'GET',
    path: '/api/v1/aws/inference-profiles',
    summary: 'List inference profiles, those of applications with their tags',
    access: 'any_credential',
    params: null,
    query: strict({
      type: Type.Optional(Type.Enum(['APPLICATION', 'SYSTEM_DEFINED'])),
      ...TagQuery,
    }),
    body: null,
    result: pageOf('inference_profiles', AwsInferenceProfile),
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'list', main: true },
  },
  getAwsInferenceProfile: {
    method: 'GET',
    path: '/api/v1/aws/inference-profiles/{inference_profile_id}',
    summary: 'Read an application inference profile',
    access: 'any_credential',
    params,
    query: null,
    body: null,
    result: AwsInferenceProfile,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'get' },
  },
  deleteAwsInferenceProfile: {
    method: 'DELETE',
    path: '/api/v1/aws/inference-profiles/{inference_profile_id}',
    summary: 'Delete an application inference profile',
    access: 'any_credential',
    params,
    query: strict({ dry_run: Type.Optional(DryRun) }),
    body: null,
    result: null,
    success: [204],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'delete' },
  },
  tagAwsInferenceProfile: {
    method: 'POST',
    path: '/api/v1/aws/inference-profiles/{inference_profile_id}/tags',
    summary: 'Add tags to an application inference profile, or change their values',
    access: 'any_credential',
    params,
    query: null,
    body: TagsGiven,
    result: TagsShown,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'tag' },
  },
  untagAwsInferenceProfile: {
    method: 'DELETE',
    path: '/api/v1/aws/inference-profiles/{inference_profile_id}/tags',
    summary: 'Remove tags of an application inference profile',
    access: 'any_credential',
    params,
    query: UntagQuery,
    body: null,
    result: null,
    success: [204],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'untag' },
  },
} as const satisfies Record<string, Operation>;
