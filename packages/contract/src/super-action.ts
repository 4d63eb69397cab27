/**
 * The action endpoint of provisioned throughput as a program calls it: what each action takes and
 * answers, in AWS's names. It stands beside the table of operations, since its errors have a form
 * of their own; `callEdgeFunctionDirect` speaks to it here and as an edge function alike.
 */
import type { ClientOptions } from './client.ts';

/** Tags by name. */
export type ActionTags = Readonly<Record<string, string>>;

type Json = Readonly<Record<string, unknown>>;

export interface ProvisionedModelSummary {
  readonly provisionedModelName: string;
  readonly provisionedModelArn: string;
  readonly modelArn: string;
  readonly desiredModelArn: string;
  readonly foundationModelArn: string;
  readonly modelUnits: number;
  readonly desiredModelUnits: number;
  readonly status: 'Creating' | 'InService' | 'Updating' | 'Failed';
  readonly commitmentDuration?: 'OneMonth' | 'SixMonths';
  /** RFC 3339. */
  readonly commitmentExpirationTime?: string;
  readonly creationTime: string;
  readonly lastModifiedTime: string;
  readonly failureMessage?: string;
  /** Only in lists. */
  readonly tags?: ActionTags;
}

export interface FoundationModelSummary extends Json {
  readonly modelArn: string;
  readonly modelId: string;
}

export interface CreateProvisionedModelThroughputData {
  readonly modelId: string;
  readonly modelUnits: number;
  readonly commitmentDuration?: 'ONE_MONTH' | 'SIX_MONTHS' | 'OneMonth' | 'SixMonths';
  readonly provisionedModelName?: string;
  readonly tags?: ActionTags;
  /** Whatever is asked for again with the same token is bought once. */
  readonly clientRequestToken?: string;
  /** The `confirmation_token` of the refusal that asked for it. */
  readonly confirmation?: string;
  readonly dryRun?: boolean;
}

/** What each action takes and answers. */
export interface SuperActions {
  readonly ListFoundationModels: readonly [
    data: {
      readonly byProvider?: string;
      readonly byCustomizationType?: string;
      readonly byOutputModality?: string;
      readonly byInferenceType?: string;
    },
    answer: { readonly modelSummaries: readonly FoundationModelSummary[] },
  ];
  readonly GetFoundationModel: readonly [
    data: { readonly modelIdentifier: string },
    answer: { readonly modelDetails: FoundationModelSummary },
  ];
  readonly ListProvisionedModelThroughputs: readonly [
    data: {
      readonly statusEquals?: ProvisionedModelSummary['status'];
      readonly modelArnEquals?: string;
      readonly nameContains?: string;
      readonly creationTimeAfter?: string;
      readonly creationTimeBefore?: string;
      readonly sortBy?: 'CreationTime';
      readonly sortOrder?: 'Ascending' | 'Descending';
      readonly maxResults?: number;
      readonly nextToken?: string;
      /** Who made it, which tags it has, and of which names. */
      readonly userId?: string;
      readonly tags?: ActionTags;
      readonly tagKeys?: readonly string[];
    },
    answer: {
      readonly provisionedModelSummaries: readonly ProvisionedModelSummary[];
      readonly nextToken?: string;
    },
  ];
  readonly CreateProvisionedModelThroughput: readonly [
    data: CreateProvisionedModelThroughputData,
    answer: { readonly provisionedModelArn: string },
  ];
  readonly GetProvisionedModelThroughput: readonly [
    data: { readonly provisionedModelId: string },
    answer: ProvisionedModelSummary,
  ];
  readonly DeleteProvisionedModelThroughput: readonly [
    data: { readonly provisionedModelId: string; readonly dryRun?: boolean },
    answer: Json,
  ];
  readonly TagResource: readonly [
    data: { readonly resourceARN: string; readonly tags: ActionTags; readonly dryRun?: boolean },
    answer: Json,
  ];
  readonly UntagResource: readonly [
    data: {
      readonly resourceARN: string;
      readonly tagKeys: readonly string[];
      readonly dryRun?: boolean;
    },
    answer: Json,
  ];
  readonly ListTagsForResource: readonly [
    data: { readonly resourceARN: string },
    answer: { readonly tags: readonly { readonly key: string; readonly value: string }[] },
  ];
}

export type SuperAction = keyof SuperActions;

/** What an action takes; it may be left out where nothing in it is required. */
export type SuperActionRequest<A extends SuperAction> = { readonly action: A } & (Readonly<
  Record<never, never>
> extends SuperActions[A][0]
  ? { readonly data?: SuperActions[A][0] }
  : { readonly data: SuperActions[A][0] });

/** Where actions are sent, and as whom. */
export interface EdgeFunctionOptions extends Pick<ClientOptions, 'endpoint' | 'fetch'> {
  /** Of a person who signed in; a function is asked before every call. */
  readonly accessToken: string | (() => string | Promise<string>);
  /** Path of the function below the endpoint. */
  readonly path?: string;
}

/** An action that was refused. */
export class EdgeFunctionError extends Error {
  override readonly name = 'EdgeFunctionError';
  readonly status: number;
  /** AWS's name of the error, such as `ValidationException`; null: the answer has none. */
  readonly code: string | null;
  /** All of the answer: of a commitment, `confirmation_token`, `price` and `expires_at`. */
  readonly details: Json;

  constructor(status: number, body: Json) {
    const { error, code } = body;
    super(typeof error === 'string' ? error : `The endpoint answered with status ${status}`);
    this.status = status;
    this.code = typeof code === 'string' ? code : null;
    this.details = body;
  }
}

/** Sends one action. Rejects with `EdgeFunctionError`, or with what `fetch` rejects with. */
export type CallEdgeFunctionDirect = <A extends SuperAction>(
  request: SuperActionRequest<A>,
) => Promise<SuperActions[A][1]>;

const PATH_DEFAULT = '/functions/v1/super-action';

/** Makes the call that applications use: `callEdgeFunctionDirect({ action, data })`. */
export function edgeFunctionCaller(options: EdgeFunctionOptions): CallEdgeFunctionDirect {
  const { endpoint, fetch, accessToken, path = PATH_DEFAULT } = options;
  const url = endpoint.replace(/\/+$/, '') + path;
  return async ({ action, data = {} }) => {
    const token = typeof accessToken === 'string' ? accessToken : await accessToken();
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ action, data }),
    });
    const body = parsed(await response.text());
    if (!response.ok) throw new EdgeFunctionError(response.status, body);
    // AWS's answer to this very action.
    return body;
  };
}

function parsed(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Json) : {};
  } catch {
    return {};
  }
}
