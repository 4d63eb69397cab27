/** A complete entry for tests, of which each changes what it is about. */
import type { Entry } from '../../src/ledger/entry.ts';
import { usageOf } from '../../src/usage/usage.ts';

/** One Converse call of 1,000 input and 200 output tokens at 0.06 and 0.24 USD per million. */
export function anEntry(change: Partial<Entry> = {}): Entry {
  return {
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
    usage: usageOf({ input_tokens: 1_000, output_tokens: 200 }),
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: '2026-11-21',
    price_basis: null,
    price_layers: [],
    charges: [
      { class: 'input', quantity: 1_000, unit_price_usd: '0.00000006', amount: 60_000_000n },
      { class: 'output', quantity: 200, unit_price_usd: '0.00000024', amount: 48_000_000n },
    ],
    cost: 108_000_000n,
    ceiling: null,
    started_at: 1_795_359_600_000,
    ended_at: 1_795_359_600_250,
    latency_ms: 250,
    time_to_first_token_ms: null,
    tags: {},
    writer_id: 'writer',
    sequence: 1,
    ...change,
  };
}
