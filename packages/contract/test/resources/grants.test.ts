/** Grants: three kinds, each with a value. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { grants } from '../../src/resources/grants.ts';

const body = Compile(grants.putGrant.body);

it('takes the three kinds, with and without a region', () => {
  for (const kind of ['arn', 's3_prefix', 'model']) {
    expect(body.Check({ kind, value: 'x' })).toBe(true);
    expect(body.Check({ kind, value: 'x', region: 'eu-central-1' })).toBe(true);
  }
});

it('refuses other kinds, other regions and values with blanks', () => {
  expect(body.Check({ kind: 'role', value: 'x' })).toBe(false);
  expect(body.Check({ kind: 'arn', value: 'x', region: 'everywhere' })).toBe(false);
  expect(body.Check({ kind: 'arn', value: 'a b' })).toBe(false);
  expect(body.Check({ kind: 'arn' })).toBe(false);
});
