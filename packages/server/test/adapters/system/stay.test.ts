/** A process that only waits. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const STAY = fileURLToPath(new URL('../../../src/adapters/system/stay.ts', import.meta.url));

test('the process stays as long as it is told to, and no longer', () => {
  const program = `const { stay } = await import('${STAY}');
    const leave = stay();
    setTimeout(() => { console.log('waited'); leave(); }, 50).unref();`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(ran).toMatchObject({ status: 0, stdout: 'waited\n' });
});
