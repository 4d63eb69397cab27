/**
 * The control plane of Bedrock, as far as the gateway asks it: three reading operations, each one
 * signed GET. Answers are bounded in time and size, redirects are not followed.
 */
import type {
  LookedUpResource,
  ModelResource,
  ModelResources,
} from '../../ports/model-resources.ts';
import {
  exchange,
  parseJson,
  type ControlPlaneOptions,
  type ControlReply,
} from './control-exchange.ts';

/** The largest answer that is read; real ones have a few kilobytes. */
const ANSWER_BYTES_MAX = 262_144;

/** Where GetInferenceProfile, GetProvisionedModelThroughput and GetPromptRouter are asked. */
const FOLDER: Readonly<Record<LookedUpResource, string>> = {
  'application-inference-profile': 'inference-profiles',
  'inference-profile': 'inference-profiles',
  'provisioned-model': 'provisioned-model-throughput',
  'prompt-router': 'prompt-routers',
  'default-prompt-router': 'prompt-routers',
};

/** Opens no connection until it is asked; each question has one of its own. */
export function bedrockControlPlane(options: ControlPlaneOptions): ModelResources {
  return {
    async look(resource, arn) {
      const path = `/${FOLDER[resource]}/${encodeSegment(arn)}`;
      const answer = await exchange(options, {
        method: 'GET',
        path,
        body: null,
        answerBytesMax: ANSWER_BYTES_MAX,
      });
      return typeof answer === 'string' ? unavailable(answer) : meaningOf(resource, answer);
    },
  };
}

function meaningOf(resource: LookedUpResource, { status, text }: ControlReply): ModelResource {
  // An identifier that the control plane takes for malformed stands for nothing either.
  if (status === 404 || status === 400) return { kind: 'not_found' };
  if (status === 403) return unavailable('access_denied');
  if (status !== 200) return unavailable(`status_${status}`);
  const modelArns = modelArnsOf(resource, parseJson(text));
  return modelArns === null ? unavailable('unreadable') : { kind: 'models', modelArns };
}

/** The ARNs that an answer states, or null when it does not have the form of one. */
function modelArnsOf(resource: LookedUpResource, answer: unknown): readonly string[] | null {
  if (!isObject(answer)) return null;
  if (resource === 'provisioned-model') {
    const arn = answer['foundationModelArn'];
    return typeof arn === 'string' ? [arn] : null;
  }
  const models = answer['models'];
  if (!Array.isArray(models) || models.length === 0) return null;
  const arns: string[] = [];
  for (const model of models as readonly unknown[]) {
    const arn = isObject(model) ? model['modelArn'] : undefined;
    if (typeof arn !== 'string') return null;
    arns.push(arn);
  }
  return arns;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unavailable(reason: string): ModelResource {
  return { kind: 'unavailable', reason };
}

/** RFC 3986 encoding of one segment, as AWS SDKs do it: all but the unreserved characters. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
