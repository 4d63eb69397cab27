/**
 * Programs that are killed while they report, again and again, over one spool directory: whatever
 * was told to be safe is in the ledger once, and nothing is there that nobody reported.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CostKeeper } from '../src/index.ts';
import type { CostKeeperOptions } from '../src/options.ts';
import { keeperProduct, type KeeperProduct } from './keeper-product.ts';

const UUID_LENGTH = 36;

const CHILD = fileURLToPath(new URL('reporting-child.ts', import.meta.url));

let running: KeeperProduct;
let begunFile: string;
beforeAll(async () => {
  running = await keeperProduct({ premium: 10_000_000 });
  begunFile = join(running.options.spoolDir, 'begun');
});
afterAll(() => running.close());

/** Adds to `safe` what a child was told to be safe, so often, and kills it there. */
async function reportUntilKilled(
  options: CostKeeperOptions,
  times: number,
  safe: Set<string>,
): Promise<void> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options), begunFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // That reports wait is what this is about: it need not be said.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const ended = once(child, 'exit');
  let left = times;
  // What it still says after the last one that was waited for counts too.
  for await (const id of createInterface({ input: child.stdout })) {
    // The last line may have been cut short.
    if (id.length !== UUID_LENGTH) continue;
    safe.add(id);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  }
  const [, signal] = (await ended) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

it('a killed program loses nothing and doubles nothing', { timeout: 60_000 }, async () => {
  const safe = new Set<string>();
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
    await reportUntilKilled(where, times, safe);
  }
  // Killed in the middle: some had come through, others wait.
  const before = (await running.entries()).length;
  expect(before).toBeGreaterThan(100);
  expect(before).toBeLessThan(safe.size);
  const survivor = new CostKeeper(options);
  expect(survivor.status().pending).toBeGreaterThan(40);
  expect(await survivor.flush(20_000)).toBe(true);
  await survivor.close();

  const ids = (await running.entries()).map(({ request_id }) => request_id);
  const found = new Set(ids);
  expect(ids).toHaveLength(found.size);
  expect([...safe].filter((id) => !found.has(id))).toEqual([]);
  const begun = new Set(readFileSync(begunFile, 'utf8').split('\n'));
  expect([...found].filter((id) => !begun.has(id))).toEqual([]);
  expect(safe.size).toBeGreaterThanOrEqual(1491);

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
