/**
 * What the account owns and does not change while it runs, as the control plane tells of it:
 * GetPromptRouter, GetImportedModel and GetCustomModelDeployment.
 */
import { instant } from '../clock.ts';
import { findModel } from '../model/model.ts';
import { Failure } from '../wire/failure.ts';
import { FIXTURES_MS, idOf } from './account.ts';
import { arnOfModel, placeOf } from './destinations.ts';
import type { Fixtures, OwnModelFixture } from './fixtures.ts';

/** Answers GetPromptRouter. Throws `ResourceNotFoundException`, as all here do. */
export function getPromptRouter(identifier: string, fixtures: Fixtures): object {
  const router = fixtures.prompt_routers.find(
    ({ arn }) => identifier === arn || identifier === idOf(arn),
  );
  if (router === undefined) throw notFound('prompt router');
  const { arn } = router;
  return {
    promptRouterName: router.name,
    routingCriteria: { responseQualityDifference: 0 },
    createdAt: instant(FIXTURES_MS),
    updatedAt: instant(FIXTURES_MS),
    promptRouterArn: arn,
    models: router.models.map((id) => ({ modelArn: arnOfModel(id, arn) })),
    fallbackModel: { modelArn: arnOfModel(router.fallback_model, arn) },
    status: 'AVAILABLE',
    type: arn.includes(':default-prompt-router/') ? 'default' : 'custom',
  };
}

/** Answers GetImportedModel. */
export function getImportedModel(identifier: string, fixtures: Fixtures): object {
  const model = ownModel(identifier, fixtures.imported_models, 'imported model');
  const { partition, region, account } = placeOf(model.arn);
  return {
    modelArn: model.arn,
    modelName: model.name,
    jobName: `import-of-${model.name}`,
    jobArn: `arn:${partition}:bedrock:${region}:${account}:model-import-job/${idOf(model.arn)}`,
    modelDataSource: { s3DataSource: { s3Uri: `s3://simulated/${model.name}/` } },
    creationTime: instant(FIXTURES_MS),
    modelArchitecture: findModel(model.base_model).family,
    instructSupported: true,
    customModelUnits: { customModelUnitsPerModelCopy: 1, customModelUnitsVersion: '1' },
  };
}

/** Answers GetCustomModelDeployment. */
export function getCustomModelDeployment(identifier: string, fixtures: Fixtures): object {
  const model = ownModel(identifier, fixtures.custom_model_deployments, 'custom model deployment');
  return {
    customModelDeploymentArn: model.arn,
    modelDeploymentName: model.name,
    modelArn: customModelArn(model),
    createdAt: instant(FIXTURES_MS),
    lastUpdatedAt: instant(FIXTURES_MS),
    status: 'Active',
  };
}

/** The custom model behind a deployment. */
export function customModelArn({ arn, base_model }: OwnModelFixture): string {
  const { partition, region, account } = placeOf(arn);
  return `arn:${partition}:bedrock:${region}:${account}:custom-model/${base_model}/${idOf(arn)}`;
}

function ownModel(
  identifier: string,
  models: readonly OwnModelFixture[],
  what: string,
): OwnModelFixture {
  const found = models.find(({ arn, name }) => [arn, idOf(arn), name].includes(identifier));
  if (found === undefined) throw notFound(what);
  return found;
}

/** What AWS says of a resource that the account does not own. */
export function notFound(what: string): Failure {
  return new Failure('ResourceNotFoundException', `Could not find the ${what}.`);
}
