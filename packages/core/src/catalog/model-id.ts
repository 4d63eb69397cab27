/**
 * What stands where the model is named: a foundation model id, bare or behind a cross-region
 * prefix, an ARN of one of those, an ARN of something that an AWS account owns, or a plain name.
 * Parsing is exact: every part is compared whole, nothing is found by searching inside the text.
 * Which models exist and what they cost is not decided here.
 */
import type { PriceScope } from '../pricing/price.ts';

/** The most characters that the runtime API accepts as a model identifier. */
export const MODEL_ID_LENGTH_MAX = 2048;

/**
 * Cross-region prefixes of inference profile ids. `global` routes anywhere, the others within a
 * geography.
 */
export const GEO_PREFIXES = ['us', 'eu', 'apac', 'au', 'jp', 'us-gov', 'in', 'ca'] as const;

const ROUTING_PREFIXES: readonly string[] = [...GEO_PREFIXES, 'global'];

/** Kinds of resources that belong to one AWS account, and so need a grant. */
export const ACCOUNT_RESOURCES = [
  'provisioned-model',
  'custom-model',
  'custom-model-deployment',
  'imported-model',
  'application-inference-profile',
  'prompt',
  'prompt-router',
  'default-prompt-router',
  'endpoint',
] as const;

/** `endpoint` is a SageMaker endpoint, the others are Bedrock resources. */
export type AccountResource = (typeof ACCOUNT_RESOURCES)[number];

/** What an ARN says beside the resource. `account_id` is null where the ARN has none. */
export interface ArnParts {
  readonly partition: string;
  readonly region: string;
  readonly account_id: string | null;
}

/** What a model identifier turned out to be. `text` is always the identifier as it was given. */
export type ModelReference =
  | {
      readonly kind: 'foundation';
      readonly text: string;
      /** Without prefix: what prices and model facts are looked up by, exactly. */
      readonly model_id: string;
      readonly scope: PriceScope;
      /** The cross-region prefix without its dot, such as `us`, or null. */
      readonly prefix: string | null;
      /** Present when the identifier was an ARN. */
      readonly arn: ArnParts | null;
    }
  | {
      readonly kind: 'account_owned';
      readonly text: string;
      readonly resource: AccountResource;
      readonly resource_id: string;
      readonly arn: ArnParts;
    }
  /**
   * No dot and no ARN: a label, or the name of a provisioned model. Never sent upstream as it is.
   */
  | { readonly kind: 'name'; readonly text: string; readonly name: string }
  | { readonly kind: 'malformed'; readonly text: string; readonly reason: string };

/**
 * `provider.name`, further dotted or hyphenated parts, then up to three suffixes such as `:0` or
 * `:128k`.
 */
const FOUNDATION_ID = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}(?::[a-z0-9]{1,16}){0,3}$/;
const NAME = /^[0-9A-Za-z](?:[_-]?[0-9A-Za-z]){0,127}$/;
const PARTITION = /^aws(?:-[a-z]{1,12}){0,3}$/;
const REGION = /^[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}$/;
const ACCOUNT = /^\d{12}$/;
const RESOURCE_ID: Readonly<Record<AccountResource, RegExp>> = {
  'provisioned-model': /^[a-z0-9]{12}$/,
  'custom-model': /^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}(?:[.:][a-z0-9-]{1,63}){0,3}\/[a-z0-9]{12}$/,
  'custom-model-deployment': /^[a-z0-9]{12}$/,
  'imported-model': /^[a-z0-9]{12}$/,
  'application-inference-profile': /^[A-Za-z0-9.:-]{1,64}$/,
  prompt: /^[0-9A-Za-z]{10}(?::(?:[0-9]{1,5}|DRAFT))?$/,
  'prompt-router': /^[A-Za-z0-9.:-]{1,64}$/,
  'default-prompt-router': /^[A-Za-z0-9.:-]{1,64}$/,
  endpoint: /^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,62}$/,
};

/** Parses a model identifier, already decoded once from the path. Never throws. */
export function parseModelId(text: string): ModelReference {
  if (text.length === 0) return malformed(text, 'The model identifier is empty.');
  if (text.length > MODEL_ID_LENGTH_MAX) {
    return malformed(text, `A model identifier has at most ${MODEL_ID_LENGTH_MAX} characters.`);
  }
  if (text.startsWith('arn:')) return parseArn(text);
  return parseId(text, text, null) ?? parseName(text);
}

