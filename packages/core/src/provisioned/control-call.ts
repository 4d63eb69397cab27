/**
 * Every call of Bedrock's control plane that can be made here: the IAM action that it needs is its
 * name behind `bedrock:`. What is not in this table is not called.
 */

/** Method and path by name; `{id}` is filled in. */
export const CONTROL_ACTIONS = {
  ListFoundationModels: { method: 'GET', path: '/foundation-models' },
  GetFoundationModel: { method: 'GET', path: '/foundation-models/{id}' },
  CreateProvisionedModelThroughput: { method: 'POST', path: '/provisioned-model-throughput' },
  GetProvisionedModelThroughput: { method: 'GET', path: '/provisioned-model-throughput/{id}' },
  ListProvisionedModelThroughputs: { method: 'GET', path: '/provisioned-model-throughputs' },
  DeleteProvisionedModelThroughput: {
    method: 'DELETE',
    path: '/provisioned-model-throughput/{id}',
  },
  TagResource: { method: 'POST', path: '/tagResource' },
  UntagResource: { method: 'POST', path: '/untagResource' },
  ListTagsForResource: { method: 'POST', path: '/listTagsForResource' },
  CreateInferenceProfile: { method: 'POST', path: '/inference-profiles' },
  GetInferenceProfile: { method: 'GET', path: '/inference-profiles/{id}' },
  ListInferenceProfiles: { method: 'GET', path: '/inference-profiles' },
  DeleteInferenceProfile: { method: 'DELETE', path: '/inference-profiles/{id}' },
} as const;

export type ControlAction = keyof typeof CONTROL_ACTIONS;

/** One call, ready to be signed. */
export interface ControlCall {
  readonly action: ControlAction;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  /** JSON; null: no body. */
  readonly body: string | null;
}

/** What came of a call. */
export type ControlAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The JSON of the body; undefined: it is none. */
      readonly body: unknown;
      /** Name of AWS's error, or null. */
      readonly error: string | null;
    }
  /** No answer: `reason` is a stable word. The call may have been carried out all the same. */
  | { readonly kind: 'unavailable'; readonly reason: string };

interface Parts {
  readonly id?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
}

/** The call of an action. */
export function controlCall(action: ControlAction, { id, query, body }: Parts = {}): ControlCall {
  const { method, path } = CONTROL_ACTIONS[action];
  const filled = path.replace('{id}', encoded(id ?? ''));
  const pairs = Object.entries(query ?? {})
    .flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return {
    action,
    method,
    path: pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`,
    body: body === undefined ? null : JSON.stringify(body),
  };
}

/** RFC 3986: all but the unreserved characters, as AWS SDKs do it. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
