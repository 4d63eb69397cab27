/** The policy of a key that states none is the careful one. */
import { expect, test } from 'vitest';
import { DEFAULT_KEY_POLICY } from '../src/identity.ts';

test('without a price or a bound a call is refused, and no header is trusted, by default', () => {
  expect(DEFAULT_KEY_POLICY).toEqual({
    cost_headers: true,
    user_header: null,
    unpriced: 'refuse',
    unbounded: 'refuse',
    untraced_guardrail: 'estimate',
  });
  expect(Object.isFrozen(DEFAULT_KEY_POLICY)).toBe(true);
});
