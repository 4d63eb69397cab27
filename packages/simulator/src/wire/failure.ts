/**
 * Errors as Bedrock and the AWS front end in front of it answer them: HTTP status, exception name
 * in `x-amzn-ErrorType`, and a JSON body with a `message`.
 */

/** HTTP status of each exception that the service models, and of the front end's own. */
export const STATUS_OF = {
  ValidationException: 400,
  ServiceQuotaExceededException: 400,
  ConflictException: 400,
  TooManyTagsException: 400,
  SerializationException: 400,
  AccessDeniedException: 403,
  MissingAuthenticationTokenException: 403,
  IncompleteSignatureException: 403,
  InvalidSignatureException: 403,
  UnrecognizedClientException: 403,
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
} as const satisfies Record<string, number>;

/** The name of an exception that the simulator can answer. */
export type FailureName = keyof typeof STATUS_OF;

/**
 * What the service itself models; the others come from the front end and are spelled without a
 * namespace.
 */
const SERVICE_NAMESPACE = ':http://internal.amazon.com/coral/com.amazon.bedrock/';
const FRONT_END: ReadonlySet<FailureName> = new Set([
  'SerializationException',
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'UnrecognizedClientException',
  'UnknownOperationException',
  'RequestEntityTooLargeException',
]);

/**
 * A request that ends in an AWS error. Thrown anywhere on the path of a call, answered in one
 * place.
 */
export class Failure extends Error {
  override readonly name: FailureName;
  readonly status: number;
  /** Further members of the body, such as `originalStatusCode`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(name: FailureName, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    this.status = STATUS_OF[name];
    this.details = details;
  }

  /** The value of `x-amzn-ErrorType`, with the service's namespace where the real one has it. */
  get errorType(): string {
    return FRONT_END.has(this.name) ? this.name : this.name + SERVICE_NAMESPACE;
  }

  /** The JSON body. */
  get body(): string {
    return JSON.stringify({ message: this.message, ...this.details });
  }
}

/** A 400 `ValidationException`. */
export function invalid(message: string): Failure {
  return new Failure('ValidationException', message);
}

/** A 400 `ValidationException` in the words of InvokeModel's own check of a body. */
export function malformed(what: string): Failure {
  return invalid(`Malformed input request: ${what}, please reformat your input and try again.`);
}

const NAME_OF_STATUS: ReadonlyMap<number, FailureName> = new Map([
  [400, 'ValidationException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [408, 'ModelTimeoutException'],
  [424, 'ModelErrorException'],
  [429, 'ThrottlingException'],
  [500, 'InternalServerException'],
  [503, 'ServiceUnavailableException'],
]);

/** The exception that a scripted status stands for, or null when there is none. */
export function nameOfStatus(status: number): FailureName | null {
  return NAME_OF_STATUS.get(status) ?? null;
}

const MESSAGE_OF: Partial<Record<FailureName, string>> = {
  AccessDeniedException: "You don't have access to the model with the specified model ID.",
  ModelTimeoutException: 'Model has timed out in processing the request. Try your request again.',
  ModelErrorException: 'The model encountered an unexpected error during processing.',
  ModelStreamErrorException: 'The model encountered an unexpected error while streaming.',
  ThrottlingException: 'Too many requests, please wait before trying again.',
  ModelNotReadyException: 'Model is not ready for inference. Wait and try your request again.',
  InternalServerException: 'The system encountered an unexpected error during processing.',
  ServiceUnavailableException: 'Bedrock is unable to process your request.',
  ServiceQuotaExceededException: 'Your request exceeds the service quota for your account.',
};

/** A scripted failure with the words that AWS uses for it. */
export function scriptedFailure(name: FailureName): Failure {
  const details =
    name === 'ModelErrorException' || name === 'ModelStreamErrorException'
      ? { originalStatusCode: 500 }
      : {};
  return new Failure(name, MESSAGE_OF[name] ?? 'Scripted by the simulator.', details);
}
