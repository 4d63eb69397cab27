/** The version that is printed is the one that is shipped. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from '../src/version.ts';

it('is that of every package: they have one version', () => {
  for (const name of ['cli', 'contract', 'core', 'server', 'simulator']) {
    const manifest = new URL(`../../${name}/package.json`, import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(version).toBe(VERSION);
  }
});
