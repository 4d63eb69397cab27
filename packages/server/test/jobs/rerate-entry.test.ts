/** One entry under another version: what is corrected, what is left, and how the lines tell it. */
import { describe, expect, test } from 'vitest';
import {
  NO_USAGE,
  priceBook,
  usageOf,
  withdrawalOf,
  type Entry,
  type PriceRow,
} from '@tollkeeper/core';
import { rerateEntry } from '../../src/jobs/rerate-entry.ts';
import { anEntry } from '../admin/control-plane.ts';

const BY = { rerateId: 'r', instanceId: 'i', now: 9_000_000_000_000 };

function row(usd: string, change: Partial<PriceRow> = {}): PriceRow {
  return {
    model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: 'input',
    context_band: 'all',
    effective_from: '2024-03-13',
    usd,
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
    ...change,
  };
}

/** 1,000 input tokens at 0.25 USD a million. */
function entry(change: Partial<Entry> = {}): Entry {
  return { ...anEntry({ entry_id: 'e' }), writer_id: 'w', sequence: 1, ...change };
}

const DEARER = priceBook([row('0.40')], 'v2');

describe('an entry at another price', () => {
  const rated = rerateEntry(entry(), [], DEARER, BY);
  const correction = rated.kind === 'priced' ? rated.correction : null;

  test('is corrected by the difference, in the window of its own dispatch', () => {
    expect(rated).toMatchObject({ kind: 'priced', before: 250_000_000n, after: 400_000_000n });
    expect(correction).toMatchObject({
      cause: 'correction',
      at: entry().started_at,
      postings: {
        usd: { amount: 150_000_000n, ceiling: 0n },
        tokens: { amount: 0n, ceiling: 0n },
        requests: { amount: 0n, ceiling: 0n },
      },
      entry: {
        entry_id: 'e-rerate-1',
        entry_type: 'correction',
        corrects_entry_id: 'e',
        source: 'job',
        cost: 150_000_000n,
        ceiling: null,
        price_version: 'v2',
        usage: NO_USAGE,
        started_at: entry().started_at,
        request_id: 'e',
      },
    });
  });

  test('has its old line taken back and the new one put in its place', () => {
    expect(correction?.entry.charges).toEqual([
      { class: 'input', quantity: -1000, unit_price_usd: '0.00000025', amount: -250_000_000n },
      { class: 'input', quantity: 1000, unit_price_usd: '0.0000004', amount: 400_000_000n },
    ]);
  });

  test('needs nothing more once that is appended, and the next one builds on it', () => {
    const first = { ...(correction?.entry ?? entry()), writer_id: 'w', sequence: 2 };
    expect(rerateEntry(entry(), [first], DEARER, BY)).toEqual({
      kind: 'priced',
      before: 250_000_000n,
      after: 400_000_000n,
      correction: null,
    });
    const cheaper = priceBook([row('0.10')], 'v3');
    const again = rerateEntry(entry(), [first], cheaper, { ...BY, rerateId: 's' });
    expect(again).toMatchObject({ before: 400_000_000n, after: 100_000_000n });
    expect(again.kind === 'priced' ? again.correction?.entry : null).toMatchObject({
      entry_id: 'e-rerate-2',
      cost: -300_000_000n,
      charges: [
        { quantity: -1000, unit_price_usd: '0.0000004', amount: -400_000_000n },
        { quantity: 1000, unit_price_usd: '0.0000001', amount: 100_000_000n },
      ],
    });
  });
});

test('at the same price nothing is appended', () => {
  const same = priceBook([row('0.250')], 'v2');
  expect(rerateEntry(entry(), [], same, BY)).toMatchObject({ kind: 'priced', correction: null });
});

test('is priced for its organization, by the layers of the version', () => {
  const layer = {
    layer_id: 'd',
    kind: 'discount',
    percent: '50',
    org_id: 'o',
    provider: null,
    model_id: null,
    effective_from: '2026-01-01',
    effective_until: null,
  } as const;
  const book = priceBook([row('0.25')], 'v2', [layer]);
  expect(rerateEntry(entry({ org_id: 'o' }), [], book, BY)).toMatchObject({ after: 125_000_000n });
  expect(rerateEntry(entry({ org_id: 'p' }), [], book, BY)).toMatchObject({ after: 250_000_000n });
});

