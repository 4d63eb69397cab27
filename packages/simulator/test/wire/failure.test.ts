/** Errors carry AWS's status, name and words. */
import { expect, it } from 'vitest';
import { Failure, nameOfStatus, scriptedFailure, STATUS_OF } from '../../src/wire/failure.ts';

// From the service model of Bedrock Runtime.
it.each([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 400],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['ModelTimeoutException', 408],
  ['ModelErrorException', 424],
  ['ThrottlingException', 429],
  ['ModelNotReadyException', 429],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
] as const)('%s is %i', (name, status) => {
  expect(scriptedFailure(name).status).toBe(status);
  expect(STATUS_OF[name]).toBe(status);
});

it('the service puts its namespace after the name, the front end does not', () => {
  const service = new Failure('ThrottlingException', 'slow');
  expect(service.errorType).toMatch(/^ThrottlingException:http:\/\/internal\.amazon\.com\//);
  expect(new Failure('InvalidSignatureException', 'no').errorType).toBe(
    'InvalidSignatureException',
  );
  expect(JSON.parse(service.body)).toEqual({ message: 'slow' });
});

it('a model error tells the status of the model', () => {
  expect(JSON.parse(scriptedFailure('ModelErrorException').body)).toMatchObject({
    originalStatusCode: 500,
  });
  expect(nameOfStatus(424)).toBe('ModelErrorException');
  expect(nameOfStatus(418)).toBeNull();
});
