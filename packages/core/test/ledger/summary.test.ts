/** Sums of lines: expected figures are worked out by hand. */
import { expect, it } from 'vitest';
import { SummaryFold, usageOf } from '../../src/index.ts';
import { aLine } from './a-line.ts';

const HOUR = 3_600_000;

it('sums every class, unit and amount, and counts corrections as no requests', () => {
  const fold = new SummaryFold([]);
  const usage = usageOf({ input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 4 });
  fold.add(aLine({ usage: { ...usage, units: { image: 2 } }, cost: 7n }, { unpriced: 1 }));
  fold.add(aLine({ usage: null, cost: 0n, ceiling: 9n }, { unknown: 1 }));
  fold.add(
    aLine(
      { entry_type: 'correction', usage: { ...usage, units: { image: 1, page: 3 } }, ceiling: -9n },
      { unknown: -1 },
    ),
  );
  expect(fold.summary()).toEqual({
    groups: [],
    total: {
      keys: {},
      requests: 2,
      input_tokens: 2,
      output_tokens: 4,
      cache_read_input_tokens: 8,
      cache_write_5m_input_tokens: 0,
      cache_write_1h_input_tokens: 0,
      cache_write_30m_input_tokens: 0,
      units: { image: 3, page: 3 },
      cost: 108_000_007n,
      unknown_entries: 0,
      ceiling: 0n,
      unpriced_entries: 1,
    },
  });
});

it('groups by any keys, in their order, nulls first, days and hours in UTC', () => {
  const fold = new SummaryFold(['user_id', 'hour']);
  for (const [user_id, started_at] of [
    ['b', HOUR],
    [null, HOUR * 2 - 1],
    ['a', 0],
    ['b', HOUR],
    ['b', -1],
  ] as const) {
    fold.add(aLine({ user_id, started_at }));
  }
  expect(fold.summary().groups.map(({ keys, requests }) => [keys, requests])).toEqual([
    [{ user_id: null, hour: '1970-01-01T01:00:00.000Z' }, 1],
    [{ user_id: 'a', hour: '1970-01-01T00:00:00.000Z' }, 1],
    [{ user_id: 'b', hour: '1969-12-31T23:00:00.000Z' }, 1],
    [{ user_id: 'b', hour: '1970-01-01T01:00:00.000Z' }, 2],
  ]);
});