test('is priced by what was really served, not by what the caller named', () => {
  const basis = { model_id: 'x.routed-v1', scope: 'geo', at: entry().started_at } as const;
  const book = priceBook([row('0.40'), row('9', { model_id: 'x.routed-v1', scope: 'geo' })], 'v2');
  const rated = rerateEntry(entry({ price_basis: basis }), [], book, BY);
  expect(rated).toMatchObject({ after: 9_000_000_000n });
});

test('of unknown usage is left; a settlement that came late is what counts', () => {
  const unknown = entry({
    usage: null,
    usage_source: 'unknown',
    charges: [],
    cost: 0n,
    ceiling: 900_000_000n,
  });
  expect(rerateEntry(unknown, [], DEARER, BY)).toEqual({ kind: 'unknown' });
  const late = entry({
    entry_id: 'c',
    entry_type: 'correction',
    corrects_entry_id: 'e',
    source: 'gateway',
    ceiling: -900_000_000n,
  });
  const rated = rerateEntry(unknown, [late], DEARER, BY);
  expect(rated).toMatchObject({ before: 250_000_000n, after: 400_000_000n });
  expect(rated.kind === 'priced' ? rated.correction : null).toMatchObject({
    entry: { entry_id: 'e-rerate-2', cost: 150_000_000n, ceiling: 0n },
    postings: { usd: { amount: 150_000_000n, ceiling: 0n } },
  });
});

test('that the version cannot price in full is left: nothing becomes free by it', () => {
  const usage = usageOf({ input_tokens: 1000, output_tokens: 5 });
  expect(rerateEntry(entry({ usage }), [], DEARER, BY)).toEqual({ kind: 'unpriced' });
  expect(rerateEntry(entry({ tier: 'flex' }), [], DEARER, BY)).toEqual({ kind: 'unpriced' });
});

test('that had no price gets one, and its ceiling is taken back', () => {
  const unpriced = entry({
    priced: 'no',
    charges: [{ class: 'input', quantity: 1000, unit_price_usd: null, amount: null }],
    cost: 0n,
    ceiling: 700_000_000n,
    price_basis: {
      model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
      scope: 'in_region',
      at: entry().started_at,
    },
  });
  const rated = rerateEntry(unpriced, [], DEARER, BY);
  expect(rated).toMatchObject({ before: 0n, after: 400_000_000n });
  expect(rated.kind === 'priced' ? rated.correction : null).toMatchObject({
    entry: { priced: 'yes', cost: 400_000_000n, ceiling: -700_000_000n },
    postings: { usd: { amount: -300_000_000n, ceiling: -700_000_000n } },
  });
});

test('that was estimated keeps what it can have cost, and never less than its price', () => {
  const estimated = (ceiling: bigint): Entry =>
    entry({ usage_source: 'estimated', usage_reason: 'stream_broken', ceiling });
  const far = rerateEntry(estimated(900_000_000n), [], DEARER, BY);
  expect(far.kind === 'priced' ? far.correction : null).toMatchObject({
    entry: { cost: 150_000_000n, ceiling: 0n },
    postings: { usd: { amount: 0n, ceiling: -150_000_000n } },
  });
  const near = rerateEntry(estimated(250_000_000n), [], DEARER, BY);
  expect(near.kind === 'priced' ? near.correction : null).toMatchObject({
    entry: { ceiling: 150_000_000n },
    postings: { usd: { amount: 150_000_000n, ceiling: 0n } },
  });
});

test('what the book never priced, such as capacity by the hour, is left', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl';
  const owned = entry({ model_id: arn, price_basis: null });
  expect(rerateEntry(owned, [], DEARER, BY)).toEqual({ kind: 'not_listed' });
});

test('a submission that was withdrawn is priced at nothing, whatever the version says', () => {
  const submission = entry({ entry_type: 'submission' });
  const posting = { amount: 0n, ceiling: 0n };
  const postings = { usd: posting, tokens: posting, requests: posting };
  const back = withdrawalOf({ entry: submission, at: 0, postings }, [], {
    upstream_request_id: 'aws',
  });
  const correction = { ...back.entry, writer_id: 'w', sequence: 2 };
  expect(rerateEntry(submission, [correction], DEARER, BY)).toEqual({
    ...{ kind: 'priced', before: 0n, after: 0n, correction: null },
  });
});
