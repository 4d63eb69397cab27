/**
 * Days on the running product: called by people of the demo's issuer as users of the profiling
 * system call, over the simulator and a real store.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSecond } from '../gateway/second-server.ts';
import { tokenOf } from '../gateway/doors/person.ts';

const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';

let product: RunningProduct;
beforeEach(async () => {
  product = await startProduct();
  for (const tenant_id of ['tenant-1', 'tenant-2']) {
    const org_id = product.server.ids.uuid();
    const body = { org_name: tenant_id, tenant_id };
    await product.client.putOrganization({ params: { org_id }, body });
  }
});
afterEach(() => product.close());

async function ask(path: string, token: string, body?: string): Promise<Response> {
  return fetch(`${product.endpoint}${path}`, {
    method: 'POST',
    headers: { auth: token },
    ...(body === undefined ? {} : { body }),
  });
}

/** 10 tokens in: 3 for the prompt, 4 for the message, 3 for its 11 bytes. 282 out. */
async function callSonnet(token: string): Promise<Response> {
  return fetch(`${product.endpoint}/invoke_model?model_id=${SONNET}`, {
    method: 'POST',
    headers: {
      auth: token,
      'content-type': 'application/json',
      'x-simulator-fault': 'tokens;output=282',
    },
    body: JSON.stringify({
      inputs: 'What is it?',
      parameters: { maxTokenCount: 4096, temperature: 0.8 },
    }),
  });
}

interface Rows {
  readonly body: readonly Readonly<Record<string, string>>[];
}

test('ten tokens in and 282 out are told to the character', async () => {
  const [two, admin] = [await tokenOf(product, 'tenant-2'), await tokenOf(product, 'admin')];
  expect((await callSonnet(two)).status).toBe(200);
  const finished = await ask('/cost_track_manual', admin);
  expect([finished.status, await finished.text()]).toEqual([200, '"Calculation Finished!"']);
  const answer = await ask('/ddb_cost_retrieval', admin, '{}');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  const today = new Date(product.server.clock.now()).toISOString().slice(0, 10);
  expect(await answer.text()).toBe(
    `{"body":[{"date":"${today}","input_tokens":"10.0","output_tokens":"282.0",` +
      '"input_cost":"0.00003","output_cost":"0.00423",' +
      `"pk":"tenant-2-${SONNET}","model_id":"${SONNET}",` +
      '"invocations":"1.0","name":"tenant-2"}]}',
  );
  const table = readFileSync(join(product.dataDir, 'daily', `${today}.csv`), 'utf8');
  expect(table.split('\r\n')[1]).toMatch(
    /^[\d-]{10},tenant-2,.*,1,0,10,282,0.00003,0.00423,0.00426$/,
  );
});

test('an administrator sees all tenants and has days summed up; a tenant sees itself', async () => {
  const [one, two, admin] = await Promise.all(
    ['tenant-1', 'tenant-2', 'admin'].map((tenant) => tokenOf(product, tenant)),
  );
  for (const token of [one, two, two]) await callSonnet(token ?? '');
  for (const token of [one, two]) {
    expect((await ask('/cost_track_manual', token ?? '')).status).toBe(403);
  }
  await ask('/cost_track_manual', admin ?? '');
  const seen = async (token: string | undefined): Promise<unknown> => {
    const { body } = (await (await ask('/ddb_cost_retrieval', token ?? '')).json()) as Rows;
    return body.map(({ name, invocations }) => `${name} ${invocations}`).sort();
  };
  expect(await seen(one)).toEqual(['tenant-1 1.0']);
  expect(await seen(two)).toEqual(['tenant-2 2.0']);
  expect(await seen(admin)).toEqual(['tenant-1 1.0', 'tenant-2 2.0']);
});

test('nobody, and a token of nobody, is refused', async () => {
  for (const path of ['/cost_track_manual', '/ddb_cost_retrieval']) {
    for (const token of ['', 'eyJhbGciOiJub25lIn0.e30.', product.apiKey]) {
      const { status } = await ask(path, token);
      expect([path, token, status]).toEqual([path, token, token === product.apiKey ? 403 : 401]);
    }
  }
});

