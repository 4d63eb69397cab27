/** Keys: what may be stated of one, and the defaults that documents promise. */
import { DEFAULT_KEY_POLICY, type Scope } from '@tollkeeper/core';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { keys, SCOPES } from '../../src/resources/keys.ts';
import { KeyPolicy } from '../../src/fields.ts';

it('knows the scopes and the policy that the core knows', () => {
  // Both directions are checked by the compiler.
  const scopes: readonly Scope[] = SCOPES;
  const known: (typeof SCOPES)[number][] = [...scopes];
  expect(known).toHaveLength(4);
  expect(Compile(KeyPolicy).Check(DEFAULT_KEY_POLICY)).toBe(true);
});

it('makes a key of an empty body', () => {
  expect(Compile(keys.createKey.body).Check({})).toBe(true);
});
