/**
 * From what a path names to the model that answers: foundation models and system profiles stand for
 * themselves, what the account owns is looked up in its fixtures.
 */
import { digestOf, seedOf } from '../generate/chance.ts';
import { findModel, type Model } from '../model/model.ts';
import { Failure, invalid } from '../wire/failure.ts';
import { arnOfModel } from './destinations.ts';
import type { Fixtures } from './fixtures.ts';

const OWNED = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:([a-z-]+)\//;
const FOUNDATION_KINDS: ReadonlySet<string> = new Set(['inference-profile', 'foundation-model']);

/**
 * Finds the model of an identifier. `body` decides what a router chooses, unless `pick` says which
 * of its models. Throws a `ValidationException` or `ResourceNotFoundException` as AWS does.
 */
export function resolveModel(
  identifier: string,
  body: Buffer,
  fixtures: Fixtures,
  pick: number | null,
): Model {
  const kind = OWNED.exec(identifier)?.[1];
  if (kind === undefined || FOUNDATION_KINDS.has(kind)) return findModel(identifier);
  switch (kind) {
    case 'application-inference-profile':
      return standIn(identifier, owned(fixtures.inference_profiles, identifier).copied_from);
    case 'prompt-router':
    case 'default-prompt-router': {
      const { models } = owned(fixtures.prompt_routers, identifier);
      const at = pick ?? seedOf(digestOf(identifier, body));
      const chosen = models[at % models.length] ?? '';
      return { ...standIn(identifier, chosen), routedTo: arnOfModel(chosen, identifier) };
    }
    case 'provisioned-model':
      return byTime(identifier, owned(fixtures.provisioned_models, identifier).base_model);
    case 'imported-model':
      return byTime(identifier, owned(fixtures.imported_models, identifier).base_model);
    case 'custom-model-deployment':
      return standIn(identifier, owned(fixtures.custom_model_deployments, identifier).base_model);
    default:
      throw invalid('The provided model identifier is invalid.');
  }
}

/** What has an ARN in a list. Throws what AWS says of resources that do not exist. */
function owned<T extends { readonly arn: string }>(list: readonly T[], arn: string): T {
  const found = list.find((fixture) => fixture.arn === arn);
  if (found !== undefined) return found;
  if (arn.includes(':imported-model/') || arn.includes(':provisioned-model/')) {
    throw new Failure('ResourceNotFoundException', 'Could not resolve the model from the ARN.');
  }
  throw invalid('The provided model identifier is invalid.');
}

/** What is provisioned or imported is paid for by time, not by call. */
function byTime(identifier: string, modelId: string): Model {
  return { ...standIn(identifier, modelId), billsCalls: false };
}

/** The model behind another name. */
function standIn(requestedId: string, modelId: string): Model {
  return { ...findModel(modelId), requestedId };
}
