/** The JSON of an entry: its names, its strings, and what it refuses to read. */
import { describe, expect, test } from 'vitest';
import { entryFromJson, entryToJson } from '../../src/ledger/entry-json.ts';
import { anEntry } from './an-entry.ts';

test('an entry is shown in the names of the API, with exact strings and UTC times', () => {
  expect(entryToJson(anEntry())).toEqual({
    entry_id: '01936b5e-0000-7000-8000-000000000001',
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: '01936b5e-0000-7000-8000-000000000001',
    request_id: '01936b5e-0000-7000-8000-000000000001',
    upstream_request_id: 'upstream-1',
    invocation_id: 'invocation-1',
    source: 'gateway',
    org_id: '6f1a3c1e-0000-4000-8000-000000000000',
    app_id: 'app',
    user_id: null,
    key_id: 'key',
    label: null,
    model_id: 'amazon.nova-lite-v1:0',
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage: {
      input_tokens: 1000,
      output_tokens: 200,
      cache_read_input_tokens: 0,
      cache_write_5m_input_tokens: 0,
      cache_write_1h_input_tokens: 0,
      cache_write_30m_input_tokens: 0,
      units: {},
    },
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: '2026-11-21',
    price_basis: null,
    price_layers: [],
    charges: [
      { class: 'input', quantity: 1000, unit_price_usd: '0.00000006', amount_usd: '0.00006' },
      { class: 'output', quantity: 200, unit_price_usd: '0.00000024', amount_usd: '0.000048' },
    ],
    cost_usd: '0.000108',
    ceiling_usd: null,
    started_at: '2026-11-22T15:00:00.000Z',
    ended_at: '2026-11-22T15:00:00.250Z',
    latency_ms: 250,
    time_to_first_token_ms: null,
    tags: {},
    writer_id: 'writer',
    sequence: 1,
  });
});

test('unknown usage is null and its ceiling an amount, never a zero in their place', () => {
  const json = entryToJson(
    anEntry({ usage: null, usage_source: 'unknown', charges: [], cost: 0n, ceiling: 1n }),
  );
  expect(json.usage).toBeNull();
  expect(json.ceiling_usd).toBe('0.000000000001');
});

test('a line without a price has no amount', () => {
  const line = { class: 'image', quantity: 1, unit_price_usd: null, amount: null };
  const entry = anEntry({ charges: [line] });
  expect(entryToJson(entry).charges[0]).toEqual({
    class: 'image',
    quantity: 1,
    unit_price_usd: null,
    amount_usd: null,
  });
  expect(entryFromJson(entryToJson(entry))).toEqual(entry);
});

describe('what is malformed is refused, not guessed', () => {
  const good = entryToJson(anEntry());
  test.each([
    ['an amount with an exponent', { cost_usd: '1e-3' }],
    ['an empty ceiling', { ceiling_usd: '' }],
    ['a time without milliseconds', { started_at: '2026-11-22T15:00:00Z' }],
    ['a time with an offset', { ended_at: '2026-11-22T15:00:00.000+01:00' }],
    ['a month that is none', { ended_at: '2026-13-22T15:00:00.000Z' }],
  ])('%s', (_, change) => {
    expect(() => entryFromJson({ ...good, ...change })).toThrow(RangeError);
  });
});
