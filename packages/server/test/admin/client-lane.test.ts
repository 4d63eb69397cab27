/**
 * What the cost keeper's clients send plainly, beside the same over a connection that Node's server
 * reads: both ways answer alike, and a connection on which they were sent stays plain.
 */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { ask, clientIn, textAt, type Client } from '../keeper/api-caller.ts';

const ORG = randomUUID();
const ORG_PATH = `/api/v1/orgs/${ORG}`;
const APP_PATH = `${ORG_PATH}/apps/app`;

let product: RunningProduct;
let client: Client;
let token: string;

beforeAll(async () => {
  product = await startProduct({ settings: { rateLimitPreset: 'off' } });
  const { endpoint, provisioningKey: key } = product;
  const json = {
    org_name: 'Lane',
    timezone: 'UTC',
    quota_scope: 'ORG',
    model_ordering: ['premium'],
    quotas: { premium: 1_000_000 },
  };
  await ask(endpoint, { method: 'PUT', path: ORG_PATH, key, json });
  const app = { app_name: 'App' };
  client = clientIn(await ask(endpoint, { method: 'PUT', path: APP_PATH, key, json: app }));
  const grant = { ...client, grant_type: 'client_credentials' };
  const asked = { method: 'POST', path: '/auth/token', json: grant } as const;
  token = textAt(await ask(endpoint, asked), 'access_token');
});
afterAll(() => product.close());

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** `close` makes a request nothing plain. */
function send({ method, path, headers, body }: Sent, connection: 'keep-alive' | 'close') {
  return new Promise<Got>((resolve, reject) => {
    const { hostname, port } = new URL(product.endpoint);
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const all = { ...headers, ...length, connection };
    const asking = request({ hostname, port, method, path, headers: all, agent: false });
    asking.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asking.end(body);
  });
}

/** Without what differs between any two answers. */
function comparable({ status, headers, text }: Got): unknown {
  const names = ['content-type', 'cache-control', 'etag', 'www-authenticate', 'content-length'];
  const varying =
    /"(timestamp|updated_at|request_id|checked_at|org_local_time|exhausts_at)":("[^"]*"|null)/g;
  const told = text.replaceAll(varying, '').replaceAll(/"(access|refresh)_token":"[^"]*"/g, '');
  const kept = names.slice(0, text === told ? 5 : 4).map((name) => headers[name]);
  return { status, kept, told };
}

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const bearer = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

test.each<[string, number, () => Sent]>([
  [
    'a selection',
    200,
    () => ({ method: 'GET', path: `${APP_PATH}/model-selection`, headers: bearer() }),
  ],
  [
    'one that is forced',
    200,
    () => ({
      method: 'GET',
      path: `${APP_PATH}/model-selection?force_check=true`,
      headers: bearer(),
    }),
  ],
  [
    'one with a query that nobody knows',
    400,
    () => ({
      method: 'GET',
      path: `${APP_PATH}/model-selection?color=red&__proto__=1`,
      headers: bearer(),
    }),
  ],
  [
    'one that the caller has',
    304,
    () => ({
      method: 'GET',
      path: `${APP_PATH}/model-selection`,
      headers: { ...bearer(), 'if-none-match': '*' },
    }),
  ],
  ['one without a token', 401, () => ({ method: 'GET', path: `${APP_PATH}/model-selection` })],
  [
    'one of another application',
    404,
    () => ({ method: 'GET', path: `${ORG_PATH}/apps/other/model-selection`, headers: bearer() }),
  ],
  [
    'one of no organization',
    404,
    () => ({
      method: 'GET',
      path: `/api/v1/orgs/${'-'.repeat(36)}/apps/app/model-selection`,
      headers: bearer(),
    }),
  ],
  [
    'an aggregate',
    200,
    () => ({ method: 'GET', path: `${APP_PATH}/aggregates/today`, headers: bearer() }),
  ],
  [
    'an aggregate of no day',
    400,
    () => ({ method: 'GET', path: `${ORG_PATH}/aggregates/tomorrow`, headers: bearer() }),
  ],
  [
    'a token for JSON',
    200,
    () => ({
      method: 'POST',
      path: '/auth/token',
      headers: json,
      body: JSON.stringify({ ...client, grant_type: 'client_credentials' }),
    }),
  ],
  [
    'a token for a form',
    200,
    () => ({
      method: 'POST',
      path: '/auth/token',
      headers: form,
      body: new URLSearchParams({ ...client, grant_type: 'client_credentials' }).toString(),
    }),
  ],
  [
    'no token for a wrong secret',
    401,
    () => ({
      method: 'POST',
      path: '/auth/token',
      headers: json,
      body: JSON.stringify({
        ...{ client_id: client.client_id, client_secret: 'wrong' },
        grant_type: 'client_credentials',
      }),
    }),
  ],
  [
    'no refresh for what is no JSON',
    400,
    () => ({ method: 'POST', path: '/auth/refresh', headers: json, body: '{"refresh' }),
  ],
])('%s is answered with %i on both ways', async (_, status, sent) => {
  const plain = await send(sent(), 'keep-alive');
  const others = await send(sent(), 'close');
  expect(plain.status).toBe(status);
  expect(plain.headers['keep-alive'], 'the plain way says how long it is kept').toMatch(
    /timeout=75/,
  );
  expect(comparable(plain)).toEqual(comparable(others));
});

test('one connection carries all of it, one after the other', async () => {
  const { hostname, port } = new URL(product.endpoint);
  const socket = connect(Number(port), hostname);
  const paths = [`${APP_PATH}/model-selection`, `${APP_PATH}/aggregates/today`];
  const answers: string[] = [];
  for (const path of [...paths, ...paths]) {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
    answers.push(await oneAnswer(socket));
  }
  socket.destroy();
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

function oneAnswer(socket: ReturnType<typeof connect>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.once('error', reject);
    const read = (bytes: Buffer): void => {
      text += bytes.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (head === -1 || text.length < head + 4 + length) return;
      socket.off('data', read).off('error', reject);
      resolve(text);
    };
    socket.on('data', read);
  });
}

test('whoever hangs up at once is not taken for a client on this machine', async () => {
  const { endpoint, provisioningKey: key } = product;
  const path = `/api/v1/orgs/${randomUUID()}`;
  const own = clientIn(await ask(endpoint, { method: 'PUT', path, key, json: { org_name: 'O' } }));
  const body = JSON.stringify({ ...own, client_secret: 'wrong', grant_type: 'client_credentials' });
  const head = `POST /auth/token HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
  const { hostname: host, port } = new URL(endpoint);
  // From another address of this machine, far more often than any address may be wrong.
  for (let i = 0; i < 300; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect({ host, port: Number(port), localAddress: '127.0.0.2' });
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.on('connect', () => socket.write(head + body, () => socket.resetAndDestroy()));
    });
  }
  const grant = { ...own, grant_type: 'client_credentials' };
  const asked = { method: 'POST', path: '/auth/token', json: grant } as const;
  expect((await ask(endpoint, asked)).status).toBe(200);
});
