/** Items keep all of what they are made of: what is read back is what was written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OUTCOMES } from '@tollkeeper/core';
import type { Entry, Intent, Usage } from '@tollkeeper/core';
import {
  attemptOf,
  endedAttributes,
  openAttributes,
} from '../../../../src/adapters/dynamodb/attempts/attempt-item.ts';
import type { OpenAttempt } from '../../../../src/adapters/dynamodb/attempts/attempt-item.ts';
import {
  balanceAttributes,
  balanceOf,
  leaseAttributes,
  leaseOf,
} from '../../../../src/adapters/dynamodb/budgets/balance-item.ts';
import type {
  StoredBalance,
  StoredLease,
} from '../../../../src/adapters/dynamodb/budgets/balance-item.ts';
import {
  changeAttributes,
  changeOf,
  definitionAttributes,
  definitionOf,
} from '../../../../src/adapters/dynamodb/budgets/definition-item.ts';
import {
  entryKey,
  lineAttributes,
  lineOf,
} from '../../../../src/adapters/dynamodb/entries/entry-item.ts';
import type { StoredLine } from '../../../../src/adapters/dynamodb/entries/entry-item.ts';
import type { ItemKey } from '../../../../src/adapters/dynamodb/items/items.ts';
import {
  attemptKey,
  leaseSort,
  logPartition,
  logSort,
} from '../../../../src/adapters/dynamodb/items/keys.ts';
import {
  knownAsOf,
  knownAsSort,
  logAttributes,
  logOf,
} from '../../../../src/adapters/dynamodb/entries/line-items.ts';
import type { Attributes } from '../../../../src/adapters/dynamodb/groups/transactions.ts';

const RUNS = { numRuns: 10_000, interruptAfterTimeLimit: 400, markInterruptAsFailure: false };

const text = fc.string({ unit: 'binary', maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value);
const count = fc.maxSafeNat();
const pico = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });
const posting = fc.record({ amount: pico, ceiling: pico });
const amounts = fc.record({ usd: pico, tokens: pico, requests: pico });
const tags = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true });

const usage: fc.Arbitrary<Usage> = fc.record({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_write_5m_input_tokens: count,
  cache_write_1h_input_tokens: count,
  cache_write_30m_input_tokens: count,
  units: fc.dictionary(text, count, { maxKeys: 3, noNullPrototype: true }),
});

const charge = fc.record(
  {
    class: text,
    quantity: count,
    unit_price_usd: maybe(text),
    amount: maybe(pico),
    list_unit_price_usd: maybe(text),
  },
  { requiredKeys: ['class', 'quantity', 'unit_price_usd', 'amount'], noNullPrototype: true },
);

const entries: fc.Arbitrary<Entry> = fc.record({
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
    fc.record(
      { model_id: text, scope: fc.constantFrom('in_region', 'geo', 'global'), at: count },
      { noNullPrototype: true },
    ),
  ),
  price_layers: fc.array(
    fc.record(
      { layer_id: text, kind: fc.constantFrom('markup', 'discount'), percent: maybe(text) },
      { noNullPrototype: true },
    ),
    { maxLength: 2 },
  ),
  charges: fc.array(charge, { maxLength: 3 }),
  cost: pico,
  ceiling: maybe(pico),
  started_at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  ended_at: count,
  latency_ms: count,
  time_to_first_token_ms: maybe(count),
  tags,
  writer_id: text,
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 10 }),
});

const lines: fc.Arbitrary<StoredLine> = fc.record({
  entry: entries,
  at: count,
  postings: fc.record({ usd: posting, tokens: posting, requests: posting }),
  recovered: fc.boolean(),
  unknown: fc.integer({ min: -2, max: 1 }),
  unpriced: fc.integer({ min: -2, max: 1 }),
  rev: count,
});

const intents: fc.Arbitrary<Intent> = fc.record({
  attempt_id: text,
  request_id: text,
  invocation_id: maybe(text),
  subject: fc.record({
    org_id: text,
    app_id: text,
    user_id: maybe(text),
    key_id: maybe(text),
    label: maybe(text),
    model_id: text,
  }),
  region: text,
  operation: text,
  tier: text,
  streamed: fc.boolean(),
  price_version: text,
  priced: fc.constantFrom('yes', 'no'),
  tags,
  at: count,
});

const opens: fc.Arbitrary<OpenAttempt> = fc.record({
  kind: fc.constant('open'),
  intent: intents,
  instance_id: text,
  amounts,
  held: fc.array(
    fc.record({
      budget_id: text,
      since_rev: count,
      window_start: count,
      lease: maybe(fc.record({ lease_id: text, amount: pico })),
    }),
    { maxLength: 3 },
  ),
  rev: count,
});

const balances: fc.Arbitrary<StoredBalance> = fc.record({
  balance: fc.record({
    posted: pico,
    ceiling: pico,
    held: pico,
    high_water: pico,
    excess: fc.record({ over_bound: pico, submitted: pico, correction: pico, limit_lowered: pico }),
  }),
  since_rev: count,
  rev: count,
  seeding: maybe(count),
  seeded: fc.boolean(),
  leases: fc.nat(),
});

const leases: fc.Arbitrary<StoredLease> = fc.record({
  lease_id: text,
  instance_id: text,
  since_rev: count,
  granted: pico,
  spent: posting,
});

/** The item as a table would give it back. */
const asItem = (key: ItemKey, attributes: Attributes) =>
  ({ ...(JSON.parse(JSON.stringify(attributes)) as Attributes), ...key, v: 1 }) as const;

