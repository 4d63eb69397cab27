/** The apportioning door: a bare key, a model's own body, the model's own answer. */
import { connect } from 'node:net';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../../src/credentials/authority.ts';
import { APPORTIONING } from '../../../src/gateway/doors/apportioning.ts';
import type { JsonObject } from '../../../src/gateway/doors/door.ts';
import { bodyOf } from '../../../src/gateway/doors/doors.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { NAMED_TWICE } from '../../../src/gateway/wire/request-body.ts';
import { call, entriesOf } from '../requests.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const OWN = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 16,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Good evening!' }] }],
  temperature: 0.5,
};

/** The door asks neither of them. */
const NO_GATEWAY = {} as Gateway;
const NO_CALLER = {} as Caller;

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct();
});

afterAll(() => product.close());

function ask(
  body: unknown,
  {
    path = '/invoke-model',
    headers = {},
  }: { path?: string; headers?: Record<string, string> } = {},
) {
  return call(product, {
    path,
    key: null,
    headers: { authorization: product.apiKey, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test('the answer is that of InvokeModel, byte by byte, and one entry is left', async () => {
  const direct = await call(product, {
    path: `/model/${encodeURIComponent(HAIKU)}/invoke`,
    body: JSON.stringify(OWN),
  });
  const answer = await ask({ modelId: HAIKU, body: OWN });
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toBe(direct.body.toString());
  const [entry, ...others] = await entriesOf(product, answer.requestId);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ model_id: HAIKU, operation: 'InvokeModel', key_id: product.keyId });
});

test('the body goes to the model as the caller wrote it, its numbers and escapes included', () => {
  const own = '{ "temperature" : 1.0, "seed":9007199254740993,\n "e":1E2,"text":"\\u00e9é\\/" }';
  const sent = `{"\\u0062ody":${own} , "modelId":"${HAIKU}","note":{"body":{"a":1}}}`;
  const opened = APPORTIONING.open(NO_GATEWAY, {
    ...{ caller: NO_CALLER, query: new URLSearchParams() },
    ...{ body: JSON.parse(sent) as JsonObject, text: sent },
  });
  expect(opened.kind === 'opened' && bodyOf(opened).toString()).toBe(own);
});

test('a request that says twice what is to be called, or with what, is refused', async () => {
  const own = JSON.stringify(OWN);
  for (const twice of [
    `{"modelId":"${HAIKU}","body":{},"body":${own}}`,
    `{"modelId":"x","body":${own},"modelId":"${HAIKU}"}`,
    `{"modelId":"${HAIKU}","body":{"max_tokens":1,${own.slice(1)}}`,
  ]) {
    const answer = await ask(twice);
    expect([answer.status, answer.message]).toEqual([400, NAMED_TWICE]);
  }
});

test('it answers under every stage, and under a stage of its own', async () => {
  for (const stage of ['/prod', '/v1', '/prod/v1']) {
    const answer = await ask({ modelId: HAIKU, body: OWN }, { path: `${stage}/invoke-model` });
    expect([stage, answer.status]).toEqual([stage, 200]);
  }
  const elsewhere = await call(product, { path: `/v1/model/${HAIKU}/converse` });
  expect(elsewhere.status).toBe(404);
});

test('the key may come bare, with its scheme, or as an API key header', async () => {
  const { apiKey } = product;
  for (const authorization of [apiKey, `Bearer ${apiKey}`, `bearer ${apiKey}`]) {
    const answer = await ask({ modelId: HAIKU, body: OWN }, { headers: { authorization } });
    expect(answer.status).toBe(200);
  }
  const answer = await call(product, {
    path: '/invoke-model',
    key: null,
    headers: { 'x-api-key': apiKey },
    body: JSON.stringify({ modelId: HAIKU, body: OWN }),
  });
  expect(answer.status).toBe(200);
});

test('the answer can be streamed', async () => {
  const answer = await ask(
    { modelId: HAIKU, body: OWN },
    { path: '/invoke-model-with-response-stream' },
  );
  expect(answer.status).toBe(200);
  expect(answer.frames.length).toBeGreaterThan(2);
  expect(new Set(answer.frames)).toEqual(new Set(['chunk']));
  expect(await entriesOf(product, answer.requestId)).toHaveLength(1);
});

test('refusals are told as AWS tells them', async () => {
  const cases: [unknown, Record<string, string>, number, string][] = [
    [
      { modelId: HAIKU, body: OWN },
      { authorization: 'tk_nobody' },
      403,
      'UnrecognizedClientException',
    ],
    [{ body: OWN }, {}, 400, 'ValidationException'],
    [{ modelId: HAIKU }, {}, 400, 'ValidationException'],
    [{ modelId: HAIKU, body: 'text' }, {}, 400, 'ValidationException'],
    [{ modelId: 'a/../b', body: OWN }, {}, 400, 'ValidationException'],
    [{ modelId: 'no-such-label', body: OWN }, {}, 404, 'ResourceNotFoundException'],
    ['{"modelId":', {}, 400, 'ValidationException'],
    [{ modelId: HAIKU, body: OWN }, { 'content-encoding': 'gzip' }, 400, 'ValidationException'],
  ];
  for (const [body, headers, status, error] of cases) {
    const answer = await ask(body, { headers });
    expect([body, answer.status, answer.error]).toEqual([body, status, error]);
    expect(JSON.parse(answer.body.toString())).toEqual({ message: answer.message });
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
  }
});

test('a header that prices the call counts as if it had come by the model path', async () => {
  const answer = await ask(
    { modelId: 'amazon.nova-pro-v1:0', body: NOVA_BODY },
    { headers: { 'x-amzn-bedrock-service-tier': 'flex' } },
  );
  expect(answer.status).toBe(200);
  const [entry] = await entriesOf(product, answer.requestId);
  expect(entry?.tier).toBe('flex');
  const row = (await product.book()).find(({ attempt_id }) => attempt_id === entry?.attempt_id);
  expect(row?.served_tier).toBe('flex');
});

const NOVA_BODY = {
  messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  inferenceConfig: { maxTokens: 16 },
};

test('a request that Node does not read at once is served just the same', async () => {
  const body = JSON.stringify({ modelId: HAIKU, body: OWN });
  const head =
    `POST /invoke-model HTTP/1.1\r\nhost: x\r\nauthorization: ${product.apiKey}\r\n` +
    `connection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
  const { port, hostname } = new URL(product.endpoint);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('error', reject).on('close', () => resolve(received));
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.write(head.slice(0, 30), () => {
      socket.write(head.slice(30), () => socket.write(body));
    });
  });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
});
