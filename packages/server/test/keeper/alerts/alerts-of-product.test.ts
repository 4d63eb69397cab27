/**
 * Alerts of the whole product: raised once whatever the number of processes, delivered though a
 * process dies on the way, to a real receiver that checks signatures by itself.
 */
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { startSimulator } from '@tollkeeper/simulator';
import { startProduct } from '@tollkeeper/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../../adapters/webhook/receiver.ts';
import { DemoProcess } from '../../gateway/demo-process.ts';
import { converseBody } from '../../gateway/requests.ts';
import { startSecond } from '../../gateway/second-server.ts';
import { eventOf, signaturesBy } from './verify.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

/** A budget of so many requests a day, which every call of the organization counts in. */
const requestsOf = (org_id: string, amount: string, alert_thresholds_pct?: number[]) => ({
  scope: { type: 'organization' as const, org_id },
  limit: { unit: 'requests' as const, amount },
  window: 'day' as const,
  mode: 'warn' as const,
  ...(alert_thresholds_pct === undefined ? {} : { alert_thresholds_pct }),
});

/** Thresholds of the messages that came in, lowest first. */
const thresholds = (): number[] =>
  receiver.received
    .map((each) => Number(eventOf(each).data['threshold_pct']))
    .sort((a, b) => a - b);

it('raises each threshold once over two servers, and signs what it sends', async () => {
  const product = await startProduct({ settings: { alertSweepIntervalMs: 100 } });
  const second = await startSecond(product, {
    kind: 'demo',
    upstreamUrl: product.simulator.url,
    settings: { alertSweepIntervalMs: 100 },
  });
  try {
    const { orgId: org_id, client } = product;
    const params = { org_id, webhook_id: 'ops' };
    const { secret = '' } = await client.putWebhook({ params, body: { url: receiver.url } });
    await client.putBudget({ params: { budget_id: 'few' }, body: requestsOf(org_id, '8') });
    const both = [product, { ...product, endpoint: second.endpoint }];
    for (let round = 0; round < 5; round++) {
      await Promise.all(both.map(call));
    }
    await receiver.until(4);
    expect(thresholds()).toEqual([50, 80, 95, 100]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
    for (const message of receiver.received) {
      expect(signaturesBy(message, secret)).toBe(1);
      expect(eventOf(message)).toMatchObject({
        type: 'budget.threshold_reached',
        data: { org_id, budget_id: 'few', limit: { unit: 'requests', amount: '8' }, mode: 'warn' },
      });
    }
    const { deliveries } = await client.listWebhookDeliveries({ params, query: {} });
    expect(deliveries).toHaveLength(4);
  } finally {
    await second.close();
    await product.close();
  }
  // Whatever was still to come would have come by the end of both.
  expect(receiver.received).toHaveLength(4);
});

it('says of one budget when it will be spent', async () => {
  const product = await startProduct();
  try {
    const { orgId: org_id, client } = product;
    const params = { budget_id: 'few' };
    await client.putBudget({ params, body: requestsOf(org_id, '2', []) });
    expect(await client.getBudget({ params })).toMatchObject({
      alert_thresholds_pct: [],
      exhausts_at: null,
    });
    await call(product);
    await call(product);
    const before = Date.now();
    const { exhausts_at } = await client.getBudget({ params });
    expect(Date.parse(exhausts_at ?? '')).toBeGreaterThanOrEqual(before);
  } finally {
    await product.close();
  }
});

/** One call; its status. */
async function call({ endpoint, apiKey }: Pick<DemoProcess, 'endpoint' | 'apiKey'>) {
  const answer = await fetch(`${endpoint}/model/amazon.nova-micro-v1%3A0/converse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: converseBody('Hello'),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Resolves when a file of this name is in the directory. */
async function fileOf(directory: string, name: string): Promise<void> {
  const watcher = watch(directory);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (existsSync(join(directory, name))) resolve();
    };
    watcher.on('change', look);
    look();
  });
  watcher.close();
}

/** Settings by which a process that died is followed up soon. */
const SOON = {
  TOLLKEEPER_ALERT_SWEEP_INTERVAL_MS: '200',
  TOLLKEEPER_WEBHOOK_TIMEOUT_MS: '500',
  TOLLKEEPER_WEBHOOK_BACKOFF_MS: '50',
};

async function withDemo(
  env: Readonly<Record<string, string>>,
  work: (demo: DemoProcess) => Promise<void>,
): Promise<void> {
  const simulator = await startSimulator();
  const demo = await DemoProcess.start(simulator.url, { ...SOON, ...env });
  try {
    await work(demo);
  } finally {
    await demo.remove();
    await simulator.close();
  }
}

it('sends what was settled by a process that was killed before it could tell', async () => {
  await withDemo({ TOLLKEEPER_CRASH_POINT: 'after-settle' }, async (demo) => {
    const { client, orgId: org_id } = demo;
    const params = { org_id, webhook_id: 'ops' };
    const { secret = '' } = await client.putWebhook({ params, body: { url: receiver.url } });
    const body = requestsOf(org_id, '1', [100]);
    await client.putBudget({ params: { budget_id: 'one' }, body });
    const stopped = fileOf(demo.dataDir, 'crash-point.reached');
    // Settled, and stopped there for good: nobody answers any more.
    void call(demo).catch(() => undefined);
    await stopped;
    await demo.kill();
    expect(receiver.received).toEqual([]);
    await demo.restart();
    await receiver.until(1);
    const [message] = receiver.received;
    if (message === undefined) throw new Error('Nothing came.');
    expect(signaturesBy(message, secret)).toBe(1);
    expect(eventOf(message).data).toMatchObject({ budget_id: 'one', threshold_pct: 100 });
    await demo.terminate();
    expect(receiver.received).toHaveLength(1);
  });
}, 60_000);

it('sends again, with the same id, what a killed process had been sending', async () => {
  await withDemo({}, async (demo) => {
    const { client, orgId: org_id } = demo;
    const params = { org_id, webhook_id: 'ops' };
    await client.putWebhook({ params, body: { url: receiver.url } });
    await client.putBudget({ params: { budget_id: 'one' }, body: requestsOf(org_id, '1', [100]) });
    receiver.answers.push('never');
    expect(await call(demo)).toBe(200);
    await receiver.until(1);
    await demo.kill();
    await demo.restart();
    await receiver.until(2);
    const [first, again] = receiver.received;
    expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(again?.body).toBe(first?.body);
    await demo.terminate();
    expect(receiver.received).toHaveLength(2);
  });
}, 60_000);

it('keeps trying over restarts until the receiver is there', async () => {
  await withDemo({}, async (demo) => {
    const { client, orgId: org_id } = demo;
    const params = { org_id, webhook_id: 'ops' };
    await client.putWebhook({ params, body: { url: receiver.url } });
    const { port } = receiver;
    await receiver.close();
    await client.putBudget({ params: { budget_id: 'one' }, body: requestsOf(org_id, '1', [100]) });
    expect(await call(demo)).toBe(200);
    await demo.terminate();
    receiver = await startReceiver(port);
    await demo.restart();
    await receiver.until(1);
    expect(thresholds()).toEqual([100]);
  });
}, 60_000);