describe('an item keeps all of', () => {
  test('an entry, its key included', () => {
    fc.assert(
      fc.property(lines, (line) => {
        expect(lineOf(asItem(entryKey(line.entry), lineAttributes(line)))).toEqual(line);
      }),
      RUNS,
    );
  });

  test('the log of a writer, also where entries were removed', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.option(entries), { maxLength: 3 }), (first, others) => {
        const { writer_id, sequence } = first;
        const keys = [first, ...others].map((entry, index) =>
          entry === null ? null : entryKey({ ...entry, writer_id, sequence: sequence + index }),
        );
        const log = { first: sequence, entries: keys };
        const key = { pk: logPartition(writer_id), sk: logSort(sequence) };
        expect(logOf(asItem(key, logAttributes(log)))).toEqual(log);
      }),
      RUNS,
    );
  });

  test('an intent', () => {
    fc.assert(
      fc.property(opens, (open) => {
        const key = attemptKey(open.intent.attempt_id);
        expect(attemptOf(asItem(key, openAttributes(open)))).toEqual(open);
      }),
      RUNS,
    );
  });

  test('an ended attempt', () => {
    const entry = { pk: 'E#org#2026-11-23#1', sk: 'x' };
    for (const recovered of [true, false]) {
      for (const corrected of [true, false]) {
        const ended = { entry, recovered, corrected };
        const item = asItem(attemptKey('1'), endedAttributes(ended, 1));
        expect(attemptOf(item)).toEqual({ kind: 'ended', ...ended });
      }
    }
  });

  test('a balance and a lease', () => {
    const key = { pk: '$#b#0', sk: 'BALANCE' };
    fc.assert(
      fc.property(balances, leases, (balance, lease) => {
        expect(balanceOf(asItem(key, balanceAttributes(balance)))).toEqual(balance);
        const leaseKey = { pk: '$#b#0', sk: leaseSort(lease.lease_id) };
        expect(leaseOf(asItem(leaseKey, leaseAttributes(lease)))).toEqual(lease);
      }),
      RUNS,
    );
  });

  test('a definition and its change', () => {
    const definition = {
      budget: {
        budget_id: 'b',
        scope: { type: 'user', org_id: 'o', user_id: 'u' },
        match: { label: 'l' },
        limit: { unit: 'usd', amount: 2n ** 70n },
        window: 'day',
        timezone: 'UTC',
        mode: 'warn',
        alert_thresholds_pct: [50],
      },
      since: 5,
      since_rev: 3,
      rev: 4,
      windows: [1, 2],
      whole: false,
    } as const;
    const key = { pk: 'O#o', sk: 'b' };
    expect(definitionOf(asItem(key, definitionAttributes(definition)))).toEqual(definition);
    for (const changed of [definition, null]) {
      const change = { revision: 4, budget_id: 'b', definition: changed };
      expect(changeOf(asItem(key, changeAttributes(change, 1)))).toEqual(change);
    }
  });

  test('the ways to an attempt or a line, whatever characters the ids have', () => {
    fc.assert(
      fc.property(text, (id) => {
        for (const kind of ['R', 'U'] as const) {
          const known = { kind, attempt_id: id };
          expect(knownAsOf({ pk: '', sk: knownAsSort(known) })).toEqual(known);
        }
        for (const type of ['submission', 'correction'] as const) {
          const known = { kind: 'L', type, entry_id: id } as const;
          expect(knownAsOf({ pk: '', sk: knownAsSort(known) })).toEqual(known);
        }
      }),
      RUNS,
    );
  });
});
