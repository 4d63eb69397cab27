/** Calls as the ledger's port sees them: a bound held, and then the entry of what it came to. */
import type { EntryDraft, Intent, Subject } from '@tollkeeper/core';
import type { Reserve, Settle } from '../packages/server/src/ports/ledger-store.ts';

export const AT = Date.UTC(2026, 0, 15, 12);
export const ORG = '018f0000-0000-7000-8000-000000000001';
export const SUBJECT = {
  org_id: ORG,
  app_id: 'app-1',
  user_id: 'user-1',
  key_id: 'key-1',
  label: null,
  model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
} as const;
const BOUND = { usd: 6_000_000_000n, tokens: 4_500n, requests: 1n };
const COST = 412_500_000n;

const INSTANCE = 'bench';

/** The reservation of call `number`, at a moment in milliseconds since the epoch. */
export function reserveOf(number: number, subject: Subject = SUBJECT, at?: number): Reserve {
  const intent = intentOf(number, subject, at ?? AT + (number % 10_000));
  return { instance_id: INSTANCE, intent, amounts: BOUND, catalog_revision: 0 };
}

/** Its settlement, at much less than the bound. */
export function settleOf({ instance_id, intent }: Reserve): Settle {
  return {
    instance_id,
    entry: entryOf(intent),
    postings: {
      usd: { amount: COST, ceiling: 0n },
      tokens: { amount: 750n, ceiling: 0n },
      requests: { amount: 1n, ceiling: 0n },
    },
    origin: 'attempt',
    correction_id: `c${intent.attempt_id}`,
  };
}

function intentOf(number: number, subject: Subject, at: number): Intent {
  const id = `019c0000-${(number >>> 16).toString(16).padStart(4, '0')}-7${(number & 0xffff)
    .toString(16)
    .padStart(4, '0')
    .slice(1)}-8000-${number.toString(16).padStart(12, '0')}`;
  return {
    attempt_id: id,
    request_id: id,
    invocation_id: null,
    subject,
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    price_version: '2026-01-01',
    priced: 'yes',
    tags: {},
    at,
  };
}

function entryOf(intent: Intent): EntryDraft {
  return {
    entry_id: intent.attempt_id,
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: intent.attempt_id,
    request_id: intent.request_id,
    upstream_request_id: intent.attempt_id.replace('019c', 'f3b6'),
    invocation_id: null,
    source: 'gateway',
    ...intent.subject,
    region: intent.region,
    operation: intent.operation,
    tier: intent.tier,
    streamed: false,
    outcome: 'ok',
    usage: {
      input_tokens: 420,
      output_tokens: 230,
      cache_read_input_tokens: 100,
      cache_write_5m_input_tokens: 0,
      cache_write_1h_input_tokens: 0,
      cache_write_30m_input_tokens: 0,
      units: {},
    },
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: intent.price_version,
    price_basis: null,
    price_layers: [],
    charges: [
      { class: 'input', quantity: 420, unit_price_usd: '0.00000025', amount: 105_000_000n },
      { class: 'output', quantity: 230, unit_price_usd: '0.00000125', amount: 287_500_000n },
      { class: 'cache_read', quantity: 100, unit_price_usd: '0.0000002', amount: 20_000_000n },
    ],
    cost: COST,
    ceiling: null,
    started_at: intent.at,
    ended_at: intent.at + 812,
    latency_ms: 812,
    time_to_first_token_ms: null,
    tags: intent.tags,
  };
}
