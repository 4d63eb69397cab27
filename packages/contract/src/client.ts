/**
 * A typed client of the management API, derived from the table; it speaks through the `fetch` it is
 * given.
 */
import type { ErrorCode } from './errors.ts';
import { EVENT_STREAM, eventsOf } from './event-stream.ts';
import type { Operation } from './operation.ts';
import {
  OPERATION_NAMES,
  operation,
  type ApiRequest,
  type ApiResult,
  type OperationName,
} from './operations.ts';

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
  },
) => Promise<{
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  /** The answer as it comes; only operations that stream need it. */
  readonly body?: AsyncIterable<Uint8Array> | null;
}>;

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /** At most one credential is sent; the provisioning key when both are given. */
  readonly apiKey?: string;
  readonly provisioningKey?: string;
  readonly fetch: Fetch;
}

/** What a caller states: parts that have nothing required may be left out. */
type Input<N extends OperationName> = {
  readonly [
    part in 'params' | 'query' | 'body' as Empty<ApiRequest<N>[part]> extends true ? never : part
  ]: ApiRequest<N>[part];
};
type Empty<T> = Readonly<Record<never, never>> extends T ? true : false;
type OptionalInput<N extends OperationName> = {
  readonly [part in 'params' | 'query' | 'body']?: ApiRequest<N>[part];
};

/** A method for every operation. Rejects with `ApiError`, or with what `fetch` rejects with. */
export type Client = {
  readonly [N in OperationName]: keyof Input<N> extends never
    ? (input?: OptionalInput<N>) => Promise<ApiResult<N>>
    : (input: Input<N> & OptionalInput<N>) => Promise<ApiResult<N>>;
};

/** An answer that is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** One of `ERRORS`, or null when the answer did not come from this API. */
  readonly code: ErrorCode | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;

  constructor(
    status: number,
    body: {
      readonly error?: ErrorCode;
      readonly message?: string;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly request_id?: string;
    },
  ) {
    super(body.message ?? `The server answered with status ${status}`);
    this.status = status;
    this.code = body.error ?? null;
    this.details = body.details ?? {};
    this.requestId = body.request_id ?? null;
  }
}

/** Makes a client. */
export function createClient(options: ClientOptions): Client {
  const methods = OPERATION_NAMES.map((name) => [
    name,
    (input: Parts = {}) => call(options, operation(name), input),
  ]);
  // Each method is made from the record that its type is derived from.
  return Object.fromEntries(methods) as Client;
}

interface Parts {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

async function call(options: ClientOptions, record: Operation, input: Parts): Promise<unknown> {
  const streams = record.streams === true;
  const headers: Record<string, string> = {
    accept: streams ? EVENT_STREAM : 'application/json',
  };
  const key = options.provisioningKey ?? options.apiKey;
  if (key !== undefined) headers['x-api-key'] = key;
  if (record.body !== null) headers['content-type'] = 'application/json';
  const response = await options.fetch(urlOf(options.endpoint, record, input), {
    method: record.method,
    headers,
    ...(record.body === null ? {} : { body: JSON.stringify(input.body ?? {}) }),
  });
  if (streams && record.success.includes(response.status)) return eventsOf(response.body ?? null);
  const text = await response.text();
  if (record.success.includes(response.status)) {
    return record.result === null ? undefined : JSON.parse(text);
  }
  throw new ApiError(response.status, errorBody(text));
}

function urlOf(endpoint: string, record: Operation, input: Parts): string {
  const params = new Map<string, unknown>(Object.entries(input.params ?? {}));
  const path = record.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params.get(name))),
  );
  const query = Object.entries(input.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  const base = endpoint.replace(/\/+$/, '') + path;
  return query.length === 0 ? base : `${base}?${query.join('&')}`;
}

function errorBody(text: string): ConstructorParameters<typeof ApiError>[1] {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
