/** Two settings of the listening side: stage prefixes, and a port of its own for the metrics. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../gateway/requests.ts';

const MODEL = 'amazon.nova-micro-v1%3A0';

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct({
    settings: { stagePrefixes: ['/prod', '/v1/blue'], metricsPort: 0 },
  });
});

afterAll(() => product.close());

test('a stage prefix is taken off before routing, for both planes', async () => {
  for (const stage of ['', '/prod', '/v1/blue']) {
    const answer = await call(product, { path: `${stage}/model/${MODEL}/converse` });
    expect([stage, answer.status]).toEqual([stage, 200]);
    const health = await fetch(`${product.endpoint}${stage}/health`);
    expect([stage, health.status]).toEqual([stage, 200]);
  }
});

test('what only begins like a stage is no stage', async () => {
  const answer = await call(product, { path: `/production/model/${MODEL}/converse` });
  expect(answer.status).toBe(404);
});

test('the metrics port serves the metrics without a key, and nothing else', async () => {
  const { metricsPort } = product.server;
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(metrics.status).toBe(200);
  expect(await metrics.text()).toMatch(/^tollkeeper_requests_total\{/m);
  for (const path of ['/health', '/api/v1/orgs', `/model/${MODEL}/converse`]) {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}${path}`, { method: 'POST' });
    expect([path, answer.status]).toEqual([path, 404]);
  }
  expect((await fetch(`${product.endpoint}/metrics`)).status).toBe(401);
});

test('closing gives both ports back', async () => {
  const other = await startProduct({ settings: { metricsPort: 0 } });
  const { metricsPort } = other.server;
  await other.close();
  for (const url of [`http://127.0.0.1:${metricsPort}/metrics`, `${other.endpoint}/health`]) {
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  }
});
