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
  const known = { request_id: 'id' };
  const { code, message, details } = conflict(submission, ['input_tokens', 'status'], known);
  expect(code).toBe('ALREADY_EXISTS');
  expect(message).toContain('another input_tokens, status');
  expect(JSON.stringify([message, details])).not.toContain('4711');
});

test('a conflict of another report of the same call does not tell the id of that', () => {
  const submission = { request_id: 'ID' } as unknown as Submission;
  const mine = conflict(submission, ['status'], { request_id: 'id' });
  expect(mine.message).toMatch(/^The request id was submitted before/);
  const other = conflict(submission, ['status'], { request_id: 'theirs' });
  expect(other.message).toMatch(/^The call, under another request id, was submitted before/);
  expect(JSON.stringify(other)).not.toContain('theirs');
});
