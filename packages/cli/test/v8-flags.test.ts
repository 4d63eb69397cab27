/** The flags of the serving process are stated in two places, because a shebang cannot import. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { V8_FLAGS } from '../src/v8-flags.ts';

it('states the same flags in the first line of the installed command', () => {
  const bin = readFileSync(new URL('../bin/tollkeeper.js', import.meta.url), 'utf8');
  expect(bin.split('\n')[0]).toBe(`#!/usr/bin/env -S node ${V8_FLAGS.join(' ')}`);
});
