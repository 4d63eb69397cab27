/** The flags of the serving process are stated in two places, because a shebang cannot import. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { V8_FLAGS } from '../src/v8-flags.ts';

it('states the same flags in the installed command, which an old Node can start', () => {
  const bin = readFileSync(new URL('../bin/tollkeeper.js', import.meta.url), 'utf8');
  const first = /^#!\/usr\/bin\/env -S node (.*)\n/.exec(bin)?.[1] ?? '';
  const late = /const LATE_FLAGS = \['(.*)'\];/.exec(bin)?.[1] ?? '';
  expect([...first.split(' '), late]).toEqual(V8_FLAGS);
  // Node 20 does not know it, and would not even start to look for another.
  expect(first).not.toContain('--no-memory-protection-keys');
});
