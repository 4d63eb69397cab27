/** The program serves until it is told to stop, and says what is wrong with its flags. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

it('a simulator that is ready answers, and ends cleanly on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = /^simulator ready (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(line.toString())?.[1] ?? '';
  expect((await fetch(`${url}/_simulator/health`)).status).toBe(200);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('a flag that does not exist ends it with status 2 and a reason', async () => {
  const child = spawn(process.execPath, [MAIN, '--nothing'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  expect(await text(child.stderr)).toContain("'--nothing'");
  expect(await ended).toEqual([2, null]);
});
