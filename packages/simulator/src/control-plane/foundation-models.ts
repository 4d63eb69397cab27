/**
 * ListFoundationModels and GetFoundationModel, and what other operations ask of a model: whether
 * the region has it and whether it can be provisioned.
 */
import { Failure, invalid } from '../wire/failure.ts';
import { Check } from './check.ts';
import { FOUNDATION_MODELS, type FoundationModel } from './foundation-catalogue.ts';

const ID = /^[a-z0-9-]+\.[a-z0-9][a-z0-9.-]*(:\d+)?(:(\d+k|mm))?$/;
const ARN = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+::foundation-model\/(.+)$/;

/**
 * The model of an id or ARN in a region; `:28k` and the like, a size of context, is part of what is
 * provisioned and not of the model. Throws `ValidationException` for what is no id, and
 * `ResourceNotFoundException` for what the region has not.
 */
export function foundationModel(identifier: string, region: string): FoundationModel {
  const id = ARN.exec(identifier)?.[1] ?? identifier;
  if (!ID.test(id)) throw invalid('The provided model identifier is invalid.');
  const bare = id.replace(/:(\d+k|mm)$/, '');
  const found = FOUNDATION_MODELS.find((model) => model.id === bare && isIn(model, region));
  if (found !== undefined) return found;
  throw new Failure(
    'ResourceNotFoundException',
    'Could not resolve the foundation model from the provided model identifier.',
  );
}

/** The models of a region. */
export function modelsIn(region: string): readonly FoundationModel[] {
  return FOUNDATION_MODELS.filter((model) => isIn(model, region));
}

function isIn(model: FoundationModel, region: string): boolean {
  return model.regions === null || model.regions.test(region);
}

/** Answers ListFoundationModels. */
export function listFoundationModels(query: URLSearchParams, region: string): object {
  const check = new Check();
  const customization = check.word('byCustomizationType', query.get('byCustomizationType'), [
    'FINE_TUNING',
    'CONTINUED_PRE_TRAINING',
    'DISTILLATION',
  ]);
  const output = check.word('byOutputModality', query.get('byOutputModality'), [
    'TEXT',
    'IMAGE',
    'EMBEDDING',
  ]);
  const inference = check.word('byInferenceType', query.get('byInferenceType'), [
    'ON_DEMAND',
    'PROVISIONED',
  ]);
  const name = query.get('byProvider');
  const provider = check.text('byProvider', name, { min: 1, max: 63 }, false)?.toLowerCase();
  check.done();
  const models = modelsIn(region).filter(
    (model) =>
      (provider === undefined || model.provider.toLowerCase() === provider) &&
      (customization === null || model.customizations.includes(customization)) &&
      (output === null || model.output.includes(output)) &&
      (inference === null || model.inference.includes(inference)),
  );
  return { modelSummaries: models.map((model) => details(model, region)) };
}

/** Answers GetFoundationModel. */
export function getFoundationModel(identifier: string, region: string): object {
  return { modelDetails: details(foundationModel(identifier, region), region) };
}

function details(model: FoundationModel, region: string): object {
  return {
    modelArn: foundationArn(model.id, region),
    modelId: model.id,
    modelName: model.name,
    providerName: model.provider,
    inputModalities: model.input,
    outputModalities: model.output,
    responseStreamingSupported: model.streams,
    customizationsSupported: model.customizations,
    inferenceTypesSupported: model.inference,
    modelLifecycle: { status: model.legacy ? 'LEGACY' : 'ACTIVE' },
  };
}

/** The ARN of a foundation model in a region. */
export function foundationArn(id: string, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${id}`;
}
