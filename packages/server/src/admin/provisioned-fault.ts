/** Refusals of provisioned throughput as errors of the management API. */
import type { ErrorCode } from '@tollkeeper/contract';
import type { Decided, Refusal } from '@tollkeeper/core';
import { Fault } from './fault.ts';

const RETRY_SECONDS = 1;

/** The value, or a `Fault` thrown. */
export function granted<T>(decided: Decided<T>): T {
  if (decided.kind === 'refused') throw faultOf(decided);
  return decided.value;
}

export function faultOf({ status, code, message, details }: Refusal): Fault {
  const isThrottled = status === 429;
  return new Fault(codeOf(status, code), message, details, isThrottled ? RETRY_SECONDS : undefined);
}

function codeOf(status: number, code: string): ErrorCode {
  switch (status) {
    case 401:
      return 'UNAUTHORIZED';
    case 403:
      return 'FORBIDDEN';
    case 404:
      return 'NOT_FOUND';
    case 409:
      return code === 'ConfirmationRequired' ? 'CONFIRMATION_REQUIRED' : 'ALREADY_EXISTS';
    case 429:
      return 'RATE_LIMIT_EXCEEDED';
    default:
      if (status >= 500) return 'SERVICE_UNAVAILABLE';
      return code === 'ValidationException' || code === 'TooManyTagsException'
        ? 'INVALID_REQUEST'
        : 'INVALID_CONFIG';
  }
}
