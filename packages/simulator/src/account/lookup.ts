/**
 * The part of the control plane that tells what an ARN of the account stands for:
 * GetInferenceProfile, GetPromptRouter, GetProvisionedModelThroughput, GetImportedModel and
 * GetCustomModelDeployment. Reads only; a call leaves no row in the book.
 */
import { instant } from '../clock.ts';
import { findModel } from '../model/model.ts';
import { Failure } from '../wire/failure.ts';
import { arnOfModel, foundationArns, placeOf, splitPrefix } from './destinations.ts';
import type { Fixtures, OwnModelFixture } from './fixtures.ts';

/** What a path of the control plane asks for. */
export interface Lookup {
  readonly name: LookupName;
  /** An id, a name or an ARN, decoded once. */
  readonly identifier: string;
}

type LookupName =
  | 'GetInferenceProfile'
  | 'GetPromptRouter'
  | 'GetProvisionedModelThroughput'
  | 'GetImportedModel'
  | 'GetCustomModelDeployment';

const PATHS: ReadonlyArray<readonly [string, LookupName]> = [
  ['/inference-profiles/', 'GetInferenceProfile'],
  ['/prompt-routers/', 'GetPromptRouter'],
  ['/provisioned-model-throughput/', 'GetProvisionedModelThroughput'],
  ['/imported-models/', 'GetImportedModel'],
  ['/model-customization/custom-model-deployments/', 'GetCustomModelDeployment'],
];

const CREATED_MS = Date.UTC(2026, 0, 15);

/** Finds the lookup of a request; null when it is none. */
export function lookupOf(method: string, target: string): Lookup | null {
  const [path = ''] = target.split('?', 1);
  const found = PATHS.find(([prefix]) => path.startsWith(prefix));
  if (found === undefined || method !== 'GET') return null;
  const raw = path.slice(found[0].length);
  if (raw === '' || raw.includes('/')) return null;
  try {
    return { name: found[1], identifier: decodeURIComponent(raw) };
  } catch {
    throw new Failure('ValidationException', 'The provided identifier is invalid.');
  }
}

/** The answer to a lookup. Throws `ResourceNotFoundException` for what the account has not. */
export function lookUp({ name, identifier }: Lookup, fixtures: Fixtures): object {
  switch (name) {
    case 'GetInferenceProfile':
      return profileOf(identifier, fixtures);
    case 'GetPromptRouter':
      return routerOf(identifier, fixtures);
    case 'GetProvisionedModelThroughput':
      return provisionedOf(identifier, fixtures);
    case 'GetImportedModel':
      return importedOf(identifier, fixtures);
    case 'GetCustomModelDeployment':
      return deploymentOf(identifier, fixtures);
  }
}

function profileOf(identifier: string, fixtures: Fixtures): object {
  const own = fixtures.inference_profiles.find(({ arn }) => isNamed(identifier, arn));
  if (own !== undefined) return profile(own.arn, own.name, own.copied_from, 'APPLICATION');
  const id = identifier.replace(
    /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:inference-profile\//,
    '',
  );
  if (splitPrefix(id).prefix === null || !isModel(id)) throw notFound('inference profile');
  const arn =
    id === identifier
      ? `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${id}`
      : identifier;
  return profile(arn, id, id, 'SYSTEM_DEFINED');
}

function profile(arn: string, name: string, modelId: string, type: string): object {
  return {
    inferenceProfileName: name,
    createdAt: instant(CREATED_MS),
    updatedAt: instant(CREATED_MS),
    inferenceProfileArn: arn,
    models: foundationArns(modelId, arn).map((modelArn) => ({ modelArn })),
    inferenceProfileId: idOf(arn),
    status: 'ACTIVE',
    type,
  };
}

function routerOf(identifier: string, fixtures: Fixtures): object {
  const router = fixtures.prompt_routers.find(({ arn }) => isNamed(identifier, arn));
  if (router === undefined) throw notFound('prompt router');
  const { arn } = router;
  return {
    promptRouterName: router.name,
    routingCriteria: { responseQualityDifference: 0 },
    createdAt: instant(CREATED_MS),
    updatedAt: instant(CREATED_MS),
    promptRouterArn: arn,
    models: router.models.map((id) => ({ modelArn: arnOfModel(id, arn) })),
    fallbackModel: { modelArn: arnOfModel(router.fallback_model, arn) },
    status: 'AVAILABLE',
    type: arn.includes(':default-prompt-router/') ? 'default' : 'custom',
  };
}

function provisionedOf(identifier: string, fixtures: Fixtures): object {
  const model = ownModel(identifier, fixtures.provisioned_models, 'provisioned model');
  const modelArn = arnOfModel(model.base_model, model.arn);
  return {
    modelUnits: 1,
    desiredModelUnits: 1,
    provisionedModelName: model.name,
    provisionedModelArn: model.arn,
    modelArn,
    desiredModelArn: modelArn,
    foundationModelArn: modelArn,
    status: 'InService',
    creationTime: instant(CREATED_MS),
    lastModifiedTime: instant(CREATED_MS),
  };
}

function importedOf(identifier: string, fixtures: Fixtures): object {
  const model = ownModel(identifier, fixtures.imported_models, 'imported model');
  const { partition, region, account } = placeOf(model.arn);
  return {
    modelArn: model.arn,
    modelName: model.name,
    jobName: `import-of-${model.name}`,
    jobArn: `arn:${partition}:bedrock:${region}:${account}:model-import-job/${idOf(model.arn)}`,
    modelDataSource: { s3DataSource: { s3Uri: `s3://simulated/${model.name}/` } },
    creationTime: instant(CREATED_MS),
    modelArchitecture: findModel(model.base_model).family,
    instructSupported: true,
    customModelUnits: { customModelUnitsPerModelCopy: 1, customModelUnitsVersion: '1' },
  };
}

function deploymentOf(identifier: string, fixtures: Fixtures): object {
  const model = ownModel(identifier, fixtures.custom_model_deployments, 'custom model deployment');
  const { partition, region, account } = placeOf(model.arn);
  const customId = `${model.base_model}/${idOf(model.arn)}`;
  return {
    customModelDeploymentArn: model.arn,
    modelDeploymentName: model.name,
    modelArn: `arn:${partition}:bedrock:${region}:${account}:custom-model/${customId}`,
    createdAt: instant(CREATED_MS),
    lastUpdatedAt: instant(CREATED_MS),
    status: 'Active',
  };
}

function ownModel(
  identifier: string,
  models: readonly OwnModelFixture[],
  what: string,
): OwnModelFixture {
  const found = models.find(({ arn, name }) => isNamed(identifier, arn) || identifier === name);
  if (found === undefined) throw notFound(what);
  return found;
}

function isNamed(identifier: string, arn: string): boolean {
  return identifier === arn || identifier === idOf(arn);
}

function idOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

function isModel(id: string): boolean {
  try {
    findModel(id);
    return true;
  } catch {
    return false;
  }
}

function notFound(what: string): Failure {
  return new Failure('ResourceNotFoundException', `Could not find the ${what}.`);
}
