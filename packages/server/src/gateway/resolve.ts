/**
 * What does the call ask for, may the caller have it, and what can it cost at most? Reads the body
 * once; changes nothing. It answers at once but for ARNs that have to be looked up.
 */
import type { Grant, KeyPolicy, RequestShape } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { Target } from './attempt.ts';
import type { Authorized } from './authenticate.ts';
import { boundCall, hasGuardrailUnits } from './bound-call.ts';
import { refused, type Call, type Refused } from './call.ts';
import { estimateTokens } from './estimate.ts';
import { whyOtherBody, whyUnfit } from './fit.ts';
import type { Gateway } from './gateway.ts';
import { firstUngranted } from './grants.ts';
import type { Step } from './label-walk.ts';
import { granted, nameModel, onKey, unknownFacts, type NamedModel } from './name-model.ts';
import { readCountTokensRequest } from './wire/count-tokens.ts';
import { readGuardrailChecksRequest, readGuardrailRequest } from './wire/guardrail-request.ts';
import { modelPath } from './wire/path.ts';
import { OPERATIONS, type RequestReading } from './wire/reading.ts';
import { readRequest } from './wire/request.ts';

const USER_ID = /^[\x21-\x7e]{1,256}$/;

/** See the head of the file. */
export function resolve(
  gateway: Gateway,
  call: Call,
  who: Authorized,
  body: Buffer,
  step?: Step,
): Target | Refused | Promise<Target | Refused> {
  const model = modelOf(gateway, call, step?.modelId ?? call.modelId, who.caller.grants);
  return model instanceof Promise
    ? model.then((named) => resolveFor(gateway, call, who, body, named, step))
    : resolveFor(gateway, call, who, body, model, step);
}

function modelOf(
  gateway: Gateway,
  call: Call,
  modelId: string,
  grants: readonly Grant[],
): ReturnType<typeof nameModel> {
  if (OPERATIONS[call.operation].bills !== 'guardrail') return nameModel(gateway, modelId, grants);
  return {
    kind: 'named',
    modelId,
    facts: unknownFacts(modelId),
    scope: 'in_region',
    billing: 'model',
    standsFor: [],
  };
}

function resolveFor(
  gateway: Gateway,
  call: Call,
  { caller, revision }: Authorized,
  body: Buffer,
  model: NamedModel | Refused,
  step: Step | undefined,
): Target | Refused {
  if (model.kind === 'refused') return namingLabels(caller, model);
  const { principal } = caller;
  const notAllowed = whyNotAllowed(gateway, caller, model);
  if (notAllowed !== null) return notAllowed;
  const user = userOf(call, principal.policy, principal.user_id);
  if (user.kind === 'refused') return user;
  const reading =
    step === undefined ? readBody(call, model, body) : readOn(step, call, model, body);
  if (reading.kind === 'refused') return reading;
  if (reading.kind === 'invalid') {
    return refused('ValidationException', 'body_invalid', reading.message);
  }
  const { shape } = reading;
  const ungranted = ungrantedOf(gateway, call, caller, shape);
  if (ungranted !== null) return ungranted;
  const operation = OPERATIONS[call.operation];
  const book = gateway.prices.current();
  const pricedAt = gateway.clock.now();
  const { region, unboundedCapTokens } = gateway.settings;
  const bounded = boundCall(
    { book, region, at: pricedAt, org_id: principal.org_id },
    operation.bills,
    model,
    shape,
    principal.policy,
    unboundedCapTokens,
  );
  if (bounded.kind === 'refused') return bounded;
  const { units } = shape;
  return {
    kind: 'resolved',
    call,
    caller,
    revision,
    body,
    operationName: operation.name,
    streamed: operation.streamed,
    bills: operation.bills === 'model' ? model.billing : operation.bills,
    model: model.facts,
    modelId: model.modelId,
    label: step === undefined ? labelOf(gateway, caller, model) : step.label,
    fallback: step === undefined ? null : step.fallback,
    // The first attempt of a request carries its id, so that one id finds both.
    attemptId: step === undefined ? call.requestId : step.attemptId,
    forwardPath: step === undefined ? call.forwardPath : modelPath(call.operation, step.modelId),
    scope: model.scope,
    tier: shape.tier,
    userId: user.userId,
    tags: shape.tags,
    inputTokensEstimate: estimateTokens(shape.text_bytes),
    asked: reading.asked,
    writesCache1h: shape.writes_cache_1h === true,
    guarded: units !== undefined && hasGuardrailUnits(units),
    book,
    pricedAt,
    priced: bounded.priced,
    amounts: bounded.amounts,
    bound: bounded.bound,
  };
}

