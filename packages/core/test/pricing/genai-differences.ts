/**
 * Why the shipped prices differ from those of `@pydantic/genai-prices` 0.1.8, one reviewed line for
 * each difference. Prices are USD for a million tokens. A line that no longer applies fails the
 * comparison as much as a difference without a line.
 */
import type { PriceScope } from '../../src/index.ts';

/** One explained difference; null where a side has no price. */
export interface Difference {
  readonly model_id: string;
  readonly scopes: readonly PriceScope[];
  /** By usage class: ours, then theirs. */
  readonly prices: Readonly<Record<string, readonly [string | null, string | null]>>;
  readonly why: string;
}

const EXTENDED_ACCESS =
  'The price page doubles the price of this legacy model from 1 December 2025 on ' +
  '(public extended access). They keep the old one.';

const REGIONAL: readonly PriceScope[] = ['in_region', 'geo'];

/** Differences in us-east-1. */
export const DIFFERENCES: readonly Difference[] = [
  {
    model_id: 'amazon.titan-embed-text-v2:0',
    scopes: ['in_region'],
    prices: { input: ['0.02', '0.1'] },
    why: 'They have no entry for this model: the id falls under their rule for the first version.',
  },
  {
    model_id: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
    scopes: REGIONAL,
    prices: {
      input: ['6', '3'],
      output: ['30', '15'],
    },
    why: EXTENDED_ACCESS,
  },
  {
    model_id: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
    scopes: REGIONAL,
    prices: {
      input: ['6', '3'],
      output: ['30', '15'],
      cache_read: ['0.6', '0.3'],
      cache_write: ['7.5', '3.75'],
    },
    why: EXTENDED_ACCESS,
  },
  {
    model_id: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
    scopes: REGIONAL,
    prices: { cache_read: [null, '0.3'], cache_write: [null, '3.75'] },
    why: 'No price for prompt caching with this version was seen; they repeat that of v2.',
  },
  {
    model_id: 'anthropic.claude-3-sonnet-20240229-v1:0',
    scopes: REGIONAL,
    prices: { cache_read: [null, '0.3'], cache_write: [null, '3.75'] },
    why: 'Prompt caching was never offered for this model; they repeat the prices of a later one.',
  },
  {
    model_id: 'anthropic.claude-sonnet-5-5',
    scopes: REGIONAL,
    prices: { cache_read: ['0.11', '0.22'] },
    why:
      'Cache reads were halved on 7 October 2026, after their release; and the id falls under ' +
      'their rule for Sonnet 5.',
  },
  {
    model_id: 'anthropic.claude-sonnet-5-5',
    scopes: ['global'],
    prices: { cache_read: ['0.1', '0.2'] },
    why: 'As in the region: halved on 7 October 2026.',
  },
];
