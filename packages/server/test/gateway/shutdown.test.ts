/**
 * Ends of the process, wanted and not: a graceful close under load settles what runs; a killed
 * process is recovered by the next one, or by another that lives on the same directory; two
 * processes on one directory share budgets, keys and revocations.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { RunningServer } from '@tollkeeper/server';
import { startSimulator, type Simulator } from '@tollkeeper/simulator';
import { startProduct, type BookRow, type RunningProduct } from '@tollkeeper/testkit';
import { afterEach, expect, test } from 'vitest';
import { DemoProcess } from './demo-process.ts';
import { answerOf, openSession, openStream } from './http2-caller.ts';
import { call, converseBody, eventually, type CallOptions } from './requests.ts';
import { startSecond } from './second-server.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const PATH = `/model/${NOVA}/converse`;

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function simulate(): Promise<Simulator> {
  const simulator = await startSimulator();
  endings.push(() => simulator.close());
  return simulator;
}

async function product(settings: Record<string, unknown> = {}): Promise<RunningProduct> {
  const started = await startProduct({ settings });
  endings.push(() => started.close());
  return started;
}

async function demoOn(simulator: Simulator): Promise<DemoProcess> {
  const demo = await DemoProcess.start(simulator.url);
  endings.push(() => demo.remove());
  return demo;
}

async function second(of: { readonly dataDir: string }, upstream: string): Promise<RunningServer> {
  const settings = { sweepIntervalMs: 100, admissionWaitMs: 300 };
  const server = await startSecond(of, { kind: 'demo', upstreamUrl: upstream, settings });
  endings.push(() => server.close());
  return server;
}

async function bookOf(simulator: Simulator): Promise<readonly BookRow[]> {
  const answer = await fetch(`${simulator.url}/_simulator/book`);
  return ((await answer.json()) as { calls: readonly BookRow[] }).calls;
}

/** A call to any server with any key. */
function callTo(at: { endpoint: string }, apiKey: string, options: CallOptions = {}) {
  return call({ endpoint: at.endpoint, apiKey } as RunningProduct, options);
}

test('a graceful close lets running calls end, whole and streamed, and settles them', async () => {
  const running = await product();
  const session = await openSession(running);
  endings.push(async () => session.destroy());
  const h2 = Array.from({ length: 4 }, () => {
    const stream = openStream(session, {
      ':path': `${PATH}-stream`,
      authorization: `Bearer ${running.apiKey}`,
      'x-simulator-fault': 'frames;count=20, pace;ms=20',
    });
    stream.end(converseBody('Hello'));
    return answerOf(stream);
  });
  const whole = Array.from({ length: 4 }, () => call(running, { fault: 'slow;ms=400' }));
  const streamed = Array.from({ length: 4 }, () =>
    call(running, { operation: 'converse-stream', fault: 'frames;count=20, pace;ms=20' }),
  );
  await eventually(async () =>
    (await running.server.stores.ledger.holds()).length === 12 ? true : undefined,
  );
  await running.server.close();
  const answers = await Promise.all([...whole, ...streamed]);
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  for (const { frames } of answers.slice(4)) expect(frames.at(-1)).toBe('metadata');
  for (const { status, body } of await Promise.all(h2)) {
    expect(status).toBe(200);
    expect(body.includes('"usage"')).toBe(true);
  }
  await expect(fetch(`${running.endpoint}/health`)).rejects.toThrow();

  const again = await second(running, running.simulator.url);
  expect(await again.stores.ledger.holds()).toEqual([]);
  const { entries } = await again.stores.ledger.entries({ limit: 100 });
  expect(entries).toHaveLength(12);
  for (const entry of entries)
    expect([entry.outcome, entry.usage_source]).toEqual(['ok', 'reported']);
});

