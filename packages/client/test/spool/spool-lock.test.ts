/** One client per spool directory, whichever process it is in. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SpoolInUse, lockSpool } from '../../src/spool/spool-lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lock = (): (() => void) => lockSpool(dir, join(dir, 'lock'));

it('a second client of the same process is refused until the first gives it back', () => {
  const unlock = lock();
  expect(lock).toThrow(SpoolInUse);
  expect(lock).toThrow(/directory of its own/);
  unlock();
  lock()();
});

it('another process is refused, and a killed one gives the lock back', async () => {
  const source = new URL('../../src/spool/spool-lock.ts', import.meta.url).href;
  const code = `import { lockSpool } from ${JSON.stringify(source)};
    lockSpool(process.argv[1], process.argv[1] + '/lock');
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(lock).toThrow(SpoolInUse);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  lock()();
});
