/**
 * The actions of the action endpoint by name, and what a request to it is. This is the whole way of
 * a request, wherever it is served: who asks and what is reached of the world come in.
 */
import { ask, type JsonObject } from './aws-answer.ts';
import { controlCall } from './control-call.ts';
import { modelProblem } from './names.ts';
import type { Actor } from './ownership.ts';
import { invalid, type Decided, type Refusal } from './refusal.ts';
import { listTags, tagResource, untagResource } from './resource-tags.ts';
import { isRecord, Stated } from './stated.ts';
import {
  createThroughput,
  deleteThroughput,
  getThroughput,
  listThroughputs,
} from './throughput.ts';
import type { ProvisioningWorld } from './world.ts';

type Perform = (
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
) => Promise<Decided<JsonObject>>;

const FILTERS = [
  'byProvider',
  'byCustomizationType',
  'byOutputModality',
  'byInferenceType',
] as const;

/** Models are everybody's. */
export function listModels(
  world: ProvisioningWorld,
  _actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const query = Object.fromEntries(FILTERS.map((name) => [name, stated.text(name)]));
  if (stated.problem !== undefined) return Promise.resolve(stated.problem);
  return ask(world, controlCall('ListFoundationModels', { query }));
}

export function getModel(
  world: ProvisioningWorld,
  _actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const id = stated.needed('modelIdentifier', 'modelId');
  const problem = stated.problem ?? modelProblem('modelIdentifier', id);
  if (problem !== undefined) return Promise.resolve(problem);
  return ask(world, controlCall('GetFoundationModel', { id }));
}

/** Every action of the endpoint. */
export const ACTIONS = {
  ListFoundationModels: listModels,
  GetFoundationModel: getModel,
  ListProvisionedModelThroughputs: listThroughputs,
  CreateProvisionedModelThroughput: createThroughput,
  GetProvisionedModelThroughput: getThroughput,
  DeleteProvisionedModelThroughput: deleteThroughput,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTags,
} as const satisfies Record<string, Perform>;

export type ActionName = keyof typeof ACTIONS;

export const ACTION_NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** What a body asks for: `{ "action": "<name>", "data": { ... } }`. */
export type Asked =
  { readonly kind: 'asked'; readonly action: ActionName; readonly data: unknown } | Refusal;

export function parseAction(body: unknown): Asked {
  const action = isRecord(body) ? body['action'] : undefined;
  const known = ACTION_NAMES.find((name) => name === action);
  if (!isRecord(body) || known === undefined) {
    return invalid(
      `The body must be {"action": "...", "data": {...}} with one of the actions ` +
        `${ACTION_NAMES.join(', ')}.`,
    );
  }
  return { kind: 'asked', action: known, data: body['data'] };
}

/** Does it. Rejects only when the registry does. */
export function performAction(
  world: ProvisioningWorld,
  actor: Actor,
  { action, data }: { readonly action: ActionName; readonly data: unknown },
): Promise<Decided<JsonObject>> {
  return ACTIONS[action](world, actor, data);
}

/** A refusal as the endpoint answers it; what helps a program to go on stands beside it. */
export function refusalBody({ message, code, details }: Refusal): JsonObject {
  return { ...details, error: message, code };
}
