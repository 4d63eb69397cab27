/** `tollkeeper simulator`: starts, says where, and ends when it is told. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { start, tollkeeper } from './program.ts';

it('says where it is and ends on SIGTERM', async () => {
  const { child, line } = await start(['simulator', '--port', '0'], 'simulator ready ');
  const url = line.replace('simulator ready ', '');
  expect((await fetch(`${url}/_simulator/health`)).status).toBe(200);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
});

it('explains itself, and refuses flags that it does not know', async () => {
  const help = await tollkeeper(['simulator', '--help']);
  expect(help.code).toBe(0);
  expect(help.out).toContain('usage: simulator');
  expect((await tollkeeper(['simulator', '--frobnicate'])).code).toBe(2);
});
