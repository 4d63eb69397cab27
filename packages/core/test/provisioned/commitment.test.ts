/** Commitments: how long they last, what they come to, and what confirms them. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  commitmentEnd,
  commitmentPrice,
  confirmationProblem,
  confirmationToken,
  parseCommitment,
} from '../../src/provisioned/commitment.ts';

const at = (text: string): number => Date.parse(text);

it.each([
  ['ONE_MONTH', 'OneMonth'],
  ['OneMonth', 'OneMonth'],
  ['SIX_MONTHS', 'SixMonths'],
  ['SixMonths', 'SixMonths'],
])('%s is %s', (text, commitment) => {
  expect(parseCommitment(text)).toBe(commitment);
});

it.each(['one_month', 'ONE_MONTHS', 'OneYear', 'toString', ''])('%s is none', (text) => {
  expect(parseCommitment(text)).toMatchObject({ code: 'ValidationException' });
});

it.each([
  ['2026-11-22T14:33:00Z', 'OneMonth', '2026-12-22T14:33:00Z', 720],
  ['2026-12-31T23:59:59Z', 'OneMonth', '2027-01-31T23:59:59Z', 744],
  // There is no 31 February: it ends on the last day.
  ['2027-01-31T00:00:00Z', 'OneMonth', '2027-02-28T00:00:00Z', 672],
  ['2028-01-30T12:00:00Z', 'OneMonth', '2028-02-29T12:00:00Z', 720],
  ['2026-08-31T06:00:00Z', 'SixMonths', '2027-02-28T06:00:00Z', 4344],
  ['2026-11-22T14:33:00Z', 'SixMonths', '2027-05-22T14:33:00Z', 4344],
] as const)('from %s on, %s ends at %s', (from, commitment, end, hours) => {
  expect(commitmentEnd(at(from), commitment)).toBe(at(end));
  expect(commitmentPrice(at(from), commitment, 1, null).hours).toBe(hours);
});

it('costs hours x units x price, exactly; without a price nobody knows', () => {
  const from = at('2026-11-22T14:33:00Z');
  // 21.183 USD an hour: 720 x 3 x 21.183 = 45755.28.
  expect(commitmentPrice(from, 'OneMonth', 3, 21_183_000_000_000n)).toEqual({
    ...{ model_units: 3, hours: 720 },
    ...{ unit_hour_usd: '21.183', total_usd: '45755.28' },
  });
  expect(commitmentPrice(from, 'OneMonth', 3, null)).toMatchObject({
    ...{ unit_hour_usd: null, total_usd: null },
  });
});

describe('a confirmation', () => {
  const sealing = {
    sum: (text: string) =>
      Promise.resolve(createHmac('sha256', 'secret').update(text).digest('hex')),
  };
  const until = at('2026-11-22T15:00:00Z');

  it('is good until its end, for what it was given for', async () => {
    const token = await confirmationToken(sealing, 'one unit', until);
    expect(await confirmationProblem(sealing, 'one unit', token, until - 1)).toBeUndefined();
    expect(await confirmationProblem(sealing, 'one unit', token, until)).toContain('expired');
    expect(await confirmationProblem(sealing, 'two units', token, 0)).toContain('another');
  });

  it('is not good when any character of it is another', async () => {
    const token = await confirmationToken(sealing, 'one unit', until);
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === '1' ? '2' : '1';
      const forged = token.slice(0, i) + other + token.slice(i + 1);
      expect(await confirmationProblem(sealing, 'one unit', forged, 0), forged).toBeDefined();
    }
  });

  it('is not good when another secret made it, or none', async () => {
    const token = await confirmationToken(sealing, 'one unit', until);
    const other = { sum: (text: string) => sealing.sum(`x${text}`) };
    expect(await confirmationProblem(other, 'one unit', token, 0)).toBeDefined();
    for (const forged of ['', '.', `${until}.`, 'yes', `${until}.${'0'.repeat(64)}`]) {
      expect(await confirmationProblem(sealing, 'one unit', forged, 0), forged).toBeDefined();
    }
  });
});
