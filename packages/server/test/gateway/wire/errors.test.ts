/**
 * Refusals look like those of AWS, so that SDKs raise the right exception and retry only what they
 * should.
 */
import { expect, test } from 'vitest';
import { awsError } from '../../../src/gateway/wire/errors.ts';

test.each([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 400],
  ['AccessDeniedException', 403],
  ['UnrecognizedClientException', 403],
  ['ResourceNotFoundException', 404],
  ['ModelTimeoutException', 408],
  ['ModelErrorException', 424],
  ['ThrottlingException', 429],
  ['ModelNotReadyException', 429],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
] as const)('%s has the status %i of the service model and carries its name', (kind, status) => {
  const error = awsError(kind, 'No.');
  expect(error.status).toBe(status);
  expect(error.headers['x-amzn-errortype']).toBe(kind);
  expect(error.headers['content-type']).toBe('application/json');
  expect(JSON.parse(error.body.toString())).toEqual({ message: 'No.' });
});

test('the length is that of the bytes, not of the characters', () => {
  const error = awsError('ValidationException', 'caf\u00e9 \u4e2d');
  expect(error.headers['content-length']).toBe(String(error.body.byteLength));
});

test('further headers are added', () => {
  expect(awsError('ThrottlingException', 'Later.', { 'retry-after': '3' }).headers).toMatchObject({
    'retry-after': '3',
    'x-amzn-errortype': 'ThrottlingException',
  });
});
