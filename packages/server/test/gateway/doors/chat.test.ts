/** The chat door: a prompt of somebody who signed in, and a text. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, entriesOf } from '../requests.ts';
import { signIn, TENANT, tokenOf } from './person.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';

let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct();
  token = await signIn(product);
});

afterAll(() => product.close());

function chat(body: unknown, headers: Record<string, string> = {}, path = '/bedrock/chat') {
  return call(product, {
    path,
    key: null,
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test('a prompt gets a text and nothing else, and leaves one entry of its tenant', async () => {
  for (const path of ['/bedrock/chat', '/prod/bedrock/chat']) {
    const answer = await chat({ prompt: 'Tell me of functions without servers.' }, {}, path);
    expect(answer.status).toBe(200);
    const told = JSON.parse(answer.body.toString()) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(['response']);
    expect(told['response']).toMatch(/\w+ \w+/);
    const [entry, ...others] = await entriesOf(product, answer.requestId);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      org_id: product.orgId,
      model_id: HAIKU,
      key_id: null,
      usage_source: 'reported',
    });
    expect(entry?.user_id).toBeTruthy();
  }
});

test('no header tells of usage, cost, budget or model', async () => {
  const answer = await chat({ prompt: 'Hello' });
  const telling = [...answer.headers.keys()].filter((name) =>
    /token|usage|cost|budget|model|label|latency/.test(name),
  );
  expect(telling).toEqual([]);
});

test('what is no prompt is refused in the words of the door', async () => {
  for (const body of [{}, { prompt: '' }, { prompt: 3 }, { other: 'x' }, 'no JSON', '[]', '']) {
    const answer = await chat(body);
    expect([body, answer.status]).toEqual([body, 400]);
    expect(Object.keys(JSON.parse(answer.body.toString()) as object)).toEqual(['error']);
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
  }
  const missing = await chat({});
  expect(JSON.parse(missing.body.toString())).toEqual({ error: 'Missing prompt.' });
});

test('no token, a bad one, a key, or a tenant that is not here: a 401', async () => {
  const stranger = await tokenOf(product, 'tenant-2');
  const [head, payload] = token.split('.');
  for (const headers of [
    { authorization: '' },
    { authorization: `Bearer ${String(head)}.${String(payload)}.AAAA` },
    { authorization: `Bearer ${product.apiKey}` },
    { authorization: product.apiKey },
    { authorization: `Bearer ${stranger}` },
    { authorization: 'Bearer nonsense' },
  ]) {
    const answer = await chat({ prompt: 'Hello' }, headers);
    expect([headers, answer.status]).toEqual([headers, 401]);
    expect(Object.keys(JSON.parse(answer.body.toString()) as object)).toEqual(['error']);
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
  }
});

test('whoever comes without a good token is told to sign in, not to send an API key', async () => {
  for (const authorization of ['', 'Bearer nonsense', 'Bearer a.b.c', 'Basic eDp5', 'Bearer']) {
    for (const path of ['/bedrock/chat', '/invoke_model?model_id=x']) {
      const answer = await chat({ prompt: 'Hello' }, { authorization }, path);
      const { error } = JSON.parse(answer.body.toString()) as { error: string };
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(error).toMatch(/[Ss]ign in/);
      expect(error).not.toMatch(/key/i);
    }
  }
});

test('a label serves as the model, and its chain is walked as everywhere', async () => {
  const other = await startProduct({ settingsFile: { chat_model: 'premium' } });
  try {
    const own = await signIn(other);
    const ask = () =>
      call(other, {
        path: '/bedrock/chat',
        key: null,
        headers: { authorization: `Bearer ${own}` },
        body: JSON.stringify({ prompt: 'Hello' }),
      });
    for (const [premium, model] of [
      [1_000_000, 'amazon.nova-pro-v1:0'],
      [0, 'amazon.nova-micro-v1:0'],
    ] as const) {
      await other.client.putOrganization({
        params: { org_id: other.orgId },
        body: {
          org_name: 'Test',
          tenant_id: TENANT,
          timezone: 'UTC',
          quota_scope: 'ORG',
          model_ordering: ['premium', 'economy'],
          quotas: { premium, economy: 1_000_000 },
        },
      });
      const answer = await ask();
      expect([answer.status, answer.headers.get('x-tollkeeper-label')]).toEqual([200, null]);
      const [entry] = await entriesOf(other, answer.requestId);
      expect(entry?.model_id).toBe(model);
    }
  } finally {
    await other.close();
  }
});

test('the operator chooses the model: one for all, another for a tenant', async () => {
  const other = await startProduct({
    settingsFile: {
      chat_model: 'amazon.nova-micro-v1:0',
      chat_models: { [TENANT]: 'amazon.nova-lite-v1:0' },
      chat_max_tokens: 5,
    },
  });
  try {
    token = await signIn(other);
    const answer = await call(other, {
      path: '/bedrock/chat',
      key: null,
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ prompt: 'Hello' }),
      fault: 'tokens;output=50',
    });
    expect(answer.status).toBe(200);
    const [entry] = await entriesOf(other, answer.requestId);
    expect(entry).toMatchObject({ model_id: 'amazon.nova-lite-v1:0' });
    expect(entry?.usage).toMatchObject({ output_tokens: 5 });
  } finally {
    await other.close();
    token = await tokenOf(product, TENANT);
  }
});

test('a failure of the model service is told in the words of the door', async () => {
  const answer = await chat({ prompt: 'Hello' }, { 'x-simulator-fault': 'throttle' });
  expect(answer.status).toBe(429);
  expect(Object.keys(JSON.parse(answer.body.toString()) as object)).toEqual(['error']);
});
