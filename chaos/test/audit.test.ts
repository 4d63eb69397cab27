/** The audit itself: it passes what is right, and finds each thing that can be wrong. */
import { describe, expect, test } from 'vitest';
import { audit } from '../audit.ts';
import type { Evidence } from '../audit.ts';
import type { BookRow, BudgetRecord, EntryRecord } from '../records.ts';

const AT = '2026-11-22T12:00:00.000Z';
/** 1000 input and 200 output tokens of Nova Lite at 0.06 and 0.24 USD per million. */
const USAGE = {
  input_tokens: 1000,
  output_tokens: 200,
  cache_read_input_tokens: 0,
  cache_write_5m_input_tokens: 0,
  cache_write_1h_input_tokens: 0,
  units: {},
};
const COST = '0.000108';

function row(attempt: string, change: Partial<BookRow> = {}): BookRow {
  return {
    attempt_id: attempt,
    request_id: `upstream-${attempt}`,
    invocation_id: `invocation-${attempt}`,
    operation: 'Converse',
    model_id: 'amazon.nova-lite-v1:0',
    served_tier: null,
    stream: false,
    started_at: AT,
    ended_at: AT,
    outcome: 'completed',
    client_gone: false,
    usage: USAGE,
    billed: true,
    fault: null,
    status: 200,
    ...change,
  };
}

function entry(attempt: string, sequence: number, change: Partial<EntryRecord> = {}): EntryRecord {
  return {
    entry_id: attempt,
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: attempt,
    request_id: attempt,
    upstream_request_id: `upstream-${attempt}`,
    invocation_id: `invocation-${attempt}`,
    model_id: 'amazon.nova-lite-v1:0',
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage: USAGE,
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    cost_usd: COST,
    ceiling_usd: null,
    started_at: AT,
    ended_at: AT,
    writer_id: 'writer',
    sequence,
    ...change,
  };
}

const UNKNOWN = {
  usage: null,
  usage_source: 'unknown',
  cost_usd: '0',
  ceiling_usd: '0.0005',
  upstream_request_id: null,
} as const;
const INTERRUPTED = { ...UNKNOWN, outcome: 'interrupted', usage_reason: 'interrupted' } as const;
const BROKEN = { ...UNKNOWN, outcome: 'broken', usage_reason: 'reset' } as const;

function budget(change: Partial<BudgetRecord> = {}): BudgetRecord {
  return {
    budget_id: 'total',
    scope: {},
    match: null,
    window: 'total',
    timezone: 'UTC',
    limit: { unit: 'usd', amount: '1' },
    mode: 'enforce',
    // 0.000108 known, three ceilings of 0.0005.
    spent: COST,
    ceiling: '0.0015',
    held: '0',
    high_water: '0.002',
    excess: '0',
    ...change,
  };
}

/**
 * One call that went well, one that a kill interrupted, one that broke, one that was never sent.
 */
function right(): Evidence {
  return {
    book: [row('well'), row('killed'), row('broken', { fault: 'reset', outcome: 'broken' })],
    entries: [
      entry('well', 1),
      entry('killed', 2, INTERRUPTED),
      entry('broken', 3, BROKEN),
      entry('unsent', 4, INTERRUPTED),
    ],
    budgets: [budget()],
    kills: [{ at: Date.parse(AT) + 5, point: 'after-reserve', inFlight: 2 }],
    totalBudgets: ['total'],
  };
}

test('accounts that agree have no violations, and everything is counted', () => {
  const { violations, counts } = audit(right());
  expect(violations).toEqual([]);
  expect(counts).toMatchObject({
    'rows in the book': 3,
    entries: 4,
    'entries without a row': 1,
    'entries reported and priced exactly': 1,
    'entries with a ceiling above what was billed': 2,
    'interrupted unknowns': 2,
    'calls in flight at the kills': 2,
    'other entries that are not known': 1,
    'attempts with a fault that hides the usage': 1,
    'holds stranded': 0,
  });
});

test('a late settlement corrects what recovery had assumed', () => {
  const evidence = right();
  const correction = entry('correction', 5, {
    entry_type: 'correction',
    corrects_entry_id: 'killed',
    attempt_id: 'killed',
    ceiling_usd: '-0.0005',
  });
  const wrong = { ...correction, cost_usd: '0.000107' };
  const entries = [...evidence.entries, correction];
  const budgets = [budget({ spent: '0.000216', ceiling: '0.001' })];
  // The ceiling is gone, but what is known is exactly what was billed.
  const { violations } = audit({ ...evidence, entries, budgets });
  expect(violations).toEqual([]);
  const off = audit({ ...evidence, entries: [...evidence.entries, wrong], budgets });
  expect(off.violations.join()).toMatch(/costs 0.000107, not 0.000108/);
});

