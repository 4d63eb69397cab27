/**
 * Prices that change while calls are served: each call is held and charged by the version of its
 * dispatch, and the next call of every process has the new one.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadSettings, startServer, type RunningServer } from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';

const MODEL = 'amazon.nova-lite-v1:0';
const KEY = { model_id: MODEL, region: 'us-east-1' } as const;

let product: RunningProduct;
/** Another process on the same store. */
let second: RunningServer;
beforeAll(async () => {
  product = await startProduct();
  const { dataDir, simulator } = product;
  const flags = { port: 0, dataDir, logLevel: 'silent', upstreamUrl: simulator.url };
  const loaded = loadSettings({ demo: true, flags });
  if (loaded.kind !== 'ok') throw new Error('The settings are wrong.');
  second = await startServer(loaded.settings, {
    version: 'test',
    demo: { credentials: DEFAULT_CREDENTIALS },
    onFatal: (error) => {
      throw error;
    },
  });
});
afterAll(async () => {
  await second.close();
  await product.close();
});

async function converse(endpoint: string, maxTokens = 20) {
  const response = await fetch(`${endpoint}/model/${MODEL}/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${product.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'hello' }] }],
      inferenceConfig: { maxTokens },
    }),
  });
  const text = await response.text();
  const { entries } = await product.client.listEntries();
  return { status: response.status, text, entry: entries.at(-1) };
}

test('the next call of every process is charged by the new version', async () => {
  const before = await converse(second.endpoint);
  const { price_version } = await product.client.putPriceLayer({
    params: { layer_id: 'deal' },
    body: { kind: 'discount', percent: '50', org_id: product.orgId },
  });
  for (const endpoint of [product.endpoint, second.endpoint]) {
    const { entry } = await converse(endpoint);
    expect(entry).toMatchObject({
      price_version,
      price_basis: { model_id: MODEL, scope: 'in_region' },
      price_layers: [{ layer_id: 'deal', kind: 'discount', percent: '50' }],
    });
    expect(entry?.price_version).not.toBe(before.entry?.price_version);
    // The list says 0.06 USD for a million input tokens.
    const line = entry?.charges.find((each) => each.class === 'input');
    expect(line).toMatchObject({
      unit_price_usd: '0.00000003',
      list_unit_price_usd: '0.00000006',
    });
  }
  await product.client.deletePriceLayer({ params: { layer_id: 'deal' } });
  const { entry } = await converse(second.endpoint);
  expect(entry?.price_layers).toEqual([]);
  expect(entry?.charges[0]).not.toHaveProperty('list_unit_price_usd');
});

test('the hold is taken at the price after the layers', async () => {
  await product.client.putBudget({
    params: { budget_id: 'tight' },
    body: {
      scope: { type: 'organization', org_id: product.orgId },
      limit: { unit: 'usd', amount: '0.01' },
      window: 'total',
    },
  });
  expect((await converse(second.endpoint)).status).toBe(200);
  const layer_id = 'dear';
  await product.client.setPrice({ body: { ...KEY, usage_class: 'output', usd: '9999', layer_id } });
  const refused = await converse(second.endpoint);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('budget tight');
  await product.client.deletePriceLayer({ params: { layer_id } });
  expect((await converse(second.endpoint)).status).toBe(200);
  await product.client.deleteBudget({ params: { budget_id: 'tight' } });
});

test('a model without a price can be called as soon as it has one', async () => {
  const model = 'acme.unheard-of-v1:0';
  const call = async (): Promise<number> => {
    const response = await fetch(`${second.endpoint}/model/${model}/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${product.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'hello' }] }],
        inferenceConfig: { maxTokens: 20 },
      }),
    });
    await response.text();
    return response.status;
  };
  expect(await call()).toBe(403);
  for (const usage_class of ['input', 'output']) {
    const body = { model_id: model, region: 'us-east-1', usage_class, usd: '1' };
    await product.client.setPrice({ body });
  }
  // What the upstream thinks of the model is its own affair.
  expect(await call()).not.toBe(403);
});
