/**
 * Whether a model can read a request that was meant for another one of its chain. What is not known
 * of a model rules nothing out: then the upstream judges.
 */
import type { BodyFamily } from '@tollkeeper/core';
import { refused, type Call, type Refused } from './call.ts';
import type { NamedModel } from './name-model.ts';
import type { RequestReading } from './wire/reading.ts';
import { isObject } from './wire/usage-counts.ts';

/** The model whose own body a request has; or why that is not known. */
export type BodyOwner = NamedModel | Refused;

/** Why `model` cannot take a request with a body of `owner`'s, before it is read; null: it can. */
export function whyOtherBody(call: Call, owner: BodyOwner, model: NamedModel): Refused | null {
  const own = call.operation === 'invoke' || call.operation === 'invoke-with-response-stream';
  if (own) return readsSameBody(owner, model) ? null : otherBody(owner, model);
  if (call.operation === 'count-tokens' || model.facts.kind === 'text') return null;
  return refused('ValidationException', 'unfit', `${model.modelId} holds no conversations.`);
}

/** The same once the request was read: for what it brings. */
export function whyUnfit(
  { shape, parsed }: Extract<RequestReading, { kind: 'ok' }>,
  call: Call,
  owner: BodyOwner,
  model: NamedModel,
): Refused | null {
  if (call.operation === 'count-tokens' && carriesOwnBody(parsed) && !readsSameBody(owner, model)) {
    return otherBody(owner, model);
  }
  const { input_modalities: taken } = model.facts;
  const lacking = shape.modalities?.find((each) => taken?.includes(each) === false);
  if (lacking === undefined) return null;
  const message = `${model.modelId} does not take ${lacking} input.`;
  return refused('ValidationException', 'unfit', message);
}

function carriesOwnBody(parsed: unknown): boolean {
  const input = isObject(parsed) ? parsed['input'] : undefined;
  return isObject(input) && input['invokeModel'] !== undefined;
}

const UNKNOWN: BodyFamily = 'unknown';

/** Two models of which nothing is known read the same body only if they are one. */
function readsSameBody(owner: BodyOwner, model: NamedModel): boolean {
  if (owner.kind === 'refused' || owner.facts.family !== model.facts.family) return false;
  return owner.facts.family !== UNKNOWN || owner.facts.model_id === model.facts.model_id;
}

function otherBody(owner: BodyOwner, model: NamedModel): Refused {
  const why =
    owner.kind === 'refused'
      ? `whose body this is is not known: ${owner.message}`
      : `it does not read the body of ${owner.modelId}; Converse has one for all models.`;
  return refused('ValidationException', 'unfit', `${model.modelId} was not asked, since ${why}`);
}
