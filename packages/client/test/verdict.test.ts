/** What becomes of each report of a batch. */
import { ApiError } from '@tollkeeper/contract';
import { describe, expect, it } from 'vitest';
import type { Submission } from '../src/reports.ts';
import { isAboutContent, verdictsOf } from '../src/verdict.ts';

const ID = '0b8f6c5e-0000-4000-8000-00000000000a';
const report: Submission = {
  request_id: ID,
  model_label: 'premium',
  bedrock_model_id: 'amazon.nova-pro-v1:0',
  input_tokens: 1,
  output_tokens: 1,
  status: 'OK',
  timestamp: '2026-11-22T14:33:00Z',
};

function answer(result: object | undefined, timestamp = '2026-11-22T14:33:10Z') {
  const results = result === undefined ? [] : [{ request_id: ID, message: 'why', ...result }];
  return { accepted: 0, failed: 1, results, timestamp } as Parameters<typeof verdictsOf>[1];
}

const failed = (error: string) => answer({ status: 'failed', error });
const kindOf = (given: ReturnType<typeof answer>, answers = 1): string | undefined =>
  verdictsOf([report], given, answers)[0]?.kind;

describe('a report', () => {
  it('is done with when it was accepted', () => {
    expect(kindOf(answer({ status: 'accepted' }))).toBe('accepted');
    expect(kindOf(answer({ status: 'accepted', request_id: ID.toUpperCase() }))).toBe('accepted');
  });

  it.each([['INVALID_CONFIG'], ['INVALID_REQUEST'], ['ALREADY_EXISTS'], ['NOT_FOUND']])(
    'is refused for good by %s, with the reason',
    (code) => {
      expect(verdictsOf([report], failed(code), 1)).toEqual([
        { kind: 'refused', code, message: 'why' },
      ]);
    },
  );

  it.each([['SERVICE_UNAVAILABLE'], ['RATE_LIMIT_EXCEEDED'], ['INTERNAL_ERROR']])(
    'is sent again after %s',
    (code) => {
      expect(kindOf(failed(code))).toBe('again');
    },
  );

  it('that only ever makes the service fail is taken for the cause after ten answers', () => {
    expect(kindOf(failed('INTERNAL_ERROR'), 9)).toBe('again');
    expect(kindOf(failed('INTERNAL_ERROR'), 10)).toBe('refused');
    expect(kindOf(failed('SERVICE_UNAVAILABLE'), 1000)).toBe('again');
  });

  it('of which the answer says nothing, or names another, is sent again', () => {
    expect(kindOf(answer(undefined))).toBe('again');
    expect(kindOf(answer({ status: 'accepted', request_id: 'another' }))).toBe('again');
  });

  it('is sent again while the clock of the service is a little behind ours', () => {
    const ahead = (timestamp: string) =>
      kindOf(answer({ status: 'failed', error: 'INVALID_REQUEST' }, timestamp));
    expect(ahead('2026-11-22T14:32:59Z')).toBe('again');
    expect(ahead('2026-11-22T14:18:00Z')).toBe('again');
    expect(ahead('2026-11-22T14:17:59Z')).toBe('refused');
    expect(ahead('2026-11-22T14:33:00Z')).toBe('refused');
  });
});

it.each([
  [400, 'INVALID_REQUEST', true],
  [409, 'ALREADY_EXISTS', true],
  [401, 'UNAUTHORIZED', false],
  [404, 'NOT_FOUND', false],
  [429, 'RATE_LIMIT_EXCEEDED', false],
  [500, 'INTERNAL_ERROR', false],
] as const)('a whole batch refused with %i %s: about what was sent? %j', (status, error, about) => {
  expect(isAboutContent(new ApiError(status, { error }))).toBe(about);
});

it('a 400 from something on the way is not about what was sent', () => {
  expect(isAboutContent(new ApiError(400, {}))).toBe(false);
  expect(isAboutContent(new TypeError('fetch failed'))).toBe(false);
});
