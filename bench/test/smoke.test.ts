/**
 * The bench itself, once and briefly: every process starts, every answer is the upstream's to the
 * last byte, every call has its entry, and nothing is left running. No figure is looked at.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const MARK = 'BENCH_SMOKE_MARK';

it('measures through the gateway, finds every entry right, leaves no child behind', async () => {
  const run = spawn(process.execPath, [MAIN, 'throughput', '--quick'], {
    env: { ...process.env, [MARK]: String(process.pid) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  run.stdout.on('data', (text: Buffer) => (output += text.toString()));
  run.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(run, 'close')) as [number | null];
  expect(output).toContain('no figure above is a verdict');
  expect(output).not.toContain('WRONG');
  expect(code).toBe(0);
  expect(marked()).toEqual([]);
}, 60_000);

/** Processes that carry the mark of this test in their environment, but the test's own. */
function marked(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${process.pid}\0`);
    } catch {
      return false;
    }
  });
}
