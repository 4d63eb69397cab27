/**
 * Refusals in the dialect of AWS: the status that the service model gives each error, the name in
 * `x-amzn-ErrorType` (without that header SDKs raise a nameless error) and a JSON body with
 * `message`.
 */

/**
 * HTTP status of each error by its AWS name. The name decides whether an SDK retries, not only the
 * status.
 */
const STATUS = {
  ValidationException: 400,
  ServiceQuotaExceededException: 400,
  ConflictException: 400,
  AccessDeniedException: 403,
  UnrecognizedClientException: 403,
  MissingAuthenticationTokenException: 403,
  ExpiredTokenException: 403,
  InvalidSignatureException: 403,
  IncompleteSignatureException: 400,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  ModelTimeoutException: 408,
  RequestEntityTooLargeException: 413,
  ModelErrorException: 424,
  ModelStreamErrorException: 424,
  ThrottlingException: 429,
  ModelNotReadyException: 429,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
} as const;

/** The AWS name of an error that the gateway can answer with. */
export type AwsErrorKind = keyof typeof STATUS;

/** A complete answer; `body` is UTF-8 JSON and `headers` already hold its length. */
export interface AwsError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * The answer for a refusal. `message` reaches the caller, so it must hold nothing internal. `extra`
 * adds headers such as `retry-after`; header names are lower case, as HTTP/2 wants them.
 */
export function awsError(
  kind: AwsErrorKind,
  message: string,
  extra: Readonly<Record<string, string>> = {},
): AwsError {
  const body = Buffer.from(JSON.stringify({ message }));
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'x-amzn-errortype': kind,
    ...extra,
  };
  return { status: STATUS[kind], headers, body };
}
