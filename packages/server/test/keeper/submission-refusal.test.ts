/** Refusals name what is wrong and what is right. */
import { expect, test } from 'vitest';
import { badTime, conflict, invalid } from '../../src/keeper/submission-refusal.ts';
import type { Submission } from '../../src/keeper/submission-entry.ts';

test('every member that is wrong is in the words and in the details', () => {
  const problems = [
    { member: 'body.a', problem: 'is missing' },
    { member: 'body.b', problem: 'must be more' },
  ];
  expect(invalid(problems)).toEqual({
    ...{ kind: 'refused', code: 'INVALID_REQUEST', details: { problems } },
    message: 'The request is not valid: body.a is missing; body.b must be more.',
  });
  expect(badTime('is bad').message).toBe('The request is not valid: body.timestamp is bad.');
});

test('a conflict names the members that differ, and not what they are', () => {
  const submission = { request_id: 'id', input_tokens: 4711 } as unknown as Submission;
  const { code, message, details } = conflict(submission, ['input_tokens', 'status']);
  expect(code).toBe('ALREADY_EXISTS');
  expect(message).toContain('another input_tokens, status');
  expect(JSON.stringify([message, details])).not.toContain('4711');
});