test('the token may be a bearer, a stage may come first, the body may be any JSON', async () => {
  const admin = await tokenOf(product, 'admin');
  for (const path of ['/prod/cost_track_manual', '/kerrigan_prod/cost_track_manual']) {
    for (const body of [undefined, '', '{"a":[1]}', '[]', '"x"', 'null']) {
      const answer = await fetch(`${product.endpoint}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}` },
        ...(body === undefined ? {} : { body }),
      });
      expect([path, body, answer.status]).toEqual([path, body, 200]);
    }
  }
});

test('days are narrowed by from and to', async () => {
  const admin = await tokenOf(product, 'admin');
  await callSonnet(await tokenOf(product, 'tenant-1'));
  await ask('/cost_track_manual', admin);
  const count = async (query: string): Promise<number> => {
    const { body } = (await (await ask(`/ddb_cost_retrieval?${query}`, admin)).json()) as Rows;
    return body.length;
  };
  expect(await count('from=2020-01-01&to=2020-12-31')).toBe(0);
  expect(await count('from=2020-01-01')).toBe(1);
  for (const query of ['from=2020-01-02&to=2020-01-01', 'to=2020-02-30', 'from=2020-1-1']) {
    const { status } = await ask(`/ddb_cost_retrieval?${query}`, admin);
    expect([query, status]).toEqual([query, 400]);
  }
});

test('summed up while calls arrive, the days hold each call once', async () => {
  const [one, admin] = [await tokenOf(product, 'tenant-1'), await tokenOf(product, 'admin')];
  const calls = Array.from({ length: 30 }, () => callSonnet(one));
  const runs = Array.from({ length: 5 }, () => ask('/cost_track_manual', admin));
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  await Promise.all(runs);
  for (let again = 0; again < 2; again += 1) {
    await ask('/cost_track_manual', admin);
    const { body } = (await (await ask('/ddb_cost_retrieval', one)).json()) as Rows;
    expect(body).toMatchObject([
      { invocations: '30.0', input_tokens: '300.0', output_tokens: '8460.0' },
    ]);
    expect(body[0]).toMatchObject({ input_cost: '0.0009', output_cost: '0.1269' });
  }
});

test('two processes that sum up at once and are called double and lose nothing', async () => {
  const upstreamUrl = product.simulator.url;
  const second = await startSecond(product, { kind: 'demo', upstreamUrl });
  try {
    const key = { 'x-api-key': product.provisioningKey };
    const endpoints = [product.endpoint, second.endpoint];
    const model = encodeURIComponent(SONNET);
    const body = JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'What is it?' }] }],
    });
    const headers = { authorization: `Bearer ${product.apiKey}` };
    const fault = { 'x-simulator-fault': 'tokens;output=282' };
    const work: Promise<Response>[] = [];
    for (let at = 0; at < 40; at += 1) {
      const endpoint = endpoints[at % 2] ?? '';
      const request = { method: 'POST', headers: { ...headers, ...fault }, body };
      work.push(fetch(`${endpoint}/model/${model}/converse`, request));
      if (at % 8 > 1) continue;
      work.push(fetch(`${endpoint}/cost_track_manual`, { method: 'POST', headers: key }));
    }
    const statuses = (await Promise.all(work)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await Promise.all(
      endpoints.map((at) => fetch(`${at}/cost_track_manual`, { method: 'POST', headers: key })),
    );
    const days = await fetch(`${second.endpoint}/ddb_cost_retrieval`, {
      method: 'POST',
      headers: key,
    });
    expect((await days.json()) as Rows).toMatchObject({
      body: [
        { name: product.orgId, invocations: '40.0', input_tokens: '400.0', input_cost: '0.0012' },
      ],
    });
  } finally {
    await second.close();
  }
});
