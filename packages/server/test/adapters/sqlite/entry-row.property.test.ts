/** A row keeps all of an entry: what is read back is what was written, whatever it was. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OUTCOMES } from '@tollkeeper/core';
import type { EntryDraft, Usage } from '@tollkeeper/core';
import {
  draftOfRow,
  lineKeyOf,
  postingsOfRow,
  toEntryRow,
} from '../../../src/adapters/sqlite/entry-row.ts';
import { ROW } from '../../../src/adapters/sqlite/protocol.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value);
const count = fc.maxSafeNat();
const pico = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
const posting = fc.record({ amount: pico, ceiling: pico });

const usage: fc.Arbitrary<Usage> = fc.record({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_write_5m_input_tokens: count,
  cache_write_1h_input_tokens: count,
  cache_write_30m_input_tokens: count,
  units: fc.dictionary(text, count, { maxKeys: 3, noNullPrototype: true }),
});

const drafts: fc.Arbitrary<EntryDraft> = fc
  .record({
    entry_id: text,
    entry_type: fc.constantFrom('attempt', 'submission', 'correction'),
    corrects_entry_id: maybe(text),
    attempt_id: text,
    request_id: text,
    upstream_request_id: maybe(text),
    invocation_id: maybe(text),
    source: fc.constantFrom('gateway', 'submitted', 'job'),
    org_id: text,
    app_id: text,
    user_id: maybe(text),
    key_id: maybe(text),
    label: maybe(text),
    model_id: text,
    region: text,
    operation: text,
    tier: text,
    streamed: fc.boolean(),
    outcome: fc.constantFrom(...OUTCOMES),
    usage: maybe(usage),
    usage_source: fc.constantFrom('reported', 'estimated', 'unknown'),
    usage_reason: maybe(text),
    priced: fc.constantFrom('yes', 'partly', 'no'),
    price_version: text,
    price_basis: maybe(
      fc.record({
        model_id: fc.oneof(text, fc.constantFrom('m.x', 'us.m.x')),
        scope: fc.constantFrom('in_region', 'geo', 'global'),
        at: count,
      }),
    ),
    price_layers: fc.array(
      fc.record({
        layer_id: text,
        kind: fc.constantFrom('override', 'discount', 'markup'),
        percent: maybe(text),
      }),
      { maxLength: 2 },
    ),
    charges: fc.array(
      fc
        .record({
          class: text,
          quantity: count,
          unit_price_usd: maybe(text),
          amount: maybe(fc.bigInt()),
        })
        .chain((line) =>
          fc
            .option(maybe(text), { nil: undefined })
            .map((list) => (list === undefined ? line : { ...line, list_unit_price_usd: list })),
        ),
      { maxLength: 4 },
    ),
    cost: pico,
    ceiling: maybe(pico),
    started_at: count,
    ended_at: count,
    latency_ms: count,
    time_to_first_token_ms: maybe(count),
    tags: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
  })
  .map((draft) =>
    draft.entry_type === 'attempt' ? { ...draft, attempt_id: draft.entry_id } : draft,
  );

test('an entry read from the row that keeps it is the same entry', () => {
  fc.assert(
    fc.property(drafts, posting, posting, posting, (draft, usd, tokens, requests) => {
      const postings = { usd, tokens, requests };
      const row = toEntryRow(draft, postings);
      expect(draftOfRow(row)).toEqual(draft);
      expect(postingsOfRow(row, ROW.postings)).toEqual(postings);
    }),
    { plugins: [fc.interruptAfterTimeLimit(1_500)] },
  );
});

test('no two kinds of line share a key, whatever their ids', () => {
  fc.assert(
    fc.property(drafts, drafts, (one, other) => {
      const same = one.entry_type === other.entry_type && one.entry_id === other.entry_id;
      expect(lineKeyOf(one) === lineKeyOf(other)).toBe(same);
    }),
    { plugins: [fc.interruptAfterTimeLimit(1_000)] },
  );
});

test('the entry of an attempt that has another id is refused', () => {
  fc.assert(
    fc.property(drafts, (draft) => {
      const wrong: EntryDraft = { ...draft, entry_type: 'attempt', attempt_id: 'x', entry_id: 'y' };
      const zero = { amount: 0n, ceiling: 0n };
      expect(() => toEntryRow(wrong, { usd: zero, tokens: zero, requests: zero })).toThrow(
        RangeError,
      );
    }),
    { numRuns: 5 },
  );
});
