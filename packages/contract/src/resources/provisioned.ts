/** Provisioned throughput of Bedrock, made in the operator's account on behalf of who signed in. */
import { Type } from 'typebox';
import { ModelId, nullable, pageOf, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';
import {
  ClientToken,
  CommitmentName,
  CommitmentPrice,
  Confirmation,
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

const Purchase = strict(
  {
    model_id: ModelId,
    model_units: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    commitment: Type.Optional(CommitmentName),
    name: Type.Optional(Name),
    tags: Type.Optional(Tags),
    client_token: Type.Optional(ClientToken),
    confirmation: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'The token of the refusal that asked for it: a commitment takes one.',
      }),
    ),
    dry_run: Type.Optional(DryRun),
  },
  'ProvisionedThroughputPurchase',
);

const Plan = strict(
  {
    name: Type.String(),
    model_id: ModelId,
    model_units: Type.Integer({ minimum: 1 }),
    commitment: nullable(CommitmentName),
    tags: Tags,
    price: nullable(CommitmentPrice),
    confirmation: nullable(Confirmation),
  },
  'ProvisionedThroughputPlan',
);

const Bought = strict(
  {
    dry_run: Type.Boolean(),
    provisioned_id: nullable(Type.String()),
    provisioned_model_arn: nullable(Type.String()),
    plan: nullable(Plan),
  },
  'ProvisionedThroughputBought',
);

export const ProvisionedThroughput = strict(
  {
    provisioned_id: Type.String(),
    provisioned_model_arn: Type.String(),
    name: Type.String(),
    status: Type.String({ description: 'Creating, InService, Updating or Failed.' }),
    model_arn: Type.String(),
    foundation_model_arn: nullable(Type.String()),
    model_units: Type.Integer({ minimum: 0 }),
    desired_model_units: Type.Integer({ minimum: 0 }),
    commitment: nullable(CommitmentName),
    commitment_expires_at: nullable(Time),
    created_at: Time,
    updated_at: Time,
    failure_message: nullable(Type.String()),
    user_id: nullable(Type.String({ description: 'Who made it, as its tag `userId` says.' })),
    tags: Tags,
  },
  'ProvisionedThroughput',
);

const FoundationModel = strict(
  {
    model_id: Type.String(),
    model_arn: Type.String(),
    name: nullable(Type.String()),
    provider: nullable(Type.String()),
    inference_types: Type.Array(Type.String()),
    status: nullable(Type.String()),
  },
  'FoundationModel',
);

const params = strict({ provisioned_id: MadeId });
const noun = 'provisioned';

export const provisioned = {
  createProvisionedThroughput: {
    method: 'POST',
    path: '/api/v1/provisioned-throughput',
    summary: 'Buy provisioned throughput; a commitment must be confirmed',
    access: 'any_credential',
    params: null,
    query: null,
    body: Purchase,
    result: Bought,
    success: [201, 200],
    errors: [...PROVISIONED_ERRORS, 'ALREADY_EXISTS', 'CONFIRMATION_REQUIRED'],
    command: { noun, verb: 'create' },
  },
  listProvisionedThroughput: {
    method: 'GET',
    path: '/api/v1/provisioned-throughput',
    summary: 'List provisioned throughput with its tags, newest first',
    access: 'any_credential',
    params: null,
    query: strict({
      status: Type.Optional(Type.Enum(['Creating', 'InService', 'Updating', 'Failed'])),
      model_arn: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
      name_contains: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
      ...TagQuery,
    }),
    body: null,
    result: pageOf('provisioned_throughput', ProvisionedThroughput),
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'list', main: true },
  },
  getProvisionedThroughput: {
    method: 'GET',
    path: '/api/v1/provisioned-throughput/{provisioned_id}',
    summary: 'Read provisioned throughput',
    access: 'any_credential',
    params,
    query: null,
    body: null,
    result: ProvisionedThroughput,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'get' },
  },
  deleteProvisionedThroughput: {
    method: 'DELETE',
    path: '/api/v1/provisioned-throughput/{provisioned_id}',
    summary: 'Delete provisioned throughput; a commitment runs to its end',
    access: 'any_credential',
    params,
    query: strict({ dry_run: Type.Optional(DryRun) }),
    body: null,
    result: null,
    success: [204],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'delete' },
  },
  getProvisionedTags: {
    method: 'GET',
    path: '/api/v1/provisioned-throughput/{provisioned_id}/tags',
    summary: 'Read the tags of provisioned throughput',
    access: 'any_credential',
    params,
    query: null,
    body: null,
    result: TagsShown,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'tags' },
  },
  tagProvisioned: {
    method: 'POST',
    path: '/api/v1/provisioned-throughput/{provisioned_id}/tags',
    summary: 'Add tags to provisioned throughput, or change their values',
    access: 'any_credential',
    params,
    query: null,
    body: TagsGiven,
    result: TagsShown,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'tag' },
  },
  untagProvisioned: {
    method: 'DELETE',
    path: '/api/v1/provisioned-throughput/{provisioned_id}/tags',
    summary: 'Remove tags of provisioned throughput',
    access: 'any_credential',
    params,
    query: UntagQuery,
    body: null,
    result: null,
    success: [204],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'untag' },
  },
  listFoundationModels: {
    method: 'GET',
    path: '/api/v1/aws/foundation-models',
    summary: 'List the models that AWS offers in the region',
    access: 'any_credential',
    params: null,
    query: strict({
      provider: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
      inference_type: Type.Optional(Type.Enum(['ON_DEMAND', 'PROVISIONED'])),
      output_modality: Type.Optional(Type.Enum(['TEXT', 'IMAGE', 'EMBEDDING'])),
    }),
    body: null,
    result: strict({ models: Type.Array(FoundationModel) }, 'FoundationModels'),
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'models' },
  },
  getFoundationModel: {
    method: 'GET',
    path: '/api/v1/aws/foundation-models/{model_id}',
    summary: 'Read what AWS says of a model',
    access: 'any_credential',
    params: strict({ model_id: ModelId }),
    query: null,
    body: null,
    result: FoundationModel,
    success: [200],
    errors: PROVISIONED_ERRORS,
    command: { noun, verb: 'model' },
  },
} as const satisfies Record<string, Operation>;
