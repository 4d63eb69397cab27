/**
 * The control plane of Bedrock, as far as the gateway asks it: three reading operations, each one
 * signed GET. Answers are bounded in time and size, redirects are not followed.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type {
  LookedUpResource,
  ModelResource,
  ModelResources,
} from '../../ports/model-resources.ts';
import { NO_CREDENTIALS, type Authorizer } from '../../ports/upstream.ts';

export interface ControlPlaneOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** Signs for that origin. */
  readonly authorizer: Authorizer;
  readonly timeoutMs: number;
}

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
      let headers;
      try {
        headers = await options.authorizer.authorize({
          method: 'GET',
          path,
          headers: { accept: 'application/json' },
          body: NO_BODY,
        });
      } catch {
        return unavailable(NO_CREDENTIALS);
      }
      const answer = await get(options, path, headers);
      return typeof answer === 'string' ? unavailable(answer) : meaningOf(resource, answer);
    },
  };
}

const NO_BODY = new Uint8Array(0);

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The answer, or why there is none. Never rejects. */
function get(
  { origin, timeoutMs }: ControlPlaneOptions,
  path: string,
  headers: Record<string, string>,
): Promise<Answer | string> {
  return new Promise((resolve) => {
    const { protocol, hostname, port } = new URL(origin);
    const request = protocol === 'https:' ? requestHttps : requestHttp;
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (): void => resolve(signal.aborted ? 'timeout' : 'unreachable');
    const sent = request({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      path,
      method: 'GET',
      headers: { ...headers, 'accept-encoding': 'identity' },
      agent: false,
      signal,
    });
    sent.on('error', failed);
    sent.on('response', (reply) => {
      reply.on('error', failed);
      collect(reply, resolve);
    });
    sent.end();
  });
}

function collect(reply: IncomingMessage, resolve: (answer: Answer | string) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  reply.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= ANSWER_BYTES_MAX) {
      chunks.push(chunk);
      return;
    }
    resolve('answer_too_large');
    reply.destroy();
  });
  reply.on('end', () => {
    resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
  });
}

function meaningOf(resource: LookedUpResource, { status, text }: Answer): ModelResource {
  // An identifier that the control plane takes for malformed stands for nothing either.
  if (status === 404 || status === 400) return { kind: 'not_found' };
  if (status === 403) return unavailable('access_denied');
  if (status !== 200) return unavailable(`status_${status}`);
  const modelArns = modelArnsOf(resource, parse(text));
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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
