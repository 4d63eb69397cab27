/** The check tells everything that is wrong at once, in the words of AWS. */
import { expect, it } from 'vitest';
import { Check, RULES } from '../../src/control-plane/check.ts';

it('passes in silence when nothing is wrong', () => {
  const check = new Check();
  expect(check.text('name', 'a-b_c', RULES.provisionedModelName, true)).toBe('a-b_c');
  expect(check.word('term', 'OneMonth', ['OneMonth'])).toBe('OneMonth');
  expect(check.whole('units', 3, 1, 5)).toBe(3);
  expect(check.tags([{ key: 'a b:c/=+@-', value: '' }], true)).toHaveLength(1);
  expect(() => check.done()).not.toThrow();
});

it('names member, value and constraint of each', () => {
  const check = new Check();
  check.text('name', undefined, RULES.provisionedModelName, true);
  check.text('other', 7, RULES.provisionedModelName, true);
  check.whole('units', 6, 1, 5);
  check.tags({}, false);
  expect(() => check.done()).toThrow(
    "4 validation errors detected: Value at 'name' failed to satisfy constraint: " +
      "Member must not be null; Value '7' at 'other' failed to satisfy constraint: " +
      "Member must be a string; Value '6' at 'units' failed to satisfy constraint: " +
      "Member must have value less than or equal to 5; Value '[...]' at 'tags' failed to satisfy " +
      'constraint: Member must have length less than or equal to 200',
  );
});

it('a long text that almost matches is decided at once', () => {
  const check = new Check();
  check.text('name', `${'a'.repeat(62)}!`, RULES.provisionedModelName, true);
  check.text('token', `${'a-'.repeat(127)}!`, RULES.clientRequestToken, true);
  expect(() => check.done()).toThrow(/^2 validation/);
});