/** `us.amazon.nova-lite-v1:0` -> geo. A prefix counts only when what follows is an id by itself. */
function parseId(text: string, id: string, arn: ArnParts | null): ModelReference | null {
  if (!FOUNDATION_ID.test(id)) return null;
  const dot = id.indexOf('.');
  const prefix = id.slice(0, dot);
  const rest = id.slice(dot + 1);
  const scope = scopeOf(prefix);
  if (scope !== null && FOUNDATION_ID.test(rest)) {
    return { kind: 'foundation', text, model_id: rest, scope, prefix, arn };
  }
  return { kind: 'foundation', text, model_id: id, scope: 'in_region', prefix: null, arn };
}

function scopeOf(prefix: string): PriceScope | null {
  if (prefix === 'global') return 'global';
  return (GEO_PREFIXES as readonly string[]).includes(prefix) ? 'geo' : null;
}

/**
 * Every name under which a model is called: its id, and its id with each cross-region prefix. A
 * budget or a grant that names the model means all of them; one that names a prefixed id means that
 * one only.
 */
export function namesOfModel(modelId: string): readonly string[] {
  if (isPrefixed(modelId)) return [modelId];
  return [modelId, ...ROUTING_PREFIXES.map((prefix) => `${prefix}.${modelId}`)];
}

/** Whether `called` is one of the names of `modelId`. */
export function isNameOfModel(modelId: string, called: string): boolean {
  if (called === modelId) return true;
  if (!called.endsWith(modelId)) return false;
  const prefix = called.slice(0, -modelId.length - 1);
  return called === `${prefix}.${modelId}` && ROUTING_PREFIXES.includes(prefix);
}

function isPrefixed(modelId: string): boolean {
  const parsed = parseId(modelId, modelId, null);
  return parsed?.kind === 'foundation' && parsed.prefix !== null;
}

function parseName(text: string): ModelReference {
  if (NAME.test(text)) return { kind: 'name', text, name: text };
  return malformed(text, 'This is neither a model id, nor an ARN, nor a label.');
}

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/ID`; the id may itself hold colons and slashes. */
function parseArn(text: string): ModelReference {
  const [, partition = '', service = '', region = '', account = '', ...tail] = text.split(':');
  const resource = tail.join(':');
  const slash = resource.indexOf('/');
  if (slash < 0) return malformed(text, 'The ARN does not end in a kind and an id.');
  if (!PARTITION.test(partition)) return malformed(text, 'The ARN has no known partition.');
  if (!REGION.test(region)) return malformed(text, 'The ARN names no region.');
  if (account !== '' && !ACCOUNT.test(account)) {
    return malformed(text, 'An AWS account id has twelve digits.');
  }
  const arn = { partition, region, account_id: account === '' ? null : account };
  const kind = resource.slice(0, slash);
  const id = resource.slice(slash + 1);
  if (service === 'bedrock' && kind === 'foundation-model') return foundationArn(text, id, arn);
  if (service === 'bedrock' && kind === 'inference-profile') return profileArn(text, id, arn);
  const owned = ACCOUNT_RESOURCES.find((known) => known === kind);
  if (owned === undefined || service !== (owned === 'endpoint' ? 'sagemaker' : 'bedrock')) {
    return malformed(text, 'The ARN names nothing that can be invoked.');
  }
  if (arn.account_id === null) return malformed(text, 'The ARN needs an account id.');
  if (!RESOURCE_ID[owned].test(id)) return malformed(text, `This is no id of a ${owned}.`);
  return { kind: 'account_owned', text, resource: owned, resource_id: id, arn };
}

function foundationArn(text: string, id: string, arn: ArnParts): ModelReference {
  if (arn.account_id !== null) {
    return malformed(text, 'The ARN of a foundation model has no account id.');
  }
  const parsed = parseId(text, id, arn);
  if (parsed?.kind === 'foundation' && parsed.prefix === null) return parsed;
  return malformed(text, 'The ARN does not name a foundation model.');
}

/**
 * A profile that AWS defines: its id is a prefixed model id. Application profiles are another kind.
 */
function profileArn(text: string, id: string, arn: ArnParts): ModelReference {
  const parsed = parseId(text, id, arn);
  if (parsed?.kind === 'foundation' && parsed.prefix !== null) return parsed;
  return malformed(text, 'The ARN does not name an inference profile that AWS defines.');
}

function malformed(text: string, reason: string): ModelReference {
  return { kind: 'malformed', text, reason };
}
