/** From the unit of an offer to that of a row: only the decimal point moves. */
import { describe, expect, test } from 'vitest';
import { rowPrice, shiftDecimal } from '../../../src/pricing/import/units.ts';

describe('a price', () => {
  test.each([
    ['input', '1K tokens', '0.0008000000', '0.8', 1_000_000],
    ['input', '1M tokens', '5.5000000000', '5.5', 1_000_000],
    ['output', '1k Tokens', '12', '12000', 1_000_000],
    ['cache_read', '1K tokens', '0.0000000088', '0.0000088', 1_000_000],
    ['input_speech', '1K tokens', '0.0034', '3.4', 1_000_000],
    ['image', 'image', '0.0400000000', '0.04', 1],
    ['search_unit', 'Search Units', '0.0010000000', '0.001', 1],
    ['input_audio_second', '1K seconds', '0.1400000000', '0.00014', 1],
    ['guardrail_topic_policy_unit', 'TextUnit', '0.0001500000', '0.00015', 1],
  ])('of %s for %s of %s is %s for %i', (usageClass, unit, usd, expected, per) => {
    expect(rowPrice(usageClass, unit, usd)).toEqual({ kind: 'price', usd: expected, per });
  });

  test.each([
    ['input', 'Units', '1', 'unknown_unit'],
    ['input', '1K token', '1', 'unknown_unit'],
    ['input', '', '1', 'unknown_unit'],
    ['input', 'hour', '1', 'unknown_unit'],
    ['image', '1K tokens', '1', 'contradictory_unit'],
    ['input', 'Images Processed', '1', 'contradictory_unit'],
    ['search_unit', 'TextUnit', '1', 'contradictory_unit'],
    ['input', '1K tokens', '1e-3', 'malformed_price'],
    ['input', '1K tokens', '1,5', 'malformed_price'],
    ['input', '1K tokens', '', 'malformed_price'],
    ['input', '1K tokens', '9999999999999', 'malformed_price'],
  ])('of %s for %s of %s is %s', (usageClass, unit, usd, reason) => {
    expect(rowPrice(usageClass, unit, usd)).toMatchObject({ kind: 'rejected', reason });
  });
});

describe('a decimal point moves', () => {
  test.each([
    ['0', 3, '0'],
    ['0.000', -3, '0'],
    ['1', 0, '1'],
    ['001.50', 0, '1.5'],
    ['1.5', 1, '15'],
    ['1.5', 3, '1500'],
    ['1.5', -1, '0.15'],
    ['12.5', -3, '0.0125'],
    ['0.0000000001', 3, '0.0000001'],
  ])('%s by %i places to %s', (text, places, expected) => {
    expect(shiftDecimal(text, places)).toBe(expected);
  });
});
