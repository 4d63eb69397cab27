/** The policy of a key that states none is the careful one. */
import { expect, test } from 'vitest';
import { DEFAULT_KEY_POLICY } from '../src/identity.ts';

test('what has no price or no bound is refused, and no header is trusted, unless a key says so', () => {
  expect(DEFAULT_KEY_POLICY).toEqual({
    cost_headers: true,
    user_header: null,
    unpriced: 'refuse',
    unbounded: 'refuse',
  });
  expect(Object.isFrozen(DEFAULT_KEY_POLICY)).toBe(true);
});
