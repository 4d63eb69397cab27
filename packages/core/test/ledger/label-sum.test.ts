/** Sums of lines by label: expected figures are worked out by hand. */
import { expect, it } from 'vitest';
import { LabelFold, usageOf } from '../../src/index.ts';
import { aLine } from './a-line.ts';

const postings = (amount: bigint, ceiling: bigint) => ({
  usd: { amount, ceiling },
  tokens: { amount: 0n, ceiling: 0n },
  requests: { amount: 0n, ceiling: 0n },
});

it('sums all classes of input, what is posted and what of it is a ceiling, null first', () => {
  const fold = new LabelFold();
  const usage = usageOf({
    input_tokens: 1,
    cache_read_input_tokens: 2,
    cache_write_5m_input_tokens: 4,
    cache_write_1h_input_tokens: 8,
    cache_write_30m_input_tokens: 16,
    output_tokens: 32,
  });
  fold.add(aLine({ label: 'b', usage, cost: 3n }, { postings: postings(3n, 0n) }));
  fold.add(aLine({ label: 'b', usage: null, cost: 0n }, { postings: postings(9n, 9n) }));
  fold.add(
    aLine(
      { label: 'b', entry_type: 'correction', usage, cost: 4n },
      { postings: postings(-5n, -9n) },
    ),
  );
  fold.add(aLine({ label: null }));
  fold.add(aLine({ label: 'a' }));
  expect(fold.sums().map(({ label }) => label)).toEqual([null, 'a', 'b']);
  expect(fold.sums()[2]).toEqual({
    label: 'b',
    model_id: 'amazon.nova-lite-v1:0',
    requests: 2,
    input_tokens: 62,
    output_tokens: 64,
    cost: 7n,
    posted: 7n,
    ceiling: 0n,
  });
});

it('shows the model that was dispatched last, of several at one moment the greatest', () => {
  const fold = new LabelFold();
  for (const [model_id, at] of [
    ['b', 5],
    ['a', 5],
    ['z', 4],
  ] as const) {
    fold.add(aLine({ label: 'l', model_id }, { at }));
  }
  expect(fold.sums()[0]).toMatchObject({ label: 'l', model_id: 'b', requests: 3 });
});
