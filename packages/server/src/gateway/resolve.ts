/**
 * What does the call ask for, may the caller have it, and what can it cost at most? Reads the body
 * once; changes nothing.
 */
import {
  boundOf,
  parseModelId,
  type Amounts,
  type Bound,
  type KeyPolicy,
  type ModelFacts,
  type ModelReference,
  type PriceBook,
  type PriceScope,
  type RateCard,
  type RequestShape,
} from '@tollkeeper/core';
import type { Target } from './attempt.ts';
import type { Authorized } from './authenticate.ts';
import { refused, type Call, type Refused } from './call.ts';
import { estimateTokens } from './estimate.ts';
import type { Gateway } from './gateway.ts';
import { arnGranted, firstUngranted, modelGranted } from './grants.ts';
import { OPERATIONS } from './wire/reading.ts';
import { readRequest } from './wire/request.ts';

/**
 * The model that an identifier stands for; account-owned resources are known by their ARN alone.
 */
interface NamedModel {
  readonly kind: 'named';
  /** As entries and budgets name it. */
  readonly modelId: string;
  readonly facts: ModelFacts;
  readonly scope: PriceScope;
}

const USER_ID = /^[\x21-\x7e]{1,256}$/;
/** The tier that every other may fall back to. */
const BASE_TIER = 'standard';
/** Pico-USD that one hold can keep: 64 bits, about 9.2 million USD. */
const AMOUNT_MAX = 2n ** 63n - 1n;

/** See the head of the file. */
export function resolve(
  gateway: Gateway,
  call: Call,
  { caller, revision }: Authorized,
  body: Buffer,
): Target | Refused {
  const { principal, grants } = caller;
  const { region } = gateway.settings;
  const model = nameModel(gateway, call.modelId, grants);
  if (model.kind === 'refused') return model;
  const { facts, modelId, scope } = model;
  if (principal.models !== null && !mayCall(principal.models, model)) {
    return denied('model_not_on_key', `This API key may not call ${modelId}.`);
  }
  if (!modelGranted(grants, modelId, region) && !modelGranted(grants, facts.model_id, region)) {
    return denied(
      'model_not_granted',
      `The organization was granted certain models only, and ${modelId} is not among them.`,
    );
  }
  const user = userOf(call, principal.policy, principal.user_id);
  if (user.kind === 'refused') return user;
  const reading = readRequest(
    call.operation,
    facts.family,
    (name) => call.exchange.header(name),
    body,
  );
  if (reading.kind === 'invalid') {
    return refused('ValidationException', 'body_invalid', reading.message);
  }
  const { shape } = reading;
  const ungranted = firstUngranted(grants, shape.references, region);
  if (ungranted !== undefined) {
    return denied('reference_not_granted', `The organization was not granted ${ungranted}.`);
  }
  const book = gateway.prices.current();
  const bounded = boundCall(gateway, book, facts, scope, shape, principal.policy);
  if (bounded.kind === 'refused') return bounded;
  const operation = OPERATIONS[call.operation];
  return {
    kind: 'resolved',
    call,
    caller,
    revision,
    body,
    operationName: operation.name,
    streamed: operation.streamed,
    model: facts,
    modelId,
    scope,
    tier: shape.tier,
    userId: user.userId,
    tags: shape.tags,
    inputTokensEstimate: estimateTokens(shape.text_bytes),
    book,
    priced: bounded.bound === null ? 'no' : 'yes',
    amounts: bounded.amounts,
    bound: bounded.bound,
  };
}

function nameModel(
  gateway: Gateway,
  text: string,
  grants: Authorized['caller']['grants'],
): NamedModel | Refused {
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
        return denied('arn_not_granted', `The organization was not granted ${text}.`);
      }
      return named(text, unknownFacts(text), 'in_region');
    case 'foundation': {
      const { arn, model_id: id, prefix, scope } = reference;
      if (arn !== null && arn.region !== region) {
        return refused(
          'ValidationException',
          'region_mismatch',
          `The ARN is of region ${arn.region}; this gateway calls ${region}.`,
        );
      }
      const facts = gateway.models.get(id) ?? unknownFacts(id);
      return named(prefix === null ? id : `${prefix}.${id}`, facts, scope);
    }
  }
}

function named(modelId: string, facts: ModelFacts, scope: PriceScope): NamedModel {
  return { kind: 'named', modelId, facts, scope };
}

/** A model of which the catalogue knows nothing: no price, no maxima, an opaque body. */
function unknownFacts(modelId: string): ModelFacts {
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

function mayCall(models: readonly string[], { modelId, facts }: NamedModel): boolean {
  return models.includes(modelId) || models.includes(facts.model_id);
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

interface BoundedCall {
  readonly kind: 'bounded';
  readonly bound: Extract<Bound, { kind: 'bounded' }> | null;
  readonly amounts: Amounts;
}

function boundCall(
  gateway: Gateway,
  book: PriceBook,
  facts: ModelFacts,
  scope: PriceScope,
  shape: RequestShape,
  policy: KeyPolicy,
): BoundedCall | Refused {
  const cap = gateway.settings.unboundedCapTokens;
  const bound = boundOf(shape, facts, cardsOf(gateway, book, facts, scope, shape.tier), {
    cap_tokens: policy.unbounded === 'cap' ? cap : null,
  });
  switch (bound.kind) {
    case 'bounded':
      if (bound.amounts.usd > AMOUNT_MAX) return beyondBooks(bound.output_tokens);
      return { kind: 'bounded', bound, amounts: bound.amounts };
    case 'unbounded':
      return refused('ValidationException', `unbounded_${bound.reason}`, bound.message);
    case 'unpriced': {
      if (policy.unpriced === 'refuse') return denied('unpriced', unpricedMessage(bound.message));
      const tokens = shape.text_bytes + (shape.max_output_tokens ?? cap);
      return {
        kind: 'bounded',
        bound: null,
        amounts: { usd: 0n, tokens: BigInt(tokens), requests: 1n },
      };
    }
  }
}

/**
 * Every card by which the call may come to be priced: that of the tier asked for, and the standard
 * one, to which AWS may fall back. No card for the tier asked for: no price.
 */
function cardsOf(
  gateway: Gateway,
  book: PriceBook,
  facts: ModelFacts,
  scope: PriceScope,
  tier: string,
): readonly RateCard[] {
  const query = { model_id: facts.model_id, region: gateway.settings.region, scope };
  const at = gateway.clock.now();
  const asked = book.rateCard({ ...query, tier, at });
  if (asked === undefined) return [];
  if (tier === BASE_TIER) return [asked];
  const base = book.rateCard({ ...query, tier: BASE_TIER, at });
  return base === undefined ? [asked] : [asked, base];
}

function unpricedMessage(message: string): string {
  return (
    `${message} What has no price is not called. The operator can add a price, or let the key ` +
    'call it unpriced.'
  );
}

function beyondBooks(outputTokens: number): Refused {
  return refused(
    'ValidationException',
    'bound_too_large',
    `A call with up to ${outputTokens} output tokens can cost more than any budget can hold. ` +
      'State a smaller maximum, such as maxTokens.',
  );
}

function denied(reason: string, message: string): Refused {
  return refused('AccessDeniedException', reason, message);
}
