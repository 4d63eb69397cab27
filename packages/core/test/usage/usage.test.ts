/** Usage in disjoint classes: every token is in exactly one of them. */
import { describe, expect, test } from 'vitest';
import {
  NO_USAGE,
  promptTokens,
  TOKEN_CLASSES,
  totalTokens,
  USAGE_FIELD,
  usageOf,
} from '../../src/usage/usage.ts';

test('counts that are not named are zero, and units are none', () => {
  expect(usageOf({ output_tokens: 3 })).toEqual({
    input_tokens: 0,
    output_tokens: 3,
    cache_read_input_tokens: 0,
    cache_write_5m_input_tokens: 0,
    cache_write_1h_input_tokens: 0,
    cache_write_30m_input_tokens: 0,
    units: {},
  });
});

test('nothing used cannot be changed by accident', () => {
  expect(Object.isFrozen(NO_USAGE)).toBe(true);
  expect(Object.isFrozen(NO_USAGE.units)).toBe(true);
});

describe('each class counts once in the total, and all but the output in the prompt', () => {
  test.each(TOKEN_CLASSES)('%s', (tokenClass) => {
    const usage = usageOf({ [USAGE_FIELD[tokenClass]]: 7 });
    expect(totalTokens(usage)).toBe(7);
    expect(promptTokens(usage)).toBe(tokenClass === 'output' ? 0 : 7);
  });
});

test('units are no tokens', () => {
  expect(totalTokens(usageOf({ units: { image: 5 } }))).toBe(0);
});
