/**
 * Errors that a caller is meant to see: a code of the contract, words for people, details for
 * programs.
 */
import type { ErrorCode, Problem } from '@tollkeeper/contract';

/** Thrown by handlers, answered by `app.ts`. Nothing in it may be secret or internal. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  /** When to try again: in whole seconds, or at an RFC 3339 moment. */
  readonly retryAfter: number | string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    retryAfter?: number | string,
  ) {
    super(message);
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }
}

/** 404: there is no such thing, or it is somebody else's. `what` starts the sentence. */
export function notFound(what: string): Fault {
  return new Fault('NOT_FOUND', `${what} does not exist, or is not yours.`);
}

/** 400 with every member that is wrong; `details` come beside them. */
export function invalidRequest(
  problems: readonly Problem[],
  details: Readonly<Record<string, unknown>> = {},
): Fault {
  const words = problems.map(({ member, problem }) => `${member} ${problem}`).join('; ');
  const all = { ...details, problems };
  return new Fault('INVALID_REQUEST', `The request is not valid: ${words}.`, all);
}

/** 400 for one member. */
export function invalidMember(member: string, problem: string): Fault {
  return invalidRequest([{ member, problem }]);
}
