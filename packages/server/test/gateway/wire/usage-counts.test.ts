/** Checked counts: what is missing is not zero, and one wrong count spoils the reading. */
import { expect, test } from 'vitest';
import { usageOf } from '@tollkeeper/core';
import {
  addUnits,
  readCount,
  readingOf,
  setCount,
  snakeCase,
} from '../../../src/gateway/wire/usage-counts.ts';
import type { Counts } from '../../../src/gateway/wire/usage-counts.ts';

test.each([
  [0, 0],
  [1_000_000_000, 1_000_000_000],
  [null, undefined],
  [undefined, undefined],
])('%s is read as %s', (value, expected) => {
  const counts: Counts = {};
  expect(readCount(counts, 'n', value)).toBe(expected);
  expect(counts.wrong).toBeUndefined();
});

test.each([-1, 0.5, Number.NaN, 1_000_000_001, '5', [], {}])('%j is no count', (value) => {
  const counts: Counts = { input: 1, output: 1 };
  expect(readCount(counts, 'n', value)).toBeUndefined();
  expect(readingOf(counts)).toMatchObject({ source: 'unknown' });
});

test('nothing stated, or half of it, is unknown', () => {
  expect(readingOf({})).toEqual({ source: 'unknown', reason: 'missing usage' });
  expect(readingOf({ input: 0 })).toMatchObject({ reason: 'missing output token count' });
  expect(readingOf({ output: 0 })).toMatchObject({ reason: 'missing input token count' });
});

test('writes that no time to live claims are five-minute writes, and the sum stays', () => {
  const counts: Counts = { input: 1, output: 2, cacheWrite: 100, write1h: 30, write30m: 20 };
  expect(readingOf(counts)).toEqual({
    source: 'reported',
    usage: usageOf({
      input_tokens: 1,
      output_tokens: 2,
      cache_write_5m_input_tokens: 50,
      cache_write_1h_input_tokens: 30,
      cache_write_30m_input_tokens: 20,
    }),
  });
});

test('a later value replaces, an absent one does not', () => {
  const counts: Counts = {};
  setCount(counts, 'output', 'n', 1);
  setCount(counts, 'output', 'n', null);
  expect(counts.output).toBe(1);
  setCount(counts, 'output', 'n', 7);
  expect(counts.output).toBe(7);
});

test('units add up under our names, and a zero leaves none', () => {
  const counts: Counts = {};
  addUnits(counts, snakeCase('webSearchRequests'), 2);
  addUnits(counts, snakeCase('webSearchRequests'), 3);
  addUnits(counts, 'nothing', 0);
  expect(counts.units).toEqual({ web_search_requests: 5 });
});
