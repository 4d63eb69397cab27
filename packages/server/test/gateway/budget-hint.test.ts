/** The word that a spent budget gives of what would fit: whoever follows it is served. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from './requests.ts';

const HINT = /A call with maxTokens of at most (\d+) would fit now/;

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

function ask(key: string, maxTokens?: number) {
  const limit = maxTokens === undefined ? {} : { inferenceConfig: { maxTokens } };
  const messages = [{ role: 'user', content: [{ text: 'Say something about the sea.' }] }];
  return call(product, { key, body: JSON.stringify({ messages, ...limit }) });
}

test.each([
  { unit: 'usd', amount: '0.00005' },
  { unit: 'tokens', amount: '400' },
] as const)('the largest maxTokens named for $amount $unit is served', async ({ unit, amount }) => {
  const { orgId: org_id, appId: app_id } = product;
  const made = await product.client.createKey({ params: { org_id, app_id }, body: {} });
  await product.client.putBudget({
    params: { budget_id: `hint-${unit}` },
    body: {
      scope: { type: 'key', org_id, app_id, key_id: made.key_id },
      limit: { unit, amount },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
  const refused = await ask(made.api_key);
  expect(refused.status).toBe(400);
  const hint = HINT.exec(refused.message)?.[1];
  expect(Number(hint)).toBeGreaterThan(20);
  const { status, message } = await ask(made.api_key, Number(hint));
  expect({ status, message }).toEqual({ status: 200, message: '' });
});
