/** What AWS says of models, throughput and profiles, as the management API says it. */
import type { ApiResult } from '@tollkeeper/contract';
import { parseBedrockArn, type JsonObject, type Tags } from '@tollkeeper/core';
import { toApiTime } from './time.ts';

type Throughput = ApiResult<'getProvisionedThroughput'>;
type Profile = ApiResult<'getAwsInferenceProfile'>;
type Model = ApiResult<'getFoundationModel'>;

/** The end of an ARN. */
export function idOf(arn: unknown): string | null {
  return typeof arn === 'string' ? (parseBedrockArn(arn)?.id ?? null) : null;
}

export function toApiThroughput(item: JsonObject, tags: Tags): Throughput {
  const text = (name: string): string => textOf(item[name]) ?? '';
  const created = timeOf(item['creationTime']) ?? toApiTime(0);
  return {
    provisioned_id: idOf(item['provisionedModelArn']) ?? '',
    provisioned_model_arn: text('provisionedModelArn'),
    name: text('provisionedModelName'),
    status: text('status'),
    model_arn: text('modelArn'),
    foundation_model_arn: textOf(item['foundationModelArn']),
    model_units: wholeOf(item['modelUnits']),
    desired_model_units: wholeOf(item['desiredModelUnits']),
    commitment: toApiCommitment(item['commitmentDuration']),
    commitment_expires_at: timeOf(item['commitmentExpirationTime']),
    created_at: created,
    updated_at: timeOf(item['lastModifiedTime']) ?? created,
    failure_message: textOf(item['failureMessage']),
    user_id: tags['userId'] ?? null,
    tags,
  };
}

export function toApiProfile(item: JsonObject, tags: Tags): Profile {
  const text = (name: string): string => textOf(item[name]) ?? '';
  const models: readonly unknown[] = Array.isArray(item['models']) ? item['models'] : [];
  return {
    inference_profile_id:
      textOf(item['inferenceProfileId']) ?? idOf(text('inferenceProfileArn')) ?? '',
    inference_profile_arn: text('inferenceProfileArn'),
    name: text('inferenceProfileName'),
    type: text('type'),
    status: text('status'),
    description: textOf(item['description']),
    model_arns: models.flatMap((model) =>
      typeof model === 'object' && model !== null && 'modelArn' in model
        ? [String(model.modelArn)]
        : [],
    ),
    created_at: timeOf(item['createdAt']),
    updated_at: timeOf(item['updatedAt']),
    user_id: tags['userId'] ?? null,
    tags,
  };
}

export function toApiModel(item: JsonObject): Model {
  const types: readonly unknown[] = Array.isArray(item['inferenceTypesSupported'])
    ? item['inferenceTypesSupported']
    : [];
  const lifecycle = item['modelLifecycle'];
  return {
    model_id: textOf(item['modelId']) ?? '',
    model_arn: textOf(item['modelArn']) ?? '',
    name: textOf(item['modelName']),
    provider: textOf(item['providerName']),
    inference_types: types.filter((type) => typeof type === 'string'),
    status:
      typeof lifecycle === 'object' && lifecycle !== null && 'status' in lifecycle
        ? textOf(lifecycle.status)
        : null,
  };
}

/** As the API spells commitments; null: none. */
export function toApiCommitment(value: unknown): 'one_month' | 'six_months' | null {
  if (value === 'OneMonth') return 'one_month';
  return value === 'SixMonths' ? 'six_months' : null;
}

/** Tags of a list item that has them under `tags`. */
export function tagsOfItem(item: JsonObject): Tags {
  const { tags } = item;
  // The core has put them there, by name.
  return typeof tags === 'object' && tags !== null ? (tags as Tags) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function wholeOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
}

/** AWS writes moments in RFC 3339, with or without fractions. */
function timeOf(value: unknown): string | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : toApiTime(at);
}
