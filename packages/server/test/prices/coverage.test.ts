/** What was called, held against the book. */
import { expect, test } from 'vitest';
import { priceBook, usageOf, type EntryDraft, type PriceRow } from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { coverageOf } from '../../src/prices/coverage.ts';
import { anEntry } from '../admin/control-plane.ts';

const AT = Date.UTC(2026, 10, 22);

function row(change: Partial<PriceRow>): PriceRow {
  return {
    model_id: 'a.b-v1',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: 'input',
    context_band: 'all',
    effective_from: '2026-01-01',
    usd: '1',
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
    ...change,
  };
}

const BOOK = priceBook(
  [
    row({}),
    row({ usage_class: 'output' }),
    row({ scope: 'geo' }),
    row({
      model_id: 'amazon.bedrock-guardrails',
      usage_class: 'guardrail_topic_policy_unit',
      per: 1,
    }),
  ],
  'v',
);

async function covered(...entries: readonly (Partial<EntryDraft> & { model_id: string })[]) {
  const { ledger } = memoryStore();
  const nothing = { amount: 0n, ceiling: 0n };
  for (const [index, change] of entries.entries()) {
    const entry = { ...anEntry({ entry_id: `e${index}` }), started_at: AT, ...change };
    await ledger.record({
      instance_id: 'test',
      entry,
      postings: { usd: nothing, tokens: nothing, requests: nothing },
      at: AT,
      cause: 'submitted',
    });
  }
  const groups = await coverageOf(ledger, BOOK, { from: AT - 1, to: AT + 1 }, AT);
  return groups.map(({ model_id, tier, status, missing }) => [model_id, tier, status, missing]);
}

test('every class that was used is looked for, by model, region, scope and tier', async () => {
  const both = { usage: usageOf({ input_tokens: 1, output_tokens: 1 }) };
  expect(
    await covered(
      { model_id: 'a.b-v1', ...both },
      { model_id: 'a.b-v1', tier: 'flex', ...both },
      { model_id: 'us.a.b-v1', ...both },
      { model_id: 'x.unheard-of-v1', ...both },
    ),
  ).toEqual([
    ['a.b-v1', 'flex', 'unpriced', ['input', 'output']],
    ['a.b-v1', 'standard', 'priced', []],
    ['us.a.b-v1', 'standard', 'partly', ['output']],
    ['x.unheard-of-v1', 'standard', 'unpriced', ['input', 'output']],
  ]);
});

test('guardrail units have prices of their own, other units those of the model', async () => {
  const units = { guardrail_topic_policy_unit: 1 };
  expect(
    await covered(
      { model_id: 'a.b-v1', usage: usageOf({ input_tokens: 1, units }) },
      { model_id: 'us.a.b-v1', usage: usageOf({ units: { image: 1 } }) },
      { model_id: 'amazon.bedrock-guardrails', usage: usageOf({ units }) },
    ),
  ).toEqual([
    ['a.b-v1', 'standard', 'priced', []],
    ['amazon.bedrock-guardrails', 'standard', 'priced', []],
    ['us.a.b-v1', 'standard', 'partly', ['image']],
  ]);
});

test('what an account owns is told apart: no list has a price for it', async () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl';
  expect(await covered({ model_id: arn })).toEqual([[arn, 'standard', 'account_owned', []]]);
});

test('a model of unknown usage is priced when the book knows it', async () => {
  const unknown = { usage: null, usage_source: 'unknown', charges: [] } as const;
  expect(
    await covered({ model_id: 'a.b-v1', ...unknown }, { model_id: 'x.y-v1', ...unknown }),
  ).toEqual([
    ['a.b-v1', 'standard', 'priced', []],
    ['x.y-v1', 'standard', 'unpriced', []],
  ]);
});
