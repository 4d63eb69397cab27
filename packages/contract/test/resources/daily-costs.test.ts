/** Days as readers of the profiling system's answers know them. */
import { expect, it } from 'vitest';
import { parserOf, resultProblems } from '../../src/index.ts';

/** What such a reader has seen, with exact costs. */
const ROW = {
  date: '2024-07-16',
  input_tokens: '10.0',
  output_tokens: '282.0',
  input_cost: '0.00003',
  output_cost: '0.00423',
  pk: 'tenant-2-anthropic.claude-3-sonnet-20240229-v1:0',
  model_id: 'anthropic.claude-3-sonnet-20240229-v1:0',
  invocations: '1.0',
  name: 'tenant-2',
};

it('answers with rows of text, whose counts end in ".0"', () => {
  expect(resultProblems('retrieveCosts', { body: [ROW] })).toEqual([]);
  expect(resultProblems('retrieveCosts', { body: [{ ...ROW, invocations: '1' }] })).not.toEqual([]);
  expect(resultProblems('retrieveCosts', { body: [{ ...ROW, input_tokens: 10 }] })).not.toEqual([]);
});

it('says that the calculation is finished in these words alone', () => {
  expect(resultProblems('trackCosts', 'Calculation Finished!')).toEqual([]);
  expect(resultProblems('trackCosts', 'Done')).not.toEqual([]);
});

it('takes days as bounds, and none', () => {
  const parse = parserOf('retrieveCosts');
  const asked = (query: object) => parse({ params: {}, query, body: undefined }).kind;
  expect(asked({})).toBe('request');
  expect(asked({ from: '2026-11-01', to: '2026-11-30' })).toBe('request');
  expect(asked({ from: 'yesterday' })).toBe('problems');
});
