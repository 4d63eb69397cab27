/**
 * Which model an identifier stands for, and how calls of it are billed. What AWS itself publishes
 * is told from the identifier; what belongs to an account is asked of the control plane, once it is
 * known that the organization holds a grant, and never guessed.
 */
import {
  parseModelId,
  type AccountResource,
  type Grant,
  type ModelFacts,
  type ModelReference,
  type PriceScope,
} from '@tollkeeper/core';
import { refused, type Refused } from './call.ts';
import type { Gateway } from './gateway.ts';
import { arnGranted, modelGranted } from './grants.ts';
import type { OwnedAnswer, OwnedModel } from './owned-models.ts';

/**
 * How calls of a model are charged. `model`: by the prices of the model. `router`: by those of the
 * model that the router says it chose. `marginal`: the capacity is paid by the hour, so one more
 * call costs nothing, unless the operator gave the ARN a price.
 */
export type Billing = 'model' | 'router' | 'marginal';

/** What an identifier was found to name. */
export interface NamedModel {
  readonly kind: 'named';
  /** As entries and budgets name it: as it was called, without an ARN around a model of AWS. */
  readonly modelId: string;
  /** `model_id` in it is what prices are looked up by. */
  readonly facts: ModelFacts;
  readonly scope: PriceScope;
  readonly billing: Billing;
  /** The models of AWS that an account-owned ARN stands for, if they are known; else none. */
  readonly standsFor: readonly NamedModel[];
}

type Named = NamedModel | Refused;

const NOBODY: readonly NamedModel[] = Object.freeze([]);

/** See the head of the file. A promise only for ARNs that have to be asked for. */
export function nameModel(
  gateway: Gateway,
  text: string,
  grants: readonly Grant[],
): Named | Promise<Named> {
  const reference: ModelReference = parseModelId(text);
  const { region } = gateway.settings;
  switch (reference.kind) {
    case 'malformed':
      return refused('ValidationException', 'model_id_malformed', reference.reason);
    case 'name':
      return refused(
        'ResourceNotFoundException',
        'model_unknown',
        `There is no model or label ${reference.name}.`,
      );
    case 'account_owned':
      // Whether it exists is not told: to this organization it does not, unless it was granted.
      if (!arnGranted(grants, text, region)) {
        return refused(
          'AccessDeniedException',
          'arn_not_granted',
          `The organization was not granted ${text}.`,
        );
      }
      return reference.arn.region === region
        ? nameOwned(gateway, text, reference.resource)
        : elsewhere(reference.arn.region, region);
    case 'foundation': {
      const { arn, model_id: id, prefix, scope } = reference;
      if (arn !== null && arn.region !== region) return elsewhere(arn.region, region);
      return published(gateway, prefix === null ? id : `${prefix}.${id}`, id, scope);
    }
  }
}

/** Whether a key's list of models lets it call this one, under any of its names. */
export function onKey(models: readonly string[], model: NamedModel): boolean {
  return (
    models.includes(model.modelId) ||
    models.includes(model.facts.model_id) ||
    everyOne(model, (each) => onKey(models, each))
  );
}

/** Whether an organization's model grants, if it has any, cover this one under any of its names. */
export function granted(grants: readonly Grant[], model: NamedModel, region: string): boolean {
  return (
    modelGranted(grants, model.modelId, region) ||
    modelGranted(grants, model.facts.model_id, region) ||
    everyOne(model, (each) => granted(grants, each, region))
  );
}

function everyOne({ standsFor }: NamedModel, holds: (model: NamedModel) => boolean): boolean {
  return standsFor.length > 0 && standsFor.every(holds);
}

/** A model of AWS, or its cross-region profile, by the name that entries get. */
function published(gateway: Gateway, name: string, id: string, scope: PriceScope): NamedModel {
  const facts = gateway.models.get(id) ?? unknownFacts(id);
  return { kind: 'named', modelId: name, facts, scope, billing: 'model', standsFor: NOBODY };
}

