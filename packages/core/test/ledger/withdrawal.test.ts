/** A submission and its withdrawal are nothing, in every figure. */
import { describe, expect, it } from 'vitest';
import {
  idsOfCall,
  isWithdrawal,
  LabelFold,
  SummaryFold,
  usageOf,
  withdrawalId,
  withdrawalOf,
} from '../../src/index.ts';
import type { Line } from '../../src/index.ts';
import { aLine } from './a-line.ts';
import { anEntry } from './an-entry.ts';

const submission = aLine({
  entry_id: 's',
  entry_type: 'submission',
  source: 'submitted',
  label: 'premium',
  ceiling: 300_000_000n,
  priced: 'partly',
  usage: usageOf({ input_tokens: 1_000, output_tokens: 200, units: { image: 2 } }),
});
const rerated = aLine({
  entry_id: 's-rerate-1',
  entry_type: 'correction',
  corrects_entry_id: 's',
  source: 'job',
  label: 'premium',
  usage: usageOf({}),
  charges: [{ class: 'image', quantity: 2, unit_price_usd: '0.000001', amount: 2_000_000n }],
  cost: 2_000_000n,
  ceiling: -300_000_000n,
});
const nothing = { amount: 0n, ceiling: 0n };
const correction: Line = {
  ...rerated,
  postings: { ...rerated.postings, requests: nothing },
  unpriced: -1,
};
const back = withdrawalOf(submission, [correction], { upstream_request_id: 'aws-1' });
const withdrawn: Line = {
  ...submission,
  entry: { ...back.entry, writer_id: 'writer', sequence: 3 },
  postings: back.postings,
  unpriced: 0,
};

describe('a submission that is withdrawn with its corrections', () => {
  it('leaves nothing in a summary, in whatever group', () => {
    const fold = new SummaryFold(['source']);
    for (const line of [{ ...submission, unpriced: 1 }, correction, withdrawn]) fold.add(line);
    const { total } = fold.summary();
    expect(total).toMatchObject({
      ...{ requests: 0, input_tokens: 0, output_tokens: 0, cost: 0n, ceiling: 0n },
      ...{ unknown_entries: 0, unpriced_entries: 0, units: { image: 0 } },
    });
    expect(Object.is(back.entry.usage?.cache_read_input_tokens, 0)).toBe(true);
  });

  it('leaves nothing in the sums of its label', () => {
    const fold = new LabelFold();
    for (const line of [submission, correction, withdrawn]) fold.add(line);
    expect(fold.sums()).toMatchObject([
      { label: 'premium', requests: 0, input_tokens: 0, cost: 0n, posted: 0n, ceiling: 0n },
    ]);
  });

  it('says that it is one correction of the submission, and of which call', () => {
    expect(back.entry).toMatchObject({
      ...{ entry_id: withdrawalId('s'), entry_type: 'correction', corrects_entry_id: 's' },
      ...{ upstream_request_id: 'aws-1', source: 'submitted', priced: 'yes' },
    });
    expect(back.postings.requests).toEqual({ amount: -1n, ceiling: 0n });
    expect([back.entry, submission.entry, correction.entry].map(isWithdrawal)).toEqual([
      ...[true, false, false],
    ]);
  });

  it('takes every charge back', () => {
    const sum = new Map<string, bigint>();
    for (const { class: name, amount } of [submission, correction, withdrawn].flatMap(
      ({ entry }) => entry.charges,
    )) {
      sum.set(name, (sum.get(name) ?? 0n) + (amount ?? 0n));
    }
    expect([...sum.values()]).toEqual([0n, 0n, 0n]);
  });
});

it('has no ceiling where there never was one, and takes back what has no amount', () => {
  const charges = [{ class: 'image', quantity: 1, unit_price_usd: null, amount: null }];
  const certain = aLine({ entry_id: 's', entry_type: 'submission', usage: null, charges });
  const { entry } = withdrawalOf(certain, [], { upstream_request_id: null });
  expect(entry.ceiling).toBeNull();
  expect(entry.charges).toEqual([
    { class: 'image', quantity: -1, unit_price_usd: null, amount: null },
  ]);
});

it('the call of a submission is known by its request id and the upstream id, each once', () => {
  const ids = { request_id: 'r', upstream_request_id: 'u' };
  expect(idsOfCall(anEntry(ids))).toEqual(['r', 'u']);
  expect(idsOfCall(anEntry({ ...ids, upstream_request_id: 'r' }))).toEqual(['r']);
  expect(idsOfCall(anEntry({ ...ids, upstream_request_id: null }))).toEqual(['r']);
});
