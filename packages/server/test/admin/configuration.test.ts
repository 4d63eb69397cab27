/** Quotas belong to labels of the ordering that counts. */
import { expect, it } from 'vitest';
import { checkQuotas } from '../../src/admin/configuration.ts';

it('passes quotas of labels that are in the ordering, and quotas without an ordering', () => {
  expect(() => checkQuotas({ a: 1 }, ['a', 'b'])).not.toThrow();
  expect(() => checkQuotas({ a: 1 }, null)).not.toThrow();
  expect(() => checkQuotas(null, ['a'])).not.toThrow();
});

it('refuses a quota of any other label', () => {
  expect(() => checkQuotas({ a: 1, c: 1 }, ['a', 'b'])).toThrow('model_ordering');
});
