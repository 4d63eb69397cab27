/** An armed crash point: the process reports, stops there for good, and can be killed. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const SOURCE = new URL('../src/crash.ts', import.meta.url).href;

it('writes that the point was reached and goes no further', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-crash-'));
  const program =
    `import { stopForGood } from ${JSON.stringify(SOURCE)};` +
    `stopForGood(${JSON.stringify(dataDir)}); process.exit(7);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  const reached = join(dataDir, 'crash-point.reached');
  while (!existsSync(reached)) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(readFileSync(reached, 'utf8')).toBe(`${child.pid}\n`);
  expect(child.exitCode).toBeNull();
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  rmSync(dataDir, { recursive: true, force: true });
});
