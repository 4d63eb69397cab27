/** How a call looks again when the catalogue has changed under it, by any process. */
import type { CatalogStore } from '@tollkeeper/server';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { failingLedger } from './failing-ledger.ts';
import { call } from './requests.ts';

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct();
});

afterAll(() => product.close());

type Kind = Parameters<CatalogStore['put']>[0]['kind'];

/** Changes a document behind the back of this process's caches, as another process does it. */
async function changeElsewhere(kind: Kind, id: string, members: object): Promise<void> {
  const { catalog } = product.server.stores;
  const item = await catalog.get<object>(kind, id);
  if (item === undefined) throw new Error(`There is no ${kind} ${id}.`);
  await catalog.put({ kind, id, parent: item.parent, value: { ...item.value, ...members } });
}

async function newKey(body: object = {}): Promise<string> {
  const params = { org_id: product.orgId, app_id: product.appId };
  return (await product.client.createKey({ params, body })).api_key;
}

test('a call that has to look again takes its rate limit once', async () => {
  const key = await newKey({ rate_limits: { requests_per_minute: 2 } });
  expect((await call(product, { key })).status).toBe(200);
  await changeElsewhere('organization', product.orgId, {});
  expect((await call(product, { key })).status).toBe(200);
  expect((await call(product, { key })).status).toBe(429);
});

test('what another process has permitted is permitted from the next call on', async () => {
  const key = await newKey();
  const model = 'nobody.knows-this-v1:0';
  expect(await call(product, { key, model })).toMatchObject({ status: 403 });
  const policy = { unpriced: 'flag', unbounded: 'cap' };
  await changeElsewhere('organization', product.orgId, { key_policy: policy });
  const answer = await call(product, { key, model });
  // The simulator does not know the model either; what counts is that it was asked.
  expect(answer.message).not.toContain('no price');
  expect(answer.status).not.toBe(403);
});

test('a reply that was paid for reaches the client though its settlement is lost', async () => {
  const failing = await startProduct({
    wrapStores: ({ ledger, ...rest }) => ({
      ...rest,
      ledger: failingLedger(ledger, { reserve: false, settle: 'for-good' }),
    }),
  });
  try {
    const answer = await call(failing, {});
    expect([answer.status, answer.headers.get('x-tollkeeper-cost-usd')]).toEqual([200, null]);
    // An SDK would repeat a 500, and pay twice.
    expect(await failing.book()).toHaveLength(1);
  } finally {
    await failing.close();
  }
});

// The first was found by the simulation, seed 51363.
test.each(['asked-again', 'refused-after'] as const)(
  'a hold does not stay: %s',
  async (reserve) => {
    const failing = await startProduct({
      wrapStores: ({ ledger, ...rest }) => ({
        ...rest,
        ledger: failingLedger(ledger, { reserve, settle: false }),
      }),
    });
    try {
      expect(await call(failing, {})).toMatchObject({ status: 500 });
      expect(await failing.book()).toEqual([]);
      await vi.waitFor(async () => expect(await failing.server.stores.ledger.holds()).toEqual([]));
    } finally {
      await failing.close();
    }
  },
);
