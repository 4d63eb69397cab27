/** How an error is answered: status, body and headers, whatever carries the answer. */
import { ERRORS, type ErrorCode } from '@tollkeeper/contract';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';
import { toApiTime } from './time.ts';

/** Largest request body of the management API. */
export const BODY_BYTES_MAX = 1024 * 1024;
const RETRY_AFTER_SECONDS = 1;

export interface ErrorAnswer {
  readonly status: number;
  readonly code: ErrorCode;
  /** By lower-case name; `www-authenticate` is up to whoever knows what was tried. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

type Parts = Pick<AdminDependencies, 'clock' | 'log'>;

/** What anything that was thrown is answered with. Logs what is not the caller's doing. */
export function errorAnswer(parts: Parts, error: unknown, requestId: string): ErrorAnswer {
  const { status, code, message, details, retryAfter } = describe(parts, error, requestId);
  const now = parts.clock.now();
  const wait = retryAfter ?? (code === 'SERVICE_UNAVAILABLE' ? RETRY_AFTER_SECONDS : undefined);
  return {
    status,
    code,
    headers: wait === undefined ? {} : { 'retry-after': secondsUntil(wait, now) },
    body: {
      error: code,
      message,
      details,
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      timestamp: toApiTime(now),
      request_id: requestId,
    },
  };
}

interface Described {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter?: number | string | undefined;
}

function describe({ log }: Parts, error: unknown, requestId: string): Described {
  if (error instanceof Fault) {
    const { retryAfter } = error;
    return { ...withCode(error.code, error.message, error.details), retryAfter };
  }
  if (error instanceof StoreUnavailable) {
    log('error', 'the store is not available', { err: error, request_id: requestId });
    return withCode('SERVICE_UNAVAILABLE', 'The store does not answer. Try again shortly.');
  }
  const refused = refusedByFramework(error);
  if (refused !== undefined) {
    return { ...withCode('INVALID_REQUEST', refused.message), status: refused.status };
  }
  log('error', 'a request failed', { err: error, request_id: requestId });
  return withCode(
    'INTERNAL_ERROR',
    'Something went wrong here. The request id finds it in the log.',
  );
}

/** What the framework refuses. Its own messages may quote the body, so they are not passed on. */
function refusedByFramework(error: unknown): { status: number; message: string } | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined;
  if (statusCode === 413) {
    return { status: 413, message: `The body is larger than ${BODY_BYTES_MAX} bytes.` };
  }
  const path = 'code' in error && error.code === 'FST_ERR_BAD_URL';
  return { status: 400, message: path ? 'The path is malformed.' : 'The body is not valid JSON.' };
}

function withCode(
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): Described {
  return { status: ERRORS[code].status, code, message, details };
}

/** What the header `Retry-After` says of seconds, or of a moment. */
function secondsUntil(when: number | string, now: number): string {
  return String(typeof when === 'number' ? when : Math.ceil((Date.parse(when) - now) / 1_000));
}
