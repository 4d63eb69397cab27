/** Faults: what a caller is told. */
import { expect, it } from 'vitest';
import { invalidMember, invalidRequest, notFound } from '../../src/admin/fault.ts';

it('names every problem in words and in details', () => {
  const problems = [
    { member: 'body.a', problem: 'is missing' },
    { member: 'body.b', problem: 'is not known here' },
  ];
  const fault = invalidRequest(problems);
  expect(fault.code).toBe('INVALID_REQUEST');
  expect(fault.message).toBe(
    'The request is not valid: body.a is missing; body.b is not known here.',
  );
  expect(fault.details).toEqual({ problems });
  expect(invalidMember('body.a', 'is missing').details).toEqual({ problems: [problems[0]] });
});

it('does not tell what is missing from what is not yours', () => {
  expect(notFound('The key').message).toBe('The key does not exist, or is not yours.');
});
