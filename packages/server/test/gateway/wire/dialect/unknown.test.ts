/** Bodies of no known shape. */
import { expect, test } from 'vitest';
import { counted, metrics, reply, reported, stream } from './dialect-samples.ts';

const usage = reported({ input_tokens: 11, output_tokens: 4 });

test('the headers go before the body', () => {
  const body = { usage: { prompt_tokens: 99, completion_tokens: 99 } };
  expect(reply('unknown', body, counted(11, 4)).usage).toEqual(usage);
});

test.each([
  [{ inputTokens: 11, outputTokens: 4, totalTokens: 15 }],
  [{ prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 }],
  [{ input_tokens: 11, output_tokens: 4 }],
])('a usage block that leaves no doubt counts: %j', (block) => {
  expect(reply('unknown', { usage: block }).usage).toEqual(usage);
});

test('the details of a block settle whether cached tokens are in its input', () => {
  const inclusive = {
    input_tokens: 1000,
    output_tokens: 4,
    input_tokens_details: { cached_tokens: 989 },
  };
  const disjoint = { input_tokens: 11, output_tokens: 4, cache_read_input_tokens: 989 };
  const expected = reported({ input_tokens: 11, output_tokens: 4, cache_read_input_tokens: 989 });
  expect(reply('unknown', { usage: inclusive }).usage).toEqual(expected);
  expect(reply('unknown', { usage: disjoint }).usage).toEqual(expected);
});

test('two ways of naming at once settle nothing', () => {
  const both = { input_tokens: 11, output_tokens: 4, prompt_tokens: 11, completion_tokens: 4 };
  expect(reply('unknown', { usage: both }).usage.source).toBe('unknown');
});

test('a stream is counted by its metrics', () => {
  const reading = stream('unknown', [{ anything: 'Hi' }, { done: 1, ...metrics(11, 4) }]);
  expect(reading).toMatchObject({ end: 'complete', output_seen: true, usage });
});