test('a client that goes on calling loses no call and does not hold up the end', async () => {
  const running = await product({ shutdownGraceMs: 5_000 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  endings.push(async () => agent.destroy());
  const once = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(running.endpoint);
      const sent = httpRequest({
        hostname,
        port,
        agent,
        method: 'POST',
        path: PATH,
        headers: {
          authorization: `Bearer ${running.apiKey}`,
          'x-simulator-fault': 'slow;ms=60',
        },
      });
      sent.on('error', reject);
      sent.on('response', (reply) => {
        reply.resume();
        reply.on('end', () => resolve(reply.statusCode ?? 0));
        reply.on('error', reject);
      });
      sent.end(converseBody('Hello'));
    });
  let served = 0;
  const looping = (async () => {
    for (;;) {
      const status = await once();
      expect([200, 503]).toContain(status);
      if (status === 200) served += 1;
    }
  })().catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  await eventually(async () => (served >= 3 ? true : undefined));
  await running.server.close();
  expect(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']).toContain(await looping);
  const again = await second(running, running.simulator.url);
  const { entries } = await again.stores.ledger.entries({ limit: 100 });
  expect(entries.map(({ outcome }) => outcome)).toEqual(Array(served).fill('ok'));
});

test('what does not end within the grace is settled, and nothing is held', async () => {
  const running = await product({ shutdownGraceMs: 300 });
  const hanging = [
    call(running, { fault: 'hang' }),
    call(running, { operation: 'converse-stream', fault: 'hang;after=4' }),
  ].map((answer) => answer.catch(() => undefined));
  await eventually(async () =>
    (await running.server.stores.ledger.holds()).length === 2 ? true : undefined,
  );
  await running.server.close();
  await Promise.all(hanging);
  const again = await second(running, running.simulator.url);
  expect(await again.stores.ledger.holds()).toEqual([]);
  const { entries } = await again.stores.ledger.entries({ limit: 100 });
  expect(entries).toHaveLength(2);
  for (const entry of entries) {
    expect(entry.outcome).toBe('broken');
    expect(entry.usage_source).not.toBe('reported');
    expect(entry.ceiling).toBeGreaterThan(0n);
  }
});

test('a killed process is recovered by the next one, once', async () => {
  const simulator = await simulate();
  const demo = await demoOn(simulator);
  const done = await callTo(demo, demo.apiKey);
  expect(done.status).toBe(200);
  const operations = ['converse', 'converse-stream'] as const;
  const running = operations.flatMap((operation) =>
    [1, 2, 3].map(() =>
      callTo(demo, demo.apiKey, { operation, fault: 'slow;ms=60000' }).catch(() => undefined),
    ),
  );
  await eventually(async () => ((await bookOf(simulator)).length === 7 ? true : undefined));
  await demo.kill();
  await Promise.all(running);

  await demo.restart();
  const { entries } = await demo.client.listEntries({ query: { limit: 100 } });
  expect(entries).toHaveLength(7);
  const rows = await bookOf(simulator);
  expect(new Set(entries.map(({ attempt_id }) => attempt_id))).toEqual(
    new Set(rows.map(({ attempt_id }) => attempt_id)),
  );
  const interrupted = entries.filter(({ outcome }) => outcome === 'interrupted');
  expect(interrupted).toHaveLength(6);
  for (const entry of interrupted) {
    expect(entry).toMatchObject({ usage: null, usage_source: 'unknown', cost_usd: '0' });
    expect(entry.usage_reason).toBe('process_died');
    expect(Number(entry.ceiling_usd)).toBeGreaterThan(0);
  }
  const [budget] = (await demo.client.listBudgets({ query: {} })).budgets;
  expect(budget?.held).toBe('0');
  const ceilings = interrupted.reduce((sum, entry) => sum + Number(entry.ceiling_usd), 0);
  expect(Number(budget?.ceiling)).toBeCloseTo(ceilings, 12);

  // Another death and another life change nothing of it.
  await demo.kill();
  await demo.restart();
  const after = await demo.client.listEntries({ query: { limit: 100 } });
  expect(after.entries).toEqual(entries);
  expect((await callTo(demo, demo.apiKey)).status).toBe(200);
}, 60_000);

test('a killed process is recovered by one that lives, which keeps its own calls', async () => {
  const simulator = await simulate();
  const demo = await demoOn(simulator);
  const living = await second(demo, simulator.url);
  const own = callTo(living, demo.apiKey, { fault: 'slow;ms=1500' });
  const lost = callTo(demo, demo.apiKey, { fault: 'slow;ms=60000' }).catch(() => undefined);
  await eventually(async () =>
    (await living.stores.ledger.holds()).length === 2 ? true : undefined,
  );
  await demo.kill();
  await lost;
  const [hold, ...others] = await eventually(async () => {
    const holds = await living.stores.ledger.holds();
    return holds.length < 2 ? holds : undefined;
  });
  expect(others).toEqual([]);
  const answer = await own;
  expect(answer.status).toBe(200);
  expect(hold?.intent.request_id).toBe(answer.requestId);
  const { entries } = await living.stores.ledger.entries({ limit: 10 });
  expect(entries.map(({ outcome }) => outcome).sort()).toEqual(['interrupted', 'ok']);
}, 60_000);

test('two processes on one directory share budgets, keys and revocations', async () => {
  const simulator = await simulate();
  const demo = await demoOn(simulator);
  const other = await second(demo, simulator.url);
  const params = { org_id: demo.orgId, app_id: await appOf(demo) };
  const made = await demo.client.createKey({ params, body: {} });

  // A key made by one is good at the other, at once.
  expect((await callTo(other, made.api_key)).status).toBe(200);

  // A budget set by one holds for both, whoever is asked.
  const limit = 20;
  await demo.client.putBudget({
    params: { budget_id: 'both' },
    body: {
      scope: { type: 'key', org_id: demo.orgId, key_id: made.key_id },
      limit: { unit: 'requests', amount: String(limit) },
      window: 'total',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
  const before = (await demo.client.getBudget({ params: { budget_id: 'both' } })).spent;
  expect(before).toBe('1');
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      callTo(i % 2 === 0 ? demo : other, made.api_key, { fault: 'slow;ms=20' }),
    ),
  );
  const served = answers.filter(({ status }) => status === 200).length;
  const end = await demo.client.getBudget({ params: { budget_id: 'both' } });
  console.log(`served ${served} of 60 by two processes, limit ${limit}`);
  expect(served).toBe(limit - 1);
  expect([end.spent, end.held, end.high_water, end.excess]).toEqual(['20', '0', '20', '0']);
  for (const { status } of answers) expect([200, 400, 429]).toContain(status);

  // A revocation by one counts at the other from the next call on.
  await demo.client.deleteBudget({ params: { budget_id: 'both' } });
  expect((await callTo(other, made.api_key)).status).toBe(200);
  await demo.client.revokeKey({ params: { key_id: made.key_id } });
  for (const at of [other, demo]) {
    const refused = await callTo(at, made.api_key);
    expect([refused.status, refused.error]).toEqual([403, 'AccessDeniedException']);
  }
}, 60_000);

async function appOf(demo: DemoProcess): Promise<string> {
  const { applications } = await demo.client.listApplications({
    params: { org_id: demo.orgId },
    query: {},
  });
  const [first] = applications;
  if (first === undefined) throw new Error('the demo has no application');
  return first.app_id;
}
