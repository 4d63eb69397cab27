/** The doctor against the real product: all well, and each thing that can be wrong. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Check } from '../src/doctor.ts';
import { run } from '../src/run.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

async function doctor(argv: readonly string[] = [], over: Readonly<Record<string, string>> = {}) {
  const out: string[] = [];
  const code = await run(['doctor', ...argv], {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
      ...over,
    },
    out: (text) => out.push(text),
    note: (text) => out.push(text),
    readFile: () => {
      throw new Error('no such file');
    },
    fetch,
  });
  return { code, out: out.join('') };
}

async function checks(over: Readonly<Record<string, string>> = {}) {
  const { code, out } = await doctor(['--json'], over);
  const list = (JSON.parse(out) as { checks: Check[] }).checks;
  return { code, list, of: (name: string) => list.find(({ check }) => check === name) };
}

it('finds the demo well: nothing failed, and everything was looked at', async () => {
  const { code, list } = await checks();
  expect(list.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(code).toBe(0);
  const names = list.map(({ check }) => check);
  for (const name of ['gateway', 'store', 'credentials', 'upstream', 'clock', 'disk', 'prices']) {
    expect(names).toContain(name);
  }
  expect(names).toContain('right bedrock:InvokeModel');
  expect(JSON.stringify(list)).not.toContain(product.provisioningKey);
});

it('prints a table with what to do, and sums it up', async () => {
  const { out } = await doctor();
  expect(out).toMatch(/^(ok {2}|warn) {2}gateway +http:\/\/127/);
  expect(out).toMatch(/^\d+ ok, \d+ to look at, 0 failed$/m);
});

it('fails when the gateway is not there, and says how to start it', async () => {
  const { code, list, of } = await checks({ TOLLKEEPER_ENDPOINT: 'http://127.0.0.1:1' });
  expect([code, of('gateway')?.status, of('gateway')?.advice]).toEqual([
    10,
    'fail',
    expect.stringContaining('serve'),
  ]);
  expect(list.map(({ check }) => check)).toEqual(['gateway', 'node here', 'settings here']);
});

it('fails, but looks at the rest, when the key is no provisioning key', async () => {
  const { code, of } = await checks({ TOLLKEEPER_PROVISIONING_KEY: product.apiKey });
  expect([code, of('diagnosis')?.status, of('prices')?.status]).toEqual([10, 'fail', 'ok']);
  expect(of('diagnosis')?.advice).toContain('TOLLKEEPER_PROVISIONING_KEY');
});

it('names the settings of this environment that are wrong', async () => {
  const { code, of } = await checks({ TOLLKEEPER_PORT: 'eighty' });
  expect([code, of('settings here')?.detail]).toEqual([
    10,
    expect.stringContaining('TOLLKEEPER_PORT'),
  ]);
});

it('names the models that were called without a price', async () => {
  const key = await product.client.createKey({
    params: { org_id: product.orgId, app_id: product.appId },
    body: { policy: { unpriced: 'flag', unbounded: 'cap' } },
  });
  const path = '/model/amazon.nova-nobody-v1%3A0/converse';
  const answer = await fetch(product.endpoint + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
  });
  await answer.arrayBuffer();
  const { list } = await checks();
  const about = list.find(({ check }) => check.startsWith('price of amazon.nova-nobody'));
  expect(about?.status).toBe('warn');
  expect(about?.advice).toContain('prices');
  expect(about?.detail).toContain('the book has no price of it');
});

it('names the models that were refused for want of a price', async () => {
  const path = '/model/amazon.nova-costless-v1%3A0/converse';
  const answer = await fetch(product.endpoint + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${product.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      inferenceConfig: { maxTokens: 10 },
    }),
  });
  await answer.arrayBuffer();
  // Refusals are written off the path of calls.
  const kept = async () => (await product.client.listRefusals()).refusals.length;
  await expect.poll(kept, { timeout: 10_000 }).toBeGreaterThan(0);
  const { of } = await checks();
  expect(of('price of amazon.nova-costless-v1:0')).toMatchObject({
    status: 'warn',
    detail: '1 call refused in 30 days for want of a price',
  });
});
