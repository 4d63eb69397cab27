/** A small run of the harness, as `npm run chaos -- --quick` would do it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const WITHIN_MS = 170_000;

test(
  'a gateway that is killed at every point loses nothing, counts nothing twice and strands no hold',
  async () => {
    const main = join(import.meta.dirname, '..', 'main.ts');
    const child = spawn(process.execPath, [main, '--quick', '--seed', '7'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: WITHIN_MS,
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code, output).toBe(0);
    expect(output).toContain('every promise held');
  },
  WITHIN_MS + 10_000,
);
