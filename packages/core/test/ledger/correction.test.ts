/** A late settlement and the entry it corrects say together what really happened. */
import { describe, expect, it } from 'vitest';
import {
  addPostings,
  correctionOf,
  correctPostings,
  countedCost,
  NO_USAGE,
} from '../../src/index.ts';
import type { Entry, EntryDraft } from '../../src/index.ts';

const late: EntryDraft = {
  entry_id: 'attempt-1',
  entry_type: 'attempt',
  corrects_entry_id: null,
  attempt_id: 'attempt-1',
  request_id: 'attempt-1',
  upstream_request_id: 'aws-1',
  invocation_id: null,
  source: 'gateway',
  org_id: 'org',
  app_id: 'app',
  user_id: null,
  key_id: 'key',
  label: null,
  model_id: 'model',
  region: 'us-east-1',
  operation: 'Converse',
  tier: 'standard',
  streamed: false,
  outcome: 'ok',
  usage: { ...NO_USAGE, input_tokens: 7 },
  usage_source: 'reported',
  usage_reason: null,
  priced: 'yes',
  price_version: 'v1',
  price_basis: null,
  price_layers: [],
  charges: [{ class: 'input', quantity: 7, unit_price_usd: '0.000001', amount: 7_000_000n }],
  cost: 7_000_000n,
  ceiling: null,
  started_at: 1_000,
  ended_at: 2_000,
  latency_ms: 1_000,
  time_to_first_token_ms: null,
  tags: {},
};

const recovered: Entry = {
  ...late,
  outcome: 'interrupted',
  usage: null,
  usage_source: 'unknown',
  usage_reason: 'the process died',
  charges: [],
  cost: 0n,
  ceiling: 30_000_000n,
  writer_id: 'writer',
  sequence: 4,
};

describe('the correction of a recovered entry', () => {
  it('costs together with the recovered entry what the late settlement says', () => {
    const correction = correctionOf(recovered, late, 'correction-1');
    expect(recovered.cost + correction.cost).toBe(7_000_000n);
    expect((recovered.ceiling ?? 0n) + (correction.ceiling ?? 0n)).toBe(0n);
  });

  it('names the entry it corrects and carries what became known', () => {
    expect(correctionOf(recovered, late, 'correction-1')).toEqual({
      ...late,
      entry_id: 'correction-1',
      entry_type: 'correction',
      corrects_entry_id: 'attempt-1',
      cost: 7_000_000n,
      ceiling: -30_000_000n,
    });
  });

  it('keeps what is still uncertain when the late settlement does not know it either', () => {
    const unknown = { usage: null, usage_source: 'unknown', ceiling: 10_000_000n } as const;
    const broken = { ...late, ...unknown };
    expect(correctionOf(recovered, broken, 'c').ceiling).toBe(-20_000_000n);
  });

  it('has no ceiling when nothing was ever uncertain', () => {
    expect(correctionOf({ ...recovered, ceiling: null }, late, 'c').ceiling).toBeNull();
  });

  it('moves every unit from what was counted to what is counted now', () => {
    const before = {
      usd: { amount: 30_000_000n, ceiling: 30_000_000n },
      tokens: { amount: 500n, ceiling: 500n },
      requests: { amount: 1n, ceiling: 0n },
    };
    const after = {
      usd: { amount: countedCost(late), ceiling: 0n },
      tokens: { amount: 7n, ceiling: 0n },
      requests: { amount: 1n, ceiling: 0n },
    };
    expect(correctPostings(before, after)).toEqual({
      usd: { amount: -23_000_000n, ceiling: -30_000_000n },
      tokens: { amount: -493n, ceiling: -500n },
      requests: { amount: 0n, ceiling: 0n },
    });
  });
});

it('postings add up unit by unit', () => {
  const one = (amount: bigint, ceiling: bigint) => ({
    usd: { amount, ceiling },
    tokens: { amount: amount * 2n, ceiling: 0n },
    requests: { amount: 1n, ceiling: 0n },
  });
  expect(addPostings(one(5n, 2n), one(-3n, -2n))).toEqual({
    usd: { amount: 2n, ceiling: 0n },
    tokens: { amount: 4n, ceiling: 0n },
    requests: { amount: 2n, ceiling: 0n },
  });
});
