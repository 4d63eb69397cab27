/**
 * Programs that are killed while they report, again and again, over one spool directory: whatever
 * was told to be safe is in the ledger once, and nothing is there that nobody reported.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CostKeeper } from '../src/index.ts';
import type { CostKeeperOptions } from '../src/options.ts';
import { keeperProduct, type KeeperProduct } from './keeper-product.ts';

const CHILD = fileURLToPath(new URL('reporting-child.ts', import.meta.url));

let running: KeeperProduct;
beforeAll(async () => {
  running = await keeperProduct({ premium: 10_000_000 });
});
afterAll(() => running.close());

interface Reported {
  readonly begun: Set<string>;
  readonly safe: Set<string>;
}

/** Lets a child report until it has said `safe` so often, and kills it there. */
async function reportUntilKilled(
  options: CostKeeperOptions,
  times: number,
  reported: Reported,
): Promise<void> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // That reports wait is what this is about: it need not be said.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const ended = once(child, 'exit');
  let left = times;
  // What it still says after the last one that was waited for counts too.
  for await (const line of createInterface({ input: child.stdout })) {
    const [word = '', id = ''] = line.split(' ');
    if (word === 'begun') reported.begun.add(id);
    if (word !== 'safe') continue;
    reported.safe.add(id);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

it('a program that is killed while it reports loses nothing and doubles nothing', async () => {
  const reported: Reported = { begun: new Set(), safe: new Set() };
  const { options } = running;
  // Some while the service takes batches, some while it cannot be reached: those leave a backlog.
  const away = { ...options, endpoint: 'http://127.0.0.1:9' };
  for (const [where, times] of [
    [options, 600],
    [away, 150],
    [options, 1],
    [options, 700],
    [away, 40],
  ] as const) {
    await reportUntilKilled(where, times, reported);
  }
  // Killed in the middle: some had come through, others wait.
  const before = (await running.entries()).length;
  expect(before).toBeGreaterThan(100);
  expect(before).toBeLessThan(reported.safe.size);
  const survivor = new CostKeeper(options);
  expect(survivor.status().pending).toBeGreaterThan(40);
  expect(await survivor.flush(20_000)).toBe(true);
  await survivor.close();

  const ids = (await running.entries()).map(({ request_id }) => request_id);
  const found = new Set(ids);
  expect(ids).toHaveLength(found.size);
  expect([...reported.safe].filter((id) => !found.has(id))).toEqual([]);
  expect([...found].filter((id) => !reported.begun.has(id))).toEqual([]);
  expect(reported.safe.size).toBeGreaterThanOrEqual(1491);

  // 1,000 tokens in on premium are 800 micro-USD: the day's sum has each once as well.
  const params = { org_id: running.orgId };
  const reader = new CostKeeper(options);
  const today = await reader.api.organizationToday({ params });
  await reader.close();
  expect(today.models['premium']).toMatchObject({
    requests: found.size,
    cost_usd_micros: 800 * found.size,
  });
});