test('a stream that told its usage before it broke is known, and charged exactly', () => {
  const evidence = right();
  const told = {
    book: [...evidence.book, row('late', { fault: 'truncate', outcome: 'broken', stream: true })],
    entries: [...evidence.entries, entry('late', 5, { outcome: 'broken', streamed: true })],
  };
  const budgets = [budget({ spent: '0.000216' })];
  const { violations, counts } = audit({ ...evidence, ...told, budgets });
  expect(violations).toEqual([]);
  expect(counts['faults that came after the usage had been told']).toBe(1);
});

describe('each broken promise is found', () => {
  const replace = (attempt: string, change: Partial<EntryRecord>) => (evidence: Evidence) => ({
    ...evidence,
    entries: evidence.entries.map((each) =>
      each.attempt_id === attempt ? { ...each, ...change } : each,
    ),
  });
  const withBudget = (change: Partial<BudgetRecord>) => (evidence: Evidence) => ({
    ...evidence,
    budgets: [budget(change)],
  });
  const more = (extra: Partial<Evidence>) => (evidence: Evidence) => ({
    ...evidence,
    book: [...evidence.book, ...(extra.book ?? [])],
    entries: [...evidence.entries, ...(extra.entries ?? [])],
  });

  test.each<[string, (evidence: Evidence) => Evidence, RegExp]>([
    ['a row without an entry', more({ book: [row('lost')] }), /no entry for the row lost/],
    ['a row twice', more({ book: [row('well')] }), /share an attempt id/],
    ['a call outside', more({ book: [row('x', { attempt_id: null })] }), /had no attempt id/],
    ['two entries of one attempt', more({ entries: [entry('well', 5)] }), /two entries share/],
    ['a reported entry of nothing', more({ entries: [entry('x', 5)] }), /without a row/],
    [
      'a correction of nothing',
      more({ entries: [entry('x', 5, { entry_type: 'correction', corrects_entry_id: 'y' })] }),
      /corrects no entry: y/,
    ],
    ['a pico too much', replace('well', { cost_usd: '0.000108000001' }), /costs 0.000108000001/],
    ['a line without a price', replace('well', { priced: 'partly' }), /not priced/],
    [
      'other usage',
      replace('well', { usage: { ...USAGE, input_tokens: 1 } }),
      /usage differs from the book/,
    ],
    ['another model', replace('well', { model_id: 'amazon.nova-pro-v1:0' }), /is not the call/],
    ['another answer', replace('well', { upstream_request_id: 'x' }), /is another's/],
    ['a ceiling too low', replace('broken', { ceiling_usd: '0.0001' }), /below 0.000108/],
    ['no ceiling', replace('broken', { ceiling_usd: null }), /ceiling null is below/],
    ['unknown without a fault', replace('well', BROKEN), /unknown without a scripted fault/],
    [
      'known in spite of a fault',
      replace('broken', { ...entry('broken', 3) }),
      /known in spite of a scripted fault/,
    ],
    ['interrupted, yet known', replace('well', { outcome: 'interrupted' }), /and yet reported/],
    [
      'interrupted by nothing',
      replace('killed', { started_at: '2026-11-22T12:00:00.006Z' }),
      /interrupted by no kill/,
    ],
    [
      'more interrupted than were there',
      (evidence) => ({
        ...evidence,
        kills: evidence.kills.map((kill) => ({ ...kill, inFlight: 1 })),
      }),
      /interrupted 2 of 1 calls/,
    ],
    ['a gap', replace('unsent', { sequence: 5 }), /has no entry 4/],
    ['a number twice', replace('unsent', { sequence: 3 }), /has no entry 4, or has it twice/],
    ['a hold that is left', withBudget({ held: '0.0001' }), /0.0001 is still held/],
    ['an excess', withBudget({ excess: '0.1' }), /has an excess of 0.1/],
    ['a limit that was passed', withBudget({ high_water: '1.000000000001' }), /came to/],
    ['a sum that differs', withBudget({ spent: '0.000109' }), /counts 0.001609, its entries/],
  ])('%s', (_, breakIt, expected) => {
    const { violations } = audit(breakIt(right()));
    expect(violations.join('\n')).toMatch(expected);
  });
});