/** What is neither model nor label is told with the labels that there are. */
function namingLabels({ keeping }: Caller, refusal: Refused): Refused {
  if (keeping === null || refusal.reason !== 'model_unknown') return refusal;
  const labels = keeping.ordering.join(', ');
  const message = `${refusal.message} The labels of this application are ${labels}, and auto.`;
  return { ...refusal, message };
}

function labelOf(gateway: Gateway, { keeping }: Caller, { modelId }: NamedModel): string | null {
  return keeping === null ? null : gateway.labels.labelOf(keeping, modelId);
}

/** May this key and this organization call the model at all? Null when they may. */
function whyNotAllowed(
  gateway: Gateway,
  { principal, grants }: Authorized['caller'],
  model: NamedModel,
): Refused | null {
  if (principal.models !== null && !onKey(principal.models, model)) {
    return denied('model_not_on_key', `This API key may not call ${model.modelId}.`);
  }
  if (granted(grants, model, gateway.settings.region)) return null;
  return denied(
    'model_not_granted',
    `The organization was granted certain models only, and ${model.modelId} is not among them.`,
  );
}

/** May the organization use all that the request refers to? Null when it may. */
function ungrantedOf(
  gateway: Gateway,
  call: Call,
  { grants }: Caller,
  { references: named }: RequestShape,
): Refused | null {
  const references = call.guardrailId === null ? named : [call.guardrailId, ...named];
  const ungranted = firstUngranted(grants, references, gateway.settings.region);
  return ungranted === undefined
    ? null
    : denied('reference_not_granted', `The organization was not granted ${ungranted}.`);
}

/** Reads a request that a label's target was not chosen for by the caller: it may not fit. */
function readOn(
  { bodyOf }: Step,
  call: Call,
  model: NamedModel,
  body: Buffer,
): RequestReading | Refused {
  const otherBody = whyOtherBody(call, bodyOf, model);
  if (otherBody !== null) return otherBody;
  const reading = readBody(call, model, body);
  if (reading.kind === 'invalid') return reading;
  return whyUnfit(reading, call, bodyOf, model) ?? reading;
}

function readBody(call: Call, model: NamedModel, body: Buffer): RequestReading {
  const { facts } = model;
  const headers = (name: string): string | undefined => call.exchange.header(name);
  switch (call.operation) {
    case 'count-tokens':
      return readCountTokensRequest(headers, body);
    case 'apply-guardrail':
      return readGuardrailRequest(headers, body);
    case 'guardrail-checks':
      return readGuardrailChecksRequest(headers, body);
    default:
      return readRequest(call.operation, facts.family, headers, body, usualOutputOf(model));
  }
}

/** Output tokens of a request without a maximum: those of whichever model may answer. */
function usualOutputOf({ facts, standsFor }: NamedModel): number | null {
  let most = facts.default_max_tokens ?? facts.max_output_tokens;
  for (const { facts: each } of standsFor) {
    const usual = each.default_max_tokens ?? each.max_output_tokens;
    if (usual !== null && usual > (most ?? 0)) most = usual;
  }
  return most;
}

function userOf(
  call: Call,
  policy: KeyPolicy,
  fixed: string | null,
): { readonly kind: 'user'; readonly userId: string | null } | Refused {
  if (fixed !== null || policy.user_header === null) return { kind: 'user', userId: fixed };
  const name = call.exchange.header(policy.user_header.toLowerCase());
  if (name === undefined || name === '') return { kind: 'user', userId: null };
  if (USER_ID.test(name)) return { kind: 'user', userId: name };
  return refused(
    'ValidationException',
    'user_header_invalid',
    `The header ${policy.user_header} should hold 1 to 256 printable ASCII characters.`,
  );
}

function denied(reason: string, message: string): Refused {
  return refused('AccessDeniedException', reason, message);
}
