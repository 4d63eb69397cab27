/** The real world as the client takes it: requests that end, and timers that hold nothing up. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemOutside } from '../../src/adapters/system.ts';

let server: Server;
let url: string;
beforeEach(async () => {
  // Never answers.
  server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const GET = { method: 'GET', headers: {} };

describe('a request', () => {
  it('without an answer gives up after its time', async () => {
    const { signal } = new AbortController();
    const asked = systemOutside().fetchWithin(50, signal)(url, GET);
    await expect(asked).rejects.toHaveProperty('name', 'TimeoutError');
  });

  it('is called off at the end', async () => {
    const ending = new AbortController();
    const asked = systemOutside().fetchWithin(60_000, ending.signal)(url, GET);
    ending.abort();
    await expect(asked).rejects.toHaveProperty('name', 'AbortError');
  });
});

it.each([
  [false, ''],
  [true, 'rang'],
])('a timer keeps the process alive when told to hold (%j) only', async (hold, printed) => {
  const source = new URL('../../src/adapters/system.ts', import.meta.url).href;
  const code = `import { systemOutside } from ${JSON.stringify(source)};
    systemOutside().after(200, () => process.stdout.write('rang'), ${hold});`;
  const argv = ['--input-type=module', '-e', code];
  expect((await promisify(execFile)(process.execPath, argv)).stdout).toBe(printed);
});

it('a timer that was called off does not ring', async () => {
  const { after } = systemOutside();
  const rung: string[] = [];
  const callOff = after(1, () => rung.push('called off'));
  callOff();
  await new Promise<void>((resolve) => {
    after(20, resolve, true);
  });
  expect(rung).toEqual([]);
});