function nameOwned(
  gateway: Gateway,
  arn: string,
  resource: AccountResource,
): Named | Promise<Named> {
  switch (resource) {
    case 'application-inference-profile':
    case 'provisioned-model':
    case 'prompt-router':
    case 'default-prompt-router': {
      const answer = gateway.owned.find(resource, arn);
      const named = (known: OwnedAnswer): Named => namedBy(gateway, arn, resource, known);
      return answer instanceof Promise ? answer.then(named) : named(answer);
    }
    case 'imported-model':
    case 'endpoint':
      return owned(arn, unknownFacts(arn), 'marginal');
    case 'custom-model':
    case 'custom-model-deployment':
    case 'prompt':
      // Each has a price of its own or stands for a model that only its maker knows.
      return owned(arn, unknownFacts(arn), 'model');
  }
}

function namedBy(
  gateway: Gateway,
  arn: string,
  resource: AccountResource,
  answer: OwnedAnswer,
): Named {
  switch (answer.kind) {
    case 'not_found':
      return refused(
        'ResourceNotFoundException',
        'arn_unknown',
        `Amazon Bedrock knows no ${arn}. Check the ARN, or ask whoever made it.`,
      );
    case 'unavailable':
      gateway.telemetry.log('warn', 'An ARN could not be looked up.', {
        arn,
        cause: answer.reason,
      });
      return refused('ServiceUnavailableException', 'control_plane', notLookedUp(arn, answer), 1);
    case 'models': {
      const models = answer.models.map((each) => publishedAs(gateway, each));
      const [first] = models;
      if (first === undefined) throw new Error('An ARN was found to stand for no model.');
      if (resource === 'application-inference-profile') {
        return { ...first, modelId: arn, standsFor: models };
      }
      const facts = { ...(resource === 'provisioned-model' ? first : alike(models)).facts };
      const billing = resource === 'provisioned-model' ? 'marginal' : 'router';
      return { ...owned(arn, { ...facts, model_id: arn }, billing), standsFor: models };
    }
  }
}

function notLookedUp(arn: string, { reason }: { readonly reason: string }): string {
  const why =
    reason === 'access_denied'
      ? 'the gateway may not look it up: its AWS role needs bedrock:GetInferenceProfile, ' +
        'bedrock:GetPromptRouter and bedrock:GetProvisionedModelThroughput'
      : 'the control plane of Amazon Bedrock gave no answer that tells';
  return `Which model ${arn} stands for is not known: ${why}. Nothing was sent. Try again later.`;
}

/** The answer states ids without prefix, and the scope; which prefix it was does not matter. */
function publishedAs(gateway: Gateway, { modelId, scope }: OwnedModel): NamedModel {
  return published(gateway, modelId, modelId, scope);
}

/** A model of which as much is known as all of them have in common: the body that they read. */
function alike(models: readonly NamedModel[]): { readonly facts: ModelFacts } {
  const [first] = models;
  const facts = unknownFacts('');
  if (first === undefined) return { facts };
  const { family, provider } = first.facts;
  const same = models.every(({ facts: each }) => each.family === family);
  return same ? { facts: { ...facts, family, provider } } : { facts };
}

function owned(arn: string, facts: ModelFacts, billing: Billing): NamedModel {
  return { kind: 'named', modelId: arn, facts, scope: 'in_region', billing, standsFor: NOBODY };
}

function elsewhere(there: string, here: string): Refused {
  return refused(
    'ValidationException',
    'region_mismatch',
    `The ARN is of region ${there}; this gateway calls ${here}.`,
  );
}

/** A model of which the catalogue knows nothing: no price, no maxima, an opaque body. */
export function unknownFacts(modelId: string): ModelFacts {
  return {
    model_id: modelId,
    provider: 'unknown',
    family: 'unknown',
    kind: 'text',
    context_window: null,
    max_output_tokens: null,
    default_max_tokens: null,
    explicit_cache: false,
    sources: [],
  };
}
