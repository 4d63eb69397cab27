/**
 * Names, ids and tokens of provisioned throughput and of application inference profiles, by the
 * patterns that AWS's service model states; what would be refused there is refused here, with
 * words.
 */
import { invalid, type Refusal } from './refusal.ts';

export const PROVISIONED_NAME_LENGTH_MAX = 63;
export const PROFILE_NAME_LENGTH_MAX = 64;
const CLIENT_TOKEN_LENGTH_MAX = 256;

const PROVISIONED_NAME = /^(?:[0-9a-zA-Z][_-]?)+$/;
const PROFILE_NAME = /^(?:[0-9a-zA-Z][ _-]?)+$/;
const CLIENT_TOKEN = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9])*$/;
/** Names that AWS gives models and profiles of models. */
const MODEL = /^[a-zA-Z0-9][a-zA-Z0-9._:/-]{0,2047}$/;
const ARN = /^arn:aws[a-z-]{0,20}:bedrock:([a-z0-9-]{1,20}):([0-9]{12})?:([a-z-]+)\/(.+)$/;

/** The kinds of resources that are made here. */
export type MadeResource = 'provisioned-model' | 'application-inference-profile';

const MADE_IDS: { readonly [kind in MadeResource]: RegExp } = {
  'provisioned-model': /^[a-z0-9]{12}$/,
  'application-inference-profile': /^[a-z0-9]{1,64}$/,
};

/** The parts of an ARN of Bedrock. */
export interface BedrockArn {
  readonly region: string;
  /** Null: it belongs to AWS. */
  readonly account: string | null;
  /** Such as `provisioned-model`. */
  readonly resource: string;
  readonly id: string;
}

/** Undefined: not an ARN of Bedrock. */
export function parseBedrockArn(text: string): BedrockArn | undefined {
  if (text.length > 2_048) return undefined;
  const match = ARN.exec(text);
  if (match === null) return undefined;
  const [, region = '', account, resource = '', id = ''] = match;
  return { region, account: account ?? null, resource, id };
}

/** What kind of resource that is made here an ARN names; undefined: none. */
export function madeResourceOf(arn: string): MadeResource | undefined {
  const parsed = parseBedrockArn(arn);
  if (parsed === undefined || parsed.account === null) return undefined;
  const { resource, id } = parsed;
  if (resource !== 'provisioned-model' && resource !== 'application-inference-profile') {
    return undefined;
  }
  return MADE_IDS[resource].test(id) ? resource : undefined;
}

/** Why AWS would refuse the name; undefined: it would not. */
export function nameProblem(kind: MadeResource, name: string): Refusal | undefined {
  const isModel = kind === 'provisioned-model';
  const member = isModel ? 'provisionedModelName' : 'inferenceProfileName';
  const max = isModel ? PROVISIONED_NAME_LENGTH_MAX : PROFILE_NAME_LENGTH_MAX;
  if (name.length === 0 || name.length > max) {
    return invalid(`${member} must have 1 to ${max} characters; this one has ${name.length}.`);
  }
  if ((isModel ? PROVISIONED_NAME : PROFILE_NAME).test(name)) return undefined;
  const separators = isModel ? 'dashes and underscores' : 'spaces, dashes and underscores';
  return invalid(
    `${member} must be letters, digits and single ${separators} between them: none at the start, ` +
      'and no two in a row.',
  );
}

/** Why AWS would refuse the token of a request; undefined: it would not. */
export function clientTokenProblem(token: string): Refusal | undefined {
  if (token.length <= CLIENT_TOKEN_LENGTH_MAX && CLIENT_TOKEN.test(token)) return undefined;
  return invalid(
    'clientRequestToken must be 1 to 256 letters and digits, with dashes between them only.',
  );
}

/** Why this can be no model id; undefined: it can. */
export function modelProblem(member: string, modelId: string): Refusal | undefined {
  if (MODEL.test(modelId)) return undefined;
  return invalid(
    `${member} must be a model id, such as anthropic.claude-3-sonnet-20240229-v1:0, or an ARN.`,
  );
}

/**
 * Whether a model is one that AWS offers to everybody, by its id (which has a provider before a
 * dot) or its ARN. What else can be named so belongs to an account, and to somebody there.
 */
export function isOfferedByAws(modelId: string): boolean {
  if (!modelId.startsWith('arn:')) return modelId.includes('.');
  const arn = parseBedrockArn(modelId);
  return arn?.account === null && arn.resource === 'foundation-model';
}

/** Longest prefix that leaves room for `-pmt-` and milliseconds. */
export const NAME_PREFIX_PATTERN = /^(?:[0-9a-zA-Z][_-]?){0,20}[0-9a-zA-Z]$/;

/** The name of what nobody has named: prefix and time, in milliseconds since the epoch. */
export function defaultName(prefix: string, at: number): string {
  return `${prefix}-pmt-${at}`;
}
