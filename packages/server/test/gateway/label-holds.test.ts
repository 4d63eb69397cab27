/** Labels whose room is held by running calls, where calls go on to the next label at once. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tenantOf, told, type Tenant } from './keeper-rig.ts';
import { converseBody, eventually } from './requests.ts';

let product: RunningProduct;
beforeAll(async () => {
  // A call that waited for a label that is held for good would not end within the test.
  const settings = { fallbackOnHolds: 'immediate', admissionWaitMs: 60_000 };
  product = await startProduct({ settings });
});
afterAll(() => product.close());

const BODY = converseBody('Hello', 1_000);

/** A call that holds most of a label's quota; what comes back waits for its end. */
async function holding(tenant: Tenant, label: string): Promise<() => Promise<void>> {
  const call = tenant.call(`/model/${label}/converse`, { body: BODY, fault: 'slow;ms=1500' });
  await eventually(async () => ((await tenant.quota(label)).held === '0' ? undefined : true));
  return async () => {
    await call;
  };
}

test('the next label serves without waiting, and the sticky one stays', async () => {
  const tenant = await tenantOf(product, { quotas: { premium: 5_000 } });
  const end = await holding(tenant, 'premium');
  const answer = await tenant.call('/model/auto/converse', { body: BODY });
  expect(told(answer)).toEqual(['standard', 'amazon.nova-2-lite-v1:0', 'HELD_PREMIUM']);
  expect((await tenant.quota('premium')).held).not.toBe('0');
  await end();
  expect(told(await tenant.call('/model/auto/converse'))[0]).toBe('premium');
});

test('a call that no label has room for waits for the first that was held', async () => {
  const ordering = ['premium', 'economy'];
  const tenant = await tenantOf(product, { ordering, quotas: { premium: 5_000, economy: 2 } });
  const end = await holding(tenant, 'premium');
  const [answer] = await Promise.all([tenant.call('/model/auto/converse', { body: BODY }), end()]);
  expect(told(answer)).toEqual(['premium', 'amazon.nova-pro-v1:0', null]);
});
