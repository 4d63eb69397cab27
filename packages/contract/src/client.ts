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
    readonly redirect?: 'manual';
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
  /**
   * At most one credential is sent: the access token, else the provisioning key, else the API key.
   */
  readonly apiKey?: string;
  readonly provisioningKey?: string;
  /** Of an OAuth client; a function is asked before every call. */
  readonly accessToken?: string | (() => string | Promise<string>);
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

/** One answer with what its headers say. */
export interface Exchange<N extends OperationName> {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Absent when nothing has changed since the ETag that was sent (304). */
  readonly body?: ApiResult<N>;
}

/** An answer that is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** One of `ERRORS`, or null when the answer did not come from this API. */
  readonly code: ErrorCode | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
  /**
   * When to come back: `retry_after` of the body (seconds, or an instant), or else what the header
   * `Retry-After` says; null: not said.
   */
  readonly retryAfter: string | null;

  constructor(
    status: number,
    body: {
      readonly error?: ErrorCode;
      readonly message?: string;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly request_id?: string;
      readonly retry_after?: string | number;
    },
    retryAfter: string | null = null,
  ) {
    super(body.message ?? `The server answered with status ${status}`);
    this.status = status;
    this.code = body.error ?? null;
    this.details = body.details ?? {};
    this.requestId = body.request_id ?? null;
    this.retryAfter = body.retry_after === undefined ? retryAfter : `${body.retry_after}`;
  }
}

/** Makes a client. */
export function createClient(options: ClientOptions): Client {
  const methods = OPERATION_NAMES.map((name) => [
    name,
    async (input: Parts = {}) => (await call(options, operation(name), input)).body,
  ]);
  // Each method is made from the record that its type is derived from.
  return Object.fromEntries(methods) as Client;
}

/**
 * One call with headers of its own, such as `if-none-match`, and the headers of its answer. Rejects
 * as the methods of a client do.
 */
export async function exchange<N extends OperationName>(
  options: ClientOptions,
  name: N,
  input: Input<N> & OptionalInput<N>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Exchange<N>> {
  // What comes back is described by the record that the type is derived from.
  return (await call(options, operation(name), input, headers)) as Exchange<N>;
}

interface Parts {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
}

const NOT_MODIFIED = 304;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirected(headers: Answer['headers']): string {
  const where = headers.get('location') ?? 'somewhere else';
  return (
    `The endpoint redirects to ${where}. Credentials are not sent there: if that is the service, ` +
    'name it as the endpoint.'
  );
}

async function call(
  options: ClientOptions,
  record: Operation,
  input: Parts,
  extra: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const streams = record.streams === true;
  const response = await options.fetch(urlOf(options.endpoint, record, input), {
    method: record.method,
    headers: {
      accept: streams ? EVENT_STREAM : 'application/json',
      ...(await credentialOf(options)),
      ...(record.body === null ? {} : { 'content-type': 'application/json' }),
      ...extra,
    },
    ...(record.body === null ? {} : { body: JSON.stringify(input.body ?? {}) }),
    // Whoever redirects would be sent the credential, or a body that holds one.
    redirect: 'manual',
  });
  const { status, headers } = response;
  const good = record.success.includes(status);
  if (streams && good) return { status, headers, body: eventsOf(response.body ?? null) };
  const text = await response.text();
  if (good) {
    return { status, headers, body: record.result === null ? undefined : JSON.parse(text) };
  }
  if (status === NOT_MODIFIED && 'if-none-match' in extra) return { status, headers };
  if (REDIRECTS.has(status)) throw new ApiError(status, { message: redirected(headers) });
  throw new ApiError(status, errorBody(text), headers.get('retry-after'));
}

async function credentialOf(options: ClientOptions): Promise<Record<string, string>> {
  const { accessToken } = options;
  if (accessToken !== undefined) {
    const token = typeof accessToken === 'string' ? accessToken : await accessToken();
    return { authorization: `Bearer ${token}` };
  }
  const key = options.provisioningKey ?? options.apiKey;
  return key === undefined ? {} : { 'x-api-key': key };
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
