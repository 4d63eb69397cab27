/**
 * How provisioned throughput is refused: in AWS's own names where AWS has one, so that callers of
 * AWS's API know them, with words that say what is wrong and what to do.
 */

/** Names of refusals that are decided here, with the status that each travels with. */
export const REFUSALS = {
  ValidationException: 400,
  TooManyTagsException: 400,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  /** A client token that was used for something else. */
  ConflictException: 409,
  /** A commitment that nobody has confirmed yet. */
  ConfirmationRequired: 409,
  ServiceUnavailableException: 503,
} as const;

/** A refusal: `code` is one of the above, or what AWS calls it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  /** A sentence for people. Never a secret. */
  readonly message: string;
  /** For programs. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What came of something: a value, or why there is none. */
export type Decided<T> = { readonly kind: 'done'; readonly value: T } | Refusal;

export function done<T>(value: T): Decided<T> {
  return { kind: 'done', value };
}

export function refuse(
  code: keyof typeof REFUSALS,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): Refusal {
  return { kind: 'refused', status: REFUSALS[code], code, message, details };
}

/** For what a caller has stated wrongly. */
export function invalid(message: string): Refusal {
  return refuse('ValidationException', message);
}

/** For what does not exist, or is somebody else's: the two look the same. */
export function missing(what: string): Refusal {
  return refuse('ResourceNotFoundException', `${what} does not exist, or is not yours.`);
}
