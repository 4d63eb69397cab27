/** The catalogue of errors is that of the cost keeper, whose clients switch on it. */
import { expect, it } from 'vitest';
import { ERROR_CODES, ERRORS } from '../src/errors.ts';

it('has the codes that clients know, with their statuses', () => {
  expect(Object.fromEntries(ERROR_CODES.map((code) => [code, ERRORS[code].status]))).toEqual({
    INVALID_REQUEST: 400,
    INVALID_CONFIG: 400,
    UNAUTHORIZED: 401,
    FORBIDDEN: 403,
    NOT_FOUND: 404,
    CONFIRMATION_REQUIRED: 409,
    ALREADY_EXISTS: 409,
    QUOTA_EXCEEDED: 429,
    RATE_LIMIT_EXCEEDED: 429,
    INTERNAL_ERROR: 500,
    SERVICE_UNAVAILABLE: 503,
  });
});
