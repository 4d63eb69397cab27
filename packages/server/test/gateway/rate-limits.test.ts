/**
 * Rate limits over several servers on one data directory, one of them a process of its own: what
 * they admit together is exactly the limit; what a killed one held is free again; and what happens
 * while the store of rates does not answer.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RateLimits } from '@tollkeeper/core';
import type { RunningServer } from '@tollkeeper/server';
import { startSimulator, type Simulator } from '@tollkeeper/simulator';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import { DemoProcess } from './demo-process.ts';
import { call, eventually, type CallOptions } from './requests.ts';
import { startSecond } from './second-server.ts';

const PATIENCE_MS = 60_000;
const LIMIT = 40;

const endings: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Three {
  readonly demo: DemoProcess;
  readonly servers: readonly { readonly endpoint: string }[];
}

/** A process and two more servers on its directory, all at a moment that does not pass. */
async function three(): Promise<Three> {
  const clockDir = mkdtempSync(join(tmpdir(), 'tollkeeper-clock-'));
  endings.push(() => rmSync(clockDir, { recursive: true }));
  const clockFile = join(clockDir, 'clock');
  writeFileSync(clockFile, '2026-11-22T14:33:00Z');
  const simulator: Simulator = await startSimulator();
  endings.push(() => simulator.close());
  const demo = await DemoProcess.start(simulator.url, {
    TOLLKEEPER_CLOCK_FILE: clockFile,
    TOLLKEEPER_RATE_LIMIT_MANAGEMENT_PER_MINUTE: String(LIMIT),
  });
  endings.push(() => demo.remove());
  const further = async (): Promise<RunningServer> => {
    const settings = { sweepIntervalMs: 100, rateLimitManagementPerMinute: LIMIT };
    const upstreamUrl = simulator.url;
    const server = await startSecond(demo, { kind: 'demo', upstreamUrl, settings, clockFile });
    endings.push(() => server.close());
    return server;
  };
  return { demo, servers: [demo, await further(), await further()] };
}

async function makeKey(demo: DemoProcess, rate_limits: RateLimits): Promise<string> {
  const params = { org_id: demo.orgId };
  const { applications } = await demo.client.listApplications({ params, query: {} });
  const app_id = applications[0]?.app_id ?? '';
  return (await demo.client.createKey({ params: { ...params, app_id }, body: { rate_limits } }))
    .api_key;
}

function callTo(at: { readonly endpoint: string }, apiKey: string, options: CallOptions = {}) {
  return call({ endpoint: at.endpoint, apiKey } as RunningProduct, options);
}

/** Asks all servers in turn, all at once; the statuses of the answers. */
async function askAll(
  { servers }: Three,
  times: number,
  ask: (server: { readonly endpoint: string }) => Promise<{ readonly status: number }>,
): Promise<readonly number[]> {
  const asked = Array.from({ length: times }, () => servers).flat();
  return (await Promise.all(asked.map((server) => ask(server)))).map(({ status }) => status);
}

const of = (statuses: readonly number[], wanted: number): number =>
  statuses.filter((status) => status === wanted).length;

test(
  'three servers admit exactly the limit of requests to the API',
  async () => {
    const all = await three();
    const key = await makeKey(all.demo, {});
    const statuses = await askAll(all, 50, ({ endpoint }) =>
      fetch(`${endpoint}/api/v1/prices?limit=1`, { headers: { 'x-api-key': key } }),
    );
    expect(of(statuses, 200)).toBe(LIMIT);
    expect(of(statuses, 429)).toBe(150 - LIMIT);
  },
  PATIENCE_MS,
);

test(
  'three servers admit exactly the calls that a key may make in a minute',
  async () => {
    const all = await three();
    const key = await makeKey(all.demo, { requests_per_minute: 25 });
    const statuses = await askAll(all, 20, (server) => callTo(server, key));
    expect(of(statuses, 200)).toBe(25);
    expect(of(statuses, 429)).toBe(35);
  },
  PATIENCE_MS,
);

test(
  'running calls of a killed process run no more',
  async () => {
    const { demo, servers } = await three();
    const [, living = demo] = servers;
    const key = await makeKey(demo, { concurrent_requests: 2 });
    // A question that comes in between may have the place for a moment: then it is asked for again.
    const hang = async (): Promise<void> => {
      let status: number | undefined = 429;
      while (status === 429) {
        const answer = await callTo(demo, key, { fault: 'slow;ms=60000' }).catch(() => undefined);
        status = answer?.status;
      }
    };
    const lost = [hang(), hang()];
    const refused = await eventually(async () => {
      const answer = await callTo(living, key);
      return answer.status === 429 ? answer : undefined;
    });
    expect(refused.message).toContain('limit of 2 concurrent requests');
    await demo.kill();
    await Promise.all(lost);
    const again = () => Promise.all([0, 1].map(() => callTo(living, key)));
    const answers = await eventually(async () => {
      const both = await again();
      return both.every(({ status }) => status === 200) ? both : undefined;
    });
    expect(answers).toHaveLength(2);
  },
  PATIENCE_MS,
);

test(
  'while the store of rates does not answer, limited calls are refused and the API goes on',
  async () => {
    const failing = (): Promise<never> =>
      Promise.reject(new StoreUnavailable('It does not answer.'));
    const product = await startProduct({
      settings: { rateLimitManagementPerMinute: 5 },
      wrapRates: (rates) =>
        new Proxy(rates, {
          get: (target, name) => {
            if (name === 'take' || name === 'count') return failing;
            const value: unknown = Reflect.get(target, name);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          },
        }),
    });
    endings.push(() => product.close());
    const params = { org_id: product.orgId, app_id: product.appId };
    const limited = await product.client.createKey({
      params,
      body: { rate_limits: { requests_per_minute: 100 } },
    });
    const answer = await call(product, { key: limited.api_key });
    expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
    expect(answer.message).toContain('rate limits of this call cannot be checked');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await call(product, {})).status).toBe(200);
    // Nothing was sent for the first, and nothing is held.
    expect(await product.book()).toHaveLength(1);
    expect(await product.server.stores.ledger.holds()).toEqual([]);

    // The API counts by itself: the limit still holds in this process.
    const ask = () =>
      fetch(`${product.endpoint}/api/v1/prices?limit=1`, {
        headers: { 'x-api-key': product.apiKey },
      });
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  },
  PATIENCE_MS,
);
