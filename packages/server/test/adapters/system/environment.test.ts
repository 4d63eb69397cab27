/** Secrets that are in the environment. */
import { afterEach, expect, it, vi } from 'vitest';
import { environmentSecret } from '../../../src/adapters/system/environment.ts';

afterEach(() => vi.unstubAllEnvs());

it('tells what a variable holds, and that it is not set', () => {
  vi.stubEnv('SECRET_OF_A_TEST', 'x');
  expect(environmentSecret('SECRET_OF_A_TEST')).toBe('x');
  expect(environmentSecret('NO_SECRET_OF_A_TEST')).toBeUndefined();
});
