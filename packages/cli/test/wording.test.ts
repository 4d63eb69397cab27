/** Complaints name what was typed, never members of a request. */
import { ApiError } from '@tollkeeper/contract';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { inFlags, seeHelpOf, toldInFlags } from '../src/wording.ts';

const FLAGS = {
  query: [{ name: 'from', path: ['from'] }],
  body: [
    { name: 'limit-unit', path: ['limit', 'unit'] },
    { name: 'limit-amount', path: ['limit', 'amount'] },
    { name: 'key-policy-unpriced', path: ['key_policy', 'unpriced'] },
    { name: 'quotas', path: ['quotas'] },
  ],
};

it.each([
  ['params.org_id must be a UUID', '<org_id> must be a UUID'],
  ['query.from is no time', '--from is no time'],
  ['body.limit.amount is missing', '--limit-amount is missing'],
  ['body.limit is missing', '--limit-* is missing'],
  ['body.key_policy is missing', '--key-policy-* is missing'],
  ['body.quotas.premium must be a number', '--quotas (premium) must be a number'],
  ['Wrong: query.from; body.quotas.', 'Wrong: --from; --quotas.'],
  ['body.other is not known', 'body.other is not known'],
])('%s: %s', (text, told) => {
  expect(inFlags(text, FLAGS)).toBe(told);
});

it('tells an error of the API in flags, and leaves the rest of it', async () => {
  const body = { error: 'INVALID_REQUEST', details: { a: 1 }, request_id: 'r' } as const;
  const error = new ApiError(400, { ...body, message: 'The request is not valid: query.from x.' });
  await expect(toldInFlags(Promise.reject(error), FLAGS)).rejects.toMatchObject({
    status: 400,
    code: 'INVALID_REQUEST',
    message: 'The request is not valid: --from x.',
    details: { a: 1 },
    requestId: 'r',
  });
});

it('names the whole command in the advice', () => {
  const put = new Command('tollkeeper').command('budgets').command('put');
  expect(seeHelpOf(put)).toBe('See `tollkeeper budgets put --help`.');
});
