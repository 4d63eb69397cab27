/** The issuer of a demo where it is served: who gets tokens, and who gets nothing at all. */
import { request } from 'node:http';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSecond } from '../gateway/second-server.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(async () => {
  await product.close();
});

function ask(path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(`${product.endpoint}${path}`, { method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const TOKEN = '/demo-issuer/demo-token';

test('tokens are for the two tenants and the administrator, and for nobody else', async () => {
  for (const tenant of ['tenant-1', 'tenant-2', 'admin']) {
    const { status, text } = await ask(TOKEN, {}, JSON.stringify({ tenant }));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      id_token: expect.stringMatching(/^eyJ/) as unknown,
      access_token: expect.stringMatching(/^eyJ/) as unknown,
      expires_in: 3600,
    });
  }
  for (const body of ['{"tenant":"tenant-3"}', '{}', '[]', 'null', 'no json', '']) {
    expect((await ask(TOKEN, {}, body)).status).toBe(400);
  }
  expect((await ask(TOKEN, {}, `{"tenant":"${'x'.repeat(9_000)}"}`)).status).toBe(400);
});

test('a token of the use that is asked for is told apart', async () => {
  const { text } = await ask(TOKEN, {}, '{"tenant":"tenant-1","use":"access"}');
  const { token, access_token } = JSON.parse(text) as Record<string, string>;
  expect(token).toBe(access_token);
  expect((await ask(TOKEN, {}, '{"tenant":"tenant-1","use":"refresh"}')).status).toBe(400);
});

test('it says where its keys are, as OpenID Connect has it', async () => {
  const issuer = product.server.demoIssuer ?? '';
  const found = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri, ...rest } = (await found.json()) as Record<string, string>;
  expect(rest['issuer']).toBe(issuer);
  const keys = await fetch(jwks_uri ?? '');
  expect(((await keys.json()) as { keys: unknown[] }).keys).toHaveLength(1);
});

test('whoever names another host is refused: no name can be bound to this machine', async () => {
  const { port } = new URL(product.endpoint);
  for (const host of ['attacker.example', `attacker.example:${port}`, '127.0.0.1:1', '10.0.0.1']) {
    const answer = await ask(TOKEN, { host }, '{"tenant":"admin"}');
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('eyJ');
  }
  const named = await ask(TOKEN, { host: `localhost:${port}` }, '{"tenant":"admin"}');
  expect(named.status).toBe(200);
});

test('no answer allows pages of another origin to read it', async () => {
  const headers = { origin: 'http://attacker.example' };
  const answer = await ask(TOKEN, headers, '{"tenant":"admin"}');
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual(
    [],
  );
});

test('there is no issuer where plain HTTP was allowed from other machines', async () => {
  const open = await startProduct({ settings: { insecureHttp: true } });
  try {
    expect(open.server.demoIssuer).toBeNull();
    const answer = await fetch(`${open.endpoint}${TOKEN}`, {
      method: 'POST',
      body: '{"tenant":"admin"}',
    });
    expect(answer.status).toBe(404);
  } finally {
    await open.close();
  }
});

test('there is no issuer outside a demo', async () => {
  const real = await startSecond(product, { kind: 'real', upstreamUrl: product.simulator.url });
  try {
    expect(real.demoIssuer).toBeNull();
    const init = { method: 'POST', body: '{"tenant":"admin"}' };
    expect((await fetch(`${real.endpoint}${TOKEN}`, init)).status).toBe(404);
  } finally {
    await real.close();
  }
});
