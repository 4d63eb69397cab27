/**
 * Every error that the management API can answer with: its code, its status and what the code
 * means.
 */
import { Type } from 'typebox';
import { RequestId, strict, Time } from './fields.ts';

/** Codes with the HTTP status they travel with. */
export const ERRORS = {
  INVALID_REQUEST: {
    status: 400,
    summary: 'A path, query or body member is missing, malformed or unknown. `details` names each.',
  },
  INVALID_CONFIG: {
    status: 400,
    summary: 'Members are well-formed but do not go together, or change what cannot change.',
  },
  UNAUTHORIZED: {
    status: 401,
    summary: 'No credential was sent, or it is unknown, revoked, expired or of another kind.',
  },
  FORBIDDEN: { status: 403, summary: 'The credential is valid but may not do this.' },
  NOT_FOUND: {
    status: 404,
    summary: 'There is no such thing, or it belongs to somebody else: the two look the same.',
  },
  CONFIRMATION_REQUIRED: {
    status: 409,
    summary:
      'A commitment that nobody has confirmed. `details` has its price and the token to repeat ' +
      'the request with.',
  },
  ALREADY_EXISTS: { status: 409, summary: 'The id is taken by something else.' },
  QUOTA_EXCEEDED: { status: 429, summary: 'A quota is spent.' },
  RATE_LIMIT_EXCEEDED: { status: 429, summary: 'Too many requests in too short a time.' },
  INTERNAL_ERROR: {
    status: 500,
    summary: 'A fault of the service. The request id finds it in the log.',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    summary: 'The store does not answer. Repeating the request later is safe.',
  },
} as const satisfies Record<string, { readonly status: number; readonly summary: string }>;

/** One of the codes. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes, in order. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** Codes that any operation may answer with. */
export const ERRORS_OF_ALL = ['INTERNAL_ERROR', 'SERVICE_UNAVAILABLE'] as const;

/** Codes that any operation with a limit of requests may answer with. */
export const ERRORS_OF_LIMITED = ['RATE_LIMIT_EXCEEDED'] as const;

/** The body of every error answer. */
export const ErrorBody = strict(
  {
    error: Type.Enum([...ERROR_CODES]),
    message: Type.String({ description: 'For people. Never holds a secret.' }),
    details: Type.Record(Type.String(), Type.Unknown(), {
      description: 'For programs; an empty object when there is nothing more to say.',
    }),
    retry_after: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Time], {
        description:
          'When it is worth trying again: in so many seconds (a limit of requests), or at a ' +
          'moment (a quota).',
      }),
    ),
    timestamp: Time,
    request_id: RequestId,
  },
  'Error',
);
