/** An engine is nobody's orphan: it ends when it is told to, and with its parent at the latest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { startEngine, startLocalEngine } from '../../../../src/adapters/dynamodb/index.ts';
import { freshItemsAt, itemsAt } from '../engine-table.ts';

const answers = async (endpoint: string): Promise<boolean> => {
  try {
    await fetch(endpoint);
    return true;
  } catch {
    return false;
  }
};

/** Until nothing answers there any more. */
async function silence(endpoint: string): Promise<void> {
  while (await answers(endpoint)) await new Promise(setImmediate);
}

test('an engine that is stopped is gone', async () => {
  const engine = await startLocalEngine();
  expect(await answers(engine.endpoint)).toBe(true);
  await engine.stop();
  expect(await answers(engine.endpoint)).toBe(false);
  // The whole group of processes, that is.
  expect(() => process.kill(-engine.pid, 0)).toThrow('ESRCH');
  await engine.stop();
});

test('an engine ends with a parent that was killed', async () => {
  const source = new URL(
    '../../../../src/adapters/dynamodb/items/local-engine.ts',
    import.meta.url,
  );
  const program =
    `const { startLocalEngine } = await import(${JSON.stringify(source.href)});` +
    'console.log((await startLocalEngine()).endpoint); setInterval(() => {}, 1000);';
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [endpoint] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(await answers(endpoint)).toBe(true);
  parent.kill('SIGKILL');
  await silence(endpoint);
});

test('an engine with a file has its data again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-engine-'));
  const file = join(dir, 'table.db');
  const item = { pk: 'p', sk: 's', v: 1 };
  const first = await startLocalEngine({ file });
  const items = await freshItemsAt(first.endpoint);
  await items.writeEach([{ op: 'put', item }]);
  await items.close();
  await first.stop();
  const second = await startLocalEngine({ file });
  const again = itemsAt(second.endpoint);
  expect(await again.get([item])).toEqual([item]);
  await again.close();
  await second.stop();
  rmSync(dir, { recursive: true });
});

test('an engine that does not start says why', async () => {
  const failing = startEngine(() => ['/bin/sh', '-c', 'echo "no such thing" >&2; exit 3']);
  await expect(failing).rejects.toThrow(/no such thing/);
});
