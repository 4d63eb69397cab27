/**
 * The short way of submissions beside the one of the framework: the same requests, sent plainly and
 * in chunks, get the same answers, and both see what another process has changed.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { startSecond } from '../gateway/second-server.ts';
import { ask, clientIn, submission, textAt, type Answered } from '../keeper/api-caller.ts';

const ORG = randomUUID();
const PATH = `/api/v1/orgs/${ORG}/apps/app/usage`;

let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct({ settings: { rateLimitPreset: 'off' } });
  const { endpoint, provisioningKey: key } = product;
  const organization = {
    org_name: 'Lane',
    timezone: 'UTC',
    quota_scope: 'ORG',
    model_ordering: ['premium'],
    quotas: { premium: 1_000_000 },
  };
  const orgPath = `/api/v1/orgs/${ORG}`;
  await ask(endpoint, { method: 'PUT', path: orgPath, key, json: organization });
  const json = { app_name: 'App' };
  const made = await ask(endpoint, { method: 'PUT', path: `${orgPath}/apps/app`, key, json });
  token = await tokenFor(made);
});
afterAll(() => product.close());

async function tokenFor(made: Answered): Promise<string> {
  const json = { ...clientIn(made), grant_type: 'client_credentials' };
  const answer = await ask(product.endpoint, { method: 'POST', path: '/auth/token', json });
  return textAt(answer, 'access_token');
}

interface Sent {
  readonly path?: string;
  readonly bearer?: string | null;
  readonly body: string;
}

/** What both ways answer, without what differs between any two requests. */
async function both(sent: Sent): Promise<[Comparable, Comparable]> {
  return [await plainly(sent), await inChunks(sent)];
}

interface Comparable {
  readonly status: number;
  readonly text: string;
  readonly headers: readonly (string | null)[];
}

function plainly({ path = PATH, bearer = token, body }: Sent): Promise<Comparable> {
  return send(path, bearer, body, {});
}

/** Chunks are nothing plain, so the framework reads them. */
function inChunks({ path = PATH, bearer = token, body }: Sent): Promise<Comparable> {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(body));
      controller.close();
    },
  });
  return send(path, bearer, stream, { duplex: 'half' });
}

async function send(
  path: string,
  bearer: string | null,
  body: string | ReadableStream,
  more: object,
): Promise<Comparable> {
  const response = await fetch(product.endpoint + path, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...more,
  });
  const text = (await response.text()).replaceAll(/"(timestamp|request_id)":"[^"]*"/g, '');
  const names = ['content-type', 'cache-control', 'x-content-type-options', 'www-authenticate'];
  return {
    status: response.status,
    text,
    headers: names.map((name) => response.headers.get(name)),
  };
}

const id = randomUUID();
const good = JSON.stringify(submission({ request_id: id }));
const other = JSON.stringify(submission({ request_id: id, input_tokens: 7 }));

test.each<[string, number, Partial<Sent>]>([
  ['one that repeats another', 202, { body: good }],
  ['one that contradicts another', 409, { body: other }],
  ['one of an unknown label', 400, { body: good.replace('"premium"', '"gold"') }],
  ['one that lacks something', 400, { body: '{}' }],
  ['no body', 400, { body: '' }],
  ['no JSON', 400, { body: '{"request_id":' }],
  ['a list', 400, { body: '[]' }],
  ['no token', 401, { bearer: null, body: good }],
  ['a wrong token', 401, { bearer: 'nonsense', body: good }],
  ['an application of nobody', 404, { path: PATH.replace('/app/', '/nobody/'), body: good }],
  [
    'an organization of nobody',
    404,
    { path: PATH.replace(ORG, '3f2c1b0a-1111-4222-8333-123456789abc'), body: good },
  ],
  ['no organization', 404, { path: PATH.replace(ORG, '-'.repeat(36)), body: good }],
  ['an empty batch', 400, { path: `${PATH}/batch`, body: '{"requests":[]}' }],
  ['a batch', 207, { path: `${PATH}/batch`, body: `{"requests":[${good},${other},1]}` }],
])('%s is answered with %i on both ways', async (_, status, sent) => {
  await plainly({ body: good });
  const [plain, chunked] = await both({ body: '', ...sent });
  expect(plain.status).toBe(status);
  expect(plain).toEqual(chunked);
});

test('a token that another process revoked is refused with the next request', async () => {
  const { endpoint, provisioningKey: key } = product;
  const json = { app_name: 'Other' };
  const path = `/api/v1/orgs/${ORG}/apps/other`;
  const bearer = await tokenFor(await ask(endpoint, { method: 'PUT', path, key, json }));
  const second = await startSecond(product, {
    kind: 'demo',
    upstreamUrl: product.simulator.url,
    settings: { rateLimitPreset: 'off' },
  });
  try {
    const usage = { path: `${path}/usage`, bearer };
    const first = await plainly({ ...usage, body: JSON.stringify(submission()) });
    expect(first.status).toBe(202);
    const revoke = {
      method: 'POST',
      path: '/auth/revoke',
      bearer,
      json: { token: bearer },
    } as const;
    expect((await ask(second.endpoint, revoke)).status).toBe(204);
    const after = JSON.stringify(submission());
    expect((await plainly({ ...usage, body: after })).status).toBe(401);
    expect((await plainly({ ...usage, body: '{}' })).status).toBe(401);
  } finally {
    await second.close();
  }
});

test('a batch of which nothing is accepted tells nothing to a revoked token either', async () => {
  const { endpoint, provisioningKey: key } = product;
  const path = `/api/v1/orgs/${ORG}/apps/fourth`;
  const json = { app_name: 'Fourth' };
  const bearer = await tokenFor(await ask(endpoint, { method: 'PUT', path, key, json }));
  const wrong = JSON.stringify({ requests: [submission({ model_label: 'gold' }), {}] });
  const batch = { path: `${path}/usage/batch`, bearer, body: wrong };
  expect((await plainly(batch)).status).toBe(207);
  const second = await startSecond(product, { kind: 'demo', upstreamUrl: product.simulator.url });
  try {
    const revoke = {
      method: 'POST',
      path: '/auth/revoke',
      bearer,
      json: { token: bearer },
    } as const;
    expect((await ask(second.endpoint, revoke)).status).toBe(204);
    expect((await plainly(batch)).status).toBe(401);
  } finally {
    await second.close();
  }
});

test('a refusal is by what holds now: nothing is told to a revoked token', async () => {
  const { endpoint, provisioningKey: key } = product;
  const path = `/api/v1/orgs/${ORG}/apps/third`;
  const json = { app_name: 'Third' };
  const bearer = await tokenFor(await ask(endpoint, { method: 'PUT', path, key, json }));
  const usage = { path: `${path}/usage`, bearer };
  expect((await plainly({ ...usage, body: '{}' })).status).toBe(400);
  const second = await startSecond(product, { kind: 'demo', upstreamUrl: product.simulator.url });
  try {
    const revoke = {
      method: 'POST',
      path: '/auth/revoke',
      bearer,
      json: { token: bearer },
    } as const;
    expect((await ask(second.endpoint, revoke)).status).toBe(204);
    expect((await plainly({ ...usage, body: '{}' })).status).toBe(401);
  } finally {
    await second.close();
  }
});
